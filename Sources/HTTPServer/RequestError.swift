/// A request whose body cannot be used.
public struct RequestError: Error, Sendable, CustomStringConvertible {
    /// 400 malformed, 408 too slow, 413 too large or 415 not a form.
    public let status: Status
    /// Fit for the client: it holds nothing of the server's.
    public let message: String

    public init(_ status: Status, _ message: String) {
        self.status = status
        self.message = message
    }

    public var description: String { "\(status): \(message)" }

    static func tooLarge(limit: Int) -> RequestError {
        RequestError(.contentTooLarge, "the request body is larger than \(limit) bytes")
    }
    static func tooManyFields(_ most: Int) -> RequestError {
        RequestError(.contentTooLarge, "the form has more than \(most) fields")
    }
    static let disconnected = RequestError(.badRequest, "the client went away before the end of the request body")
    static let tooSlow = RequestError(.requestTimeout, "the request body came too slowly")
    static let alreadyRead = RequestError(.badRequest, "the request body was read before")
}
