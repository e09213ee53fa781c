/// One HTTP request and what it may cost.
public struct ClientRequest: Sendable {
    public var method: String
    /// Absolute, http or https.
    public var url: String
    /// `Host`, `Content-Length` and `Transfer-Encoding` are the client's own and are refused here.
    public var headers: [(String, String)]
    public var body: [UInt8]
    public var network: NetworkPolicy
    /// From the start of the name lookup to the end of the TLS handshake.
    public var connectTimeout = Duration.seconds(5)
    /// The whole exchange, waiting for a free connection included.
    public var timeout = Duration.seconds(30)
    /// How long no byte may move in either direction once the request is being sent.
    public var stallTimeout = Duration.seconds(15)
    /// Of the body, after decompression.
    public var maximumResponseBytes = 8 << 20

    public init(
        _ method: String = "GET",
        _ url: String,
        headers: [(String, String)] = [],
        body: [UInt8] = [],
        network: NetworkPolicy
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.network = network
    }

    /// Whether sending it twice does no more than sending it once (RFC 9110, 9.2.2).
    var isIdempotent: Bool { ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"].contains(method) }

    /// Refuses what would let a value end its header, or contradict the client's own framing.
    func check() throws(HTTPClientError) {
        guard !method.isEmpty, method.utf8.allSatisfy(\.isTokenByte) else {
            throw HTTPClientError(.badRequest, "not a method")
        }
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy(\.isTokenByte) else {
                throw HTTPClientError(.badRequest, "not a header name")
            }
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw HTTPClientError(.badRequest, "a control character in the header \(name)")
            }
            guard !["host", "content-length", "transfer-encoding"].contains(name.lowercased()) else {
                throw HTTPClientError(.badRequest, "the header \(name) is the client's own")
            }
        }
    }
}

extension UInt8 {
    /// RFC 9110, 5.6.2.
    var isTokenByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
