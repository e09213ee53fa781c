/// What a handler answers; the server adds framing, `Date` and `Connection`.
public struct Response: Sendable {
    public enum Body: Sendable {
        case empty
        case bytes([UInt8])
        case text(StaticString)
        /// Sent by the kernel without passing through the process.
        case file(OpenFile, offset: Int, length: Int)
        /// Sent in chunks as the producer writes them; the client's reading is its pace.
        case stream(@Sendable (BodyWriter) async throws -> Void)
    }

    public var status: Status
    public var headers: ResponseHeaders
    public var body: Body
    /// Whether the server may gzip it. Only for text that mixes no secret with what an attacker may have chosen.
    public var compressible = false

    public init(_ status: Status, headers: ResponseHeaders = [:], body: Body = .empty) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public static func html(_ bytes: [UInt8], status: Status = .ok) -> Response {
        Response(status, headers: ["Content-Type": "text/html; charset=utf-8"], body: .bytes(bytes))
    }

    public static func json(_ bytes: [UInt8], status: Status = .ok) -> Response {
        Response(status, headers: ["Content-Type": "application/json"], body: .bytes(bytes))
    }

    public static func text(_ text: String, status: Status = .ok) -> Response {
        Response(status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: .bytes(Array(text.utf8)))
    }

    /// 303 by default: the next request is a GET, whatever this one was.
    public static func redirect(to location: String, status: Status = .seeOther) -> Response {
        Response(status, headers: ["Location": location])
    }

    public static func stream(
        contentType: String,
        _ producer: @escaping @Sendable (BodyWriter) async throws -> Void
    ) -> Response {
        Response(.ok, headers: ["Content-Type": contentType], body: .stream(producer))
    }

    /// Bytes the body will have; `nil` for a stream.
    var bodyLength: Int? {
        switch body {
        case .empty: 0
        case .bytes(let bytes): bytes.count
        case .text(let text): text.utf8CodeUnitCount
        case .file(_, _, let length): length
        case .stream: nil
        }
    }
}
