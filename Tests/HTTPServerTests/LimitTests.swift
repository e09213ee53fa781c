import EventLoop
import HTTPServer
import Support
import Synchronization
import Testing

@Suite("Limits")
struct LimitTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n"

    // MARK: Sizes

    @Test(arguments: ["", " HTTP/1.1\r\nHost: a\r\n\r\n"])
    func `a request line over 8 KiB is 414, complete or not`(_ end: String) async throws {
        try await withServer(echo) { server in
            let client = try RawClient(port: server.port)
            client.send("GET /\(String(repeating: "a", count: 8200))\(end)")
            let reply = try client.reply()
            #expect(reply.status == 414)
            #expect(client.isClosedNext)
        }
    }

    @Test func `a request line of nearly 8 KiB is fine`() async throws {
        try await withServer(echo) { server in
            let client = try RawClient(port: server.port)
            client.send("GET /\(String(repeating: "a", count: 8100)) HTTP/1.1\r\nHost: a\r\n\r\n")
            let reply = try client.reply()
            #expect(reply.status == 200)
        }
    }

    @Test(arguments: ["", "\r\n\r\n"])
    func `a head over 32 KiB is 431, complete or not`(_ end: String) async throws {
        try await withServer(echo) { server in
            let client = try RawClient(port: server.port)
            client.send("\(Self.get)X: \(String(repeating: "a", count: 33_000))\(end)")
            let reply = try client.reply()
            #expect(reply.status == 431)
            #expect(client.isClosedNext)
        }
    }

    @Test func `more than 100 fields are 431`() async throws {
        try await withServer(echo) { server in
            for (count, status) in [(99, 200), (100, 431)] {
                let client = try RawClient(port: server.port)
                client.send(Self.get + String(repeating: "X: y\r\n", count: count) + "\r\n")
                let reply = try client.reply()
                #expect(reply.status == status)
            }
        }
    }

    @Test func `a body over the limit is 413, announced or not`() async throws {
        try await withServer(echo) { server in
            let announced = try RawClient(port: server.port)
            announced.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n")
            let reply = try announced.reply()
            #expect(reply.status == 413)

            let chunked = try RawClient(port: server.port)
            let chunk = "10000\r\n\(String(repeating: "a", count: 65_536))\r\n"
            chunked.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)\(chunk)")
            let second = try chunked.reply()
            #expect(second.status == 413)
            #expect(second["connection"] == "close")
        }
    }

    @Test func `connections beyond the limit, in all or from one address, get 503`() async throws {
        var few = ServerLimits()
        few.connections = 2
        var fewEach = ServerLimits()
        fewEach.connectionsPerAddress = 2
        for limits in [few, fewEach] {
            try await withServer(limits: limits, echo) { server in
                let clients = try (0..<2).map { _ in try RawClient(port: server.port) }
                for client in clients {
                    client.send(Self.get + "\r\n")
                    let reply = try client.reply()
                    #expect(reply.status == 200)
                }
                let refused = try RawClient(port: server.port)
                let reply = try refused.reply()
                #expect(reply.status == 503)
                #expect(refused.isClosedNext)
                #expect(server.counters.refusedConnections == 1)

                clients[0].close()
                let hasLeft = try await eventually { server.counters.openConnections == 1 }
                #expect(hasLeft)
                let next = try RawClient(port: server.port)
                next.send(Self.get + "\r\n")
                let served = try next.reply()
                #expect(served.status == 200)
            }
        }
    }

    // MARK: Times

    @Test func `a head must come in time, however many bytes trickle`() async throws {
        var limits = ServerLimits()
        // Long enough that a busy machine sends the first line within it.
        limits.headTime = .milliseconds(500)
        try await withServer(limits: limits, echo) { server in
            let client = try RawClient(port: server.port)
            client.send("GET / HTTP/1.1\r\n")
            let begun = MonotonicTime.current
            while server.counters.rejectedRequests == 0, MonotonicTime.current - begun < .seconds(5) {
                client.send("X: y\r\n")
                try await Task.sleep(for: .milliseconds(5))
            }
            let reply = try client.reply()
            #expect(reply.status == 408)
            #expect(reply["connection"] == "close")
        }
    }

    @Test func `a connection that says nothing is closed without a word`() async throws {
        var limits = ServerLimits()
        limits.headTime = .milliseconds(30)
        try await withServer(limits: limits, echo) { server in
            let client = try RawClient(port: server.port)
            #expect(client.isClosedNext)
        }
    }

    @Test func `a kept connection is closed when no request follows`() async throws {
        var limits = ServerLimits()
        limits.idleTime = .milliseconds(30)
        try await withServer(limits: limits, echo) { server in
            let client = try RawClient(port: server.port)
            client.send(Self.get + "\r\n")
            let reply = try client.reply()
            #expect(reply.status == 200)
            #expect(client.isClosedNext)
        }
    }

    @Test(arguments: [0, 5])
    func `a body that stands still or trickles is 408`(_ millisecondsBetweenBytes: Int) async throws {
        var limits = ServerLimits()
        limits.bodyStall = .milliseconds(60)
        limits.minimumRate = 10_000
        try await withServer(limits: limits, echo) { server in
            let client = try RawClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc")
            if millisecondsBetweenBytes > 0 {
                let begun = MonotonicTime.current
                while server.counters.activeRequests != 0 || server.counters.requests == 0,
                    MonotonicTime.current - begun < .seconds(5)
                {
                    client.send("a")
                    try await Task.sleep(for: .milliseconds(millisecondsBetweenBytes))
                }
            }
            let reply = try client.reply()
            #expect(reply.status == 408)
            #expect(reply["connection"] == "close")
        }
    }

    @Test func `a client that does not read its answer is cut off`() async throws {
        var limits = ServerLimits()
        limits.writeStall = .milliseconds(60)
        let handler: HTTPServer.Handler = { _ in Response(.ok, body: .bytes([UInt8](repeating: 0, count: 20_000_000))) }
        try await withServer(limits: limits, handler) { server in
            let client = try RawClient(port: server.port, receiveBuffer: 4096)
            client.send(Self.get + "\r\n")
            let isCutOff = try await eventually {
                server.counters.requests == 1 && server.counters.openConnections == 0
            }
            #expect(isCutOff)
        }
    }

    @Test func `a producer waits for a client that does not read`() async throws {
        let written = Mutex(0)
        let chunk = [UInt8](repeating: 0x61, count: 64 * 1024)
        let total = 400
        let handler: HTTPServer.Handler = { _ in
            .stream(contentType: "text/plain") { writer in
                for _ in 0..<total {
                    try await writer.write(chunk)
                    written.withLock { $0 += 1 }
                }
            }
        }
        try await withServer(handler) { server in
            let client = try RawClient(port: server.port, receiveBuffer: 4096)
            client.send(Self.get + "\r\n")
            var last = -1
            // It has stopped when it got nowhere for a while.
            while last != written.withLock({ $0 }) {
                last = written.withLock { $0 }
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(last < total)
            let reply = try client.reply()
            #expect(reply.body.count == total * chunk.count)
        }
    }
}
