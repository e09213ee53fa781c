/// One request, alive for as long as its handler needs it.
public final class Request: @unchecked Sendable {
    // @unchecked: the head never changes; the body and `route` are used by the request's own task, on its loop.

    enum BodySource {
        case none
        case memory([UInt8])
        case connection(Connection)
    }

    public let method: Method
    public let headers: RequestHeaders
    /// The client's `X-Request-Id` where it is one, else a new one of 13 characters.
    public let id: String
    /// The pattern of the route that answers it, for logs and metrics; `nil` until it is routed.
    public internal(set) var route: String?
    /// Of the other end of the connection, which may be a proxy.
    public let address: PeerAddress

    private let targetRange: Range<Int>
    private let pathRange: Range<Int>
    private let queryRange: Range<Int>
    let framing: BodyFraming
    let isHTTP10: Bool
    private let source: BodySource
    private var collected: [UInt8]?

    init(_ head: Head, bytes: [UInt8], address: PeerAddress, freshID: @autoclosure () -> String, source: BodySource) {
        method = head.method
        headers = RequestHeaders(head: bytes, fields: head.fields)
        targetRange = head.target
        pathRange = head.path
        queryRange = head.query
        framing = head.framing
        isHTTP10 = head.isHTTP10
        id = RequestID.sent(in: headers) ?? freshID()
        self.address = address
        self.source = source
    }

    public var isHead: Bool { method == .head }

    /// As the client wrote it: percent-encoded path and query.
    public var target: String { String(decoding: headers.head[targetRange], as: UTF8.self) }

    /// Decoded after it was split, so an encoded slash is written `%2F` here too.
    public var path: String {
        let segments = rawPath.split(separator: ASCII.slash, omittingEmptySubsequences: false)
        guard rawPath.contains(ASCII.percent) else { return String(decoding: rawPath, as: UTF8.self) }
        return segments.map { segment in
            let decoded = percentDecoded(segment) ?? ""
            return decoded.utf8.contains(ASCII.slash)
                ? decoded.split(separator: "/", omittingEmptySubsequences: false)
                    .joined(separator: "%2F") : decoded
        }.joined(separator: "/")
    }

    /// Percent-encoded, as routes are matched.
    var rawPath: ArraySlice<UInt8> { headers.head[pathRange] }

    public var query: Parameters { Parameters(headers.head[queryRange]) }

    public var cookies: Cookies { Cookies(headers) }

    // MARK: Body

    /// What `Content-Length` says, before anything was read; `nil` for a chunked body.
    public var contentLength: Int? {
        switch framing {
        case .none: 0
        case .length(let bytes): bytes
        case .chunked: nil
        }
    }

    /// The next piece of the body as it came, at most 64 KB; `nil` at its end. The client is read no faster.
    public func nextBodyChunk() async throws(RequestError) -> [UInt8]? {
        switch source {
        case .none: return nil
        case .memory(let bytes):
            guard collected == nil else { return nil }
            collected = []
            return bytes.isEmpty ? nil : bytes
        case .connection(let connection):
            return try await connection.nextBodyChunk(of: self)
        }
    }

    /// The whole body; asked again, the same again.
    ///
    /// Throws 413 beyond `limit` bytes, at once when `Content-Length` says so; 408 when it comes too slowly; 400 when
    /// its framing is broken or the client goes away.
    public func body(limit: Int) async throws(RequestError) -> [UInt8] {
        if let collected {
            guard collected.count <= limit else { throw .tooLarge(limit: limit) }
            return collected
        }
        guard contentLength ?? 0 <= limit else { throw .tooLarge(limit: limit) }
        var whole = try await nextBodyChunk() ?? []
        guard whole.count <= limit else { throw .tooLarge(limit: limit) }
        if !whole.isEmpty {
            while let chunk = try await nextBodyChunk() {
                guard whole.count + chunk.count <= limit else { throw .tooLarge(limit: limit) }
                whole += chunk
            }
        }
        collected = whole
        return whole
    }
}

extension Request {
    /// A request that came over no connection, for tests: checked by the same rules.
    ///
    /// Throws what the server would have answered: 400, 414, 431 or 501.
    public convenience init(
        _ method: Method,
        _ target: String,
        headers: [(String, String)] = [],
        body: [UInt8] = [],
        from address: PeerAddress = .loopback
    ) throws(RequestError) {
        var bytes = Array("\(method) \(target) HTTP/1.1\r\n".utf8)
        if !headers.contains(where: { $0.0.equalsIgnoringCase("host") }) { bytes.append("Host: localhost\r\n") }
        if !body.isEmpty { bytes.append("Content-Length: \(body.count)\r\n") }
        for (name, value) in headers { bytes.append("\(name): \(value)\r\n") }
        bytes.append("\r\n")
        let head: Head?
        do throws(ProtocolError) {
            head = try Head.parse(bytes.span, limits: ServerLimits())
        } catch {
            throw RequestError(error.status, "\(error.reason)")
        }
        guard let head else { throw RequestError(.badRequest, "incomplete head") }
        self.init(head, bytes: bytes, address: address, freshID: RequestID.fresh(), source: .memory(body))
    }
}
