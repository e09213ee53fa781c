/// A command that brought no answer, or whose answer is an error.
public struct RedisError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The URL cannot be understood.
        case badURL
        /// Redis is away: the command was not sent, and nothing was waited for.
        case unavailable
        /// The connection was lost after the command had been written; it may have run.
        case connectionLost
        /// Redis did not answer in time; the command may have run.
        case timeout
        /// Too many commands wait for their answers.
        case busy
        /// What came is not the Redis protocol.
        case badReply
        /// Redis answered with an error, which is the message: `WRONGTYPE …`, `OOM …`.
        case refused
        /// The task was cancelled; the command may have run.
        case cancelled
    }

    public let code: Code
    /// For the log. Never holds arguments of a command.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code.rawValue): \(message)" }
}
