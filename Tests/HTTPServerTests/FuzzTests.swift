import HTTPServer
import Support
import Synchronization
import Testing

/// The same every run, so that a failure can be found again.
private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

@Suite("Nonsense")
struct FuzzTests {
    private static let proper = [
        "GET /a/%20b?c=d HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nCookie: a=b\r\n\r\n",
        "POST /form HTTP/1.1\r\nHost: a:80\r\nContent-Length: 11\r\n\r\nhello=world",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ]
    private static let spices = [
        "\r\n", "\r", "\n", "\0", " ", "\t", ":", "%", "%00", ",", ";", "\r\n\r\n", "0", "-1", "chunked", "HTTP/1.1",
        "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Host: b\r\n", "\r\n ", "ffffffffffffffff", "\u{7F}",
        "ä",
    ]

    private static func mutated(_ generator: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            bytes += proper[Int.random(in: 0..<proper.count, using: &generator)].utf8
        }
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let position = Int.random(in: 0..<bytes.count, using: &generator)
            let end = min(bytes.count, position + Int.random(in: 1...20, using: &generator))
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[position] = UInt8.random(in: 0...255, using: &generator)
            case 2: bytes.replaceSubrange(position..<end, with: [])
            case 3: bytes.insert(contentsOf: bytes[position..<end], at: position)
            default:
                bytes.insert(contentsOf: spices[Int.random(in: 0..<spices.count, using: &generator)].utf8, at: position)
            }
            if bytes.isEmpty { bytes = [13] }
        }
        return bytes
    }

    /// Every mutation is answered by proper responses or none, and the next client is served.
    @Test(arguments: 1...4)
    func `mutated requests neither crash nor hang the server`(_ seed: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let known: Set<Int> = [100, 200, 400, 413, 414, 417, 431, 501, 505]
        try await withServer(echo) { server in
            for round in 0..<250 {
                let bytes = Self.mutated(&generator)
                let client = try RawClient(port: server.port)
                if round % 5 == 0 {
                    client.send(bytes, inPiecesOf: Int.random(in: 1...40, using: &generator))
                } else {
                    client.send(bytes)
                }
                client.closeSending()
                while let reply = try? client.reply() {
                    #expect(known.contains(reply.status), "\(bytes)")
                }
                #expect(client.isClosed, "\(bytes)")
                #expect(client.untilClosed().isEmpty, "half a response to \(bytes)")
            }
            let client = try RawClient(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let reply = try client.reply()
            #expect(reply.status == 200)
            client.close()
            let isEmpty = try await eventually { server.counters.openConnections == 0 }
            #expect(isEmpty)
            #expect(server.counters.activeRequests == 0)
        }
    }

    @Test(arguments: 1...10)
    func `a body cut into random chunks and random packets is the same body`(_ seed: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        try await withServer(echo) { server in
            let client = try RawClient(port: server.port)
            for _ in 0..<10 {
                let body = (0..<Int.random(in: 0...20_000, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                var request = Array("POST / HTTP/1.1\r\nHost: a\r\n".utf8)
                if Bool.random(using: &generator) {
                    request += Array("Content-Length: \(body.count)\r\n\r\n".utf8) + body
                } else {
                    request += Array("Transfer-Encoding: chunked\r\n\r\n".utf8)
                    var start = 0
                    while start < body.count {
                        let end = min(body.count, start + Int.random(in: 1...3000, using: &generator))
                        request += Array("\(String(end - start, radix: 16))\r\n".utf8) + body[start..<end] + [13, 10]
                        start = end
                    }
                    request += Array("0\r\n\r\n".utf8)
                }
                client.send(request, inPiecesOf: Int.random(in: 1...5000, using: &generator) + 100)
                let reply = try client.reply()
                #expect(reply.body == body)
            }
        }
    }
}
