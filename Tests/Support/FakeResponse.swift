/// An HTTP answer of a stand-in.
struct FakeResponse {
    var status: Int
    var headers: [(String, String)] = []
    var body: [UInt8]

    init(_ status: Int, json: String, headers: [(String, String)] = []) {
        let type = status >= 400 ? "application/problem+json" : "application/json"
        self.init(status, type: type, body: Array(json.utf8), headers: headers)
    }

    init(_ status: Int, type: String, body: [UInt8], headers: [(String, String)] = []) {
        self.status = status
        self.headers = [("content-type", type)] + headers
        self.body = body
    }

    func bytes(_ encoding: FakeEncoding, head: Bool = false) -> [UInt8] {
        var body = body
        var headers = headers
        if encoding == .gzip || encoding == .chunkedGzip {
            body = gzip(body)
            headers.append(("content-encoding", "gzip"))
        }
        let isChunked = encoding == .chunked || encoding == .chunkedGzip
        headers.append(isChunked ? ("transfer-encoding", "chunked") : ("content-length", "\(body.count)"))
        let lines = ["HTTP/1.1 \(status) \(reason)"] + headers.map { "\($0.0): \($0.1)" } + ["", ""]
        let start = Array(lines.joined(separator: "\r\n").utf8)
        if head { return start }
        return start + (isChunked ? chunked(body) : body)
    }

    private var reason: String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 302: "Found"
        case 400...499: "Client Error"
        default: "Server Error"
        }
    }
}

/// In pieces of 100 bytes, so that a piece ends in the middle of everything.
private func chunked(_ body: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for start in stride(from: 0, to: body.count, by: 100) {
        let piece = body[start..<min(start + 100, body.count)]
        result += Array((String(piece.count, radix: 16) + "\r\n").utf8) + piece + [13, 10]
    }
    return result + Array("0\r\n\r\n".utf8)
}

/// RFC 1952 without compression: stored blocks only.
private func gzip(_ body: [UInt8]) -> [UInt8] {
    func littleEndian(_ value: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
    }
    var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    var start = 0
    repeat {
        let end = min(start + 65535, body.count)
        let length = UInt32(end - start)
        result.append(end == body.count ? 1 : 0)
        result += littleEndian(length, 2) + littleEndian(~length, 2) + body[start..<end]
        start = end
    } while start < body.count
    return result + littleEndian(crc32(body), 4) + littleEndian(UInt32(body.count), 4)
}

/// Of RFC 1952 and of PNG.
func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { checksum, byte in
        (0..<8).reduce(checksum ^ UInt32(byte)) { rest, _ in rest >> 1 ^ (rest & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
}
