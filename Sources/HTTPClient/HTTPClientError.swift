/// A request that brought no whole answer. An answer of any status, 500 too, is not an error here.
public struct HTTPClientError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The URL is not an absolute http or https URL.
        case badURL
        /// The method or a header could not be sent as it is.
        case badRequest
        /// The network policy forbids the URL, or the address that its host has.
        case refusedByPolicy
        /// The host has no address.
        case resolve
        /// Nobody answered at the address.
        case connect
        case tls
        /// Connecting, or the whole exchange, took too long.
        case timeout
        /// No byte moved for the stall timeout.
        case stalled
        /// More headers or body, after decompression, than allowed.
        case tooLarge
        /// The connection ended before an answer began.
        case connectionLost
        /// The connection ended in the middle of the answer.
        case truncated
        /// The answer is not HTTP.
        case badResponse
        /// The client has as many requests under way as it may.
        case busy
        /// What was to take a download's bytes refused them.
        case sink
        /// The task was cancelled.
        case cancelled
    }

    public let code: Code
    /// For the log. Names the host at most, never the whole URL.
    public let message: String
    /// Whether the server may have begun to act on the request. When `false`, repeating even a POST is safe.
    public let mayHaveBeenSent: Bool

    public init(_ code: Code, _ message: String, mayHaveBeenSent: Bool = false) {
        self.code = code
        self.message = message
        self.mayHaveBeenSent = mayHaveBeenSent
    }

    public var description: String { "\(code.rawValue): \(message)" }
}
