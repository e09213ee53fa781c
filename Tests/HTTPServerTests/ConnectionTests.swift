import EventLoop
import Glibc
import HTTPServer
import Support
import Synchronization
import Testing

@Suite("Connections")
struct ConnectionTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func `HEAD has the head of GET and no body`() async throws {
        try await withServer({ _ in .text("twelve bytes") }) { server in
            let client = try RawClient(port: server.port)
            client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + Self.get)
            let head = try client.reply(toHead: true)
            #expect(head["content-length"] == "12")
            let reply = try client.reply()
            #expect(reply.text == "twelve bytes")
        }
    }

    @Test(arguments: [204, 304])
    func `a status that has no content has none`(_ status: Int) async throws {
        try await withServer({ _ in .text("ignored", status: Status(status)) }) { server in
            let client = try RawClient(port: server.port)
            client.send(Self.get + Self.get)
            for _ in 0..<2 {
                let reply = try client.reply()
                #expect(reply.status == status)
                #expect(reply["content-length"] == nil)
            }
        }
    }

    @Test func `every answer has a date`() async throws {
        try await withServer({ _ in .text("") }) { server in
            let client = try RawClient(port: server.port)
            client.send(Self.get)
            let reply = try client.reply()
            let date = reply["date"] ?? ""
            #expect(date.hasSuffix(" GMT") && date.utf8.count == 29)
        }
    }

    @Test func `HTTP 1.0 and Connection close end the connection`() async throws {
        try await withServer({ _ in .text("a") }) { server in
            for request in ["GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n"] {
                let client = try RawClient(port: server.port)
                client.send(request)
                let reply = try client.reply()
                #expect(reply["connection"] == "close")
                #expect(client.isClosedNext)
            }
            let kept = try RawClient(port: server.port)
            for _ in 0..<2 {
                kept.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                let reply = try kept.reply()
                #expect(reply["connection"] == "keep-alive")
            }
        }
    }

    @Test func `says 100 Continue only to a handler that reads`() async throws {
        let handler: HTTPServer.Handler = { request in
            request.path == "/read" ? await echo(request) : .text("unread", status: .forbidden)
        }
        try await withServer(handler) { server in
            let expecting = "HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
            let client = try RawClient(port: server.port)
            client.send("POST /read \(expecting)")
            let interim = try client.reply()
            #expect(interim.status == 100)
            client.send("abc")
            let reply = try client.reply()
            #expect(reply.text == "abc")

            client.send("POST /unread \(expecting)")
            let refused = try client.reply()
            #expect(refused.status == 403)
            #expect(refused["connection"] == "close")
            #expect(client.isClosedNext)
        }
    }

    @Test func `a small body nobody read does not cost the connection`() async throws {
        try await withServer({ _ in .text("early") }) { server in
            let client = try RawClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
            let early = try client.reply()
            #expect(early.text == "early")
            #expect(early["connection"] == nil)
            client.send([UInt8](repeating: 0x61, count: 100_000))
            client.send(Self.get)
            let reply = try client.reply()
            #expect(reply.text == "early")
        }
    }

    @Test func `a large body nobody reads does not hide the answer`() async throws {
        try await withServer({ _ in .text("no", status: .contentTooLarge) }) { server in
            let client = try RawClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n")
            client.send([UInt8](repeating: 0x61, count: 200_000))
            let reply = try client.reply()
            #expect(reply.status == 413)
            #expect(reply["connection"] == "close")
        }
    }

    @Test func `streams in chunks, and to HTTP 1.0 until it closes`() async throws {
        let handler: HTTPServer.Handler = { _ in
            .stream(contentType: "text/plain") { writer in
                for word in ["one ", "", "two ", "three"] {
                    try await writer.write(word)
                    try await EventLoop.current?.sleep(for: .milliseconds(1))
                }
            }
        }
        try await withServer(handler) { server in
            let client = try RawClient(port: server.port)
            client.send(Self.get + Self.get)
            for _ in 0..<2 {
                let reply = try client.reply()
                #expect(reply["transfer-encoding"] == "chunked")
                #expect(reply.text == "one two three")
            }
            let old = try RawClient(port: server.port)
            old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let reply = try old.reply()
            #expect(reply["connection"] == "close")
            #expect(reply.text == "one two three")
        }
    }

    @Test func `a stream that fails ends without its last chunk`() async throws {
        let handler: HTTPServer.Handler = { _ in
            .stream(contentType: "text/plain") { writer in
                try await writer.write("half")
                throw RequestError(.conflict, "no more")
            }
        }
        try await withServer(handler) { server in
            let client = try RawClient(port: server.port)
            client.send(Self.get)
            let all = String(decoding: client.untilClosed(), as: UTF8.self)
            #expect(all.hasSuffix("\r\n\r\n4\r\nhalf\r\n"))
            #expect(client.isClosed)
        }
    }

    @Test(arguments: ["closes", "resets", "stops sending"])
    func `a client that leaves cancels its request`(_ how: String) async throws {
        let wasCancelled = Mutex(false)
        let handler: HTTPServer.Handler = { _ in
            do {
                try await EventLoop.current?.sleep(for: .seconds(60))
            } catch {
                wasCancelled.withLock { $0 = error is CancellationError }
            }
            return .text("late")
        }
        try await withServer(handler) { server in
            let client = try RawClient(port: server.port)
            client.send(Self.get)
            let hasBegun = try await eventually { server.counters.activeRequests == 1 }
            #expect(hasBegun)
            switch how {
            case "closes": client.close()
            case "resets": client.reset()
            default: client.closeSending()
            }
            let hasEnded = try await eventually {
                server.counters.activeRequests == 0 && server.counters.openConnections == 0
            }
            #expect(hasEnded)
            #expect(wasCancelled.withLock { $0 })
        }
    }

    @Test func `a client that leaves in the middle of its body ends the wait for it`() async throws {
        let failure = Mutex<RequestError?>(nil)
        let handler: HTTPServer.Handler = { request in
            do throws(RequestError) {
                _ = try await request.body(limit: 1000)
            } catch {
                failure.withLock { $0 = error }
            }
            return .text("")
        }
        try await withServer(handler) { server in
            let client = try RawClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc")
            let hasBegun = try await eventually { server.counters.activeRequests == 1 }
            #expect(hasBegun)
            client.close()
            let hasEnded = try await eventually { failure.withLock { $0 != nil } }
            #expect(hasEnded)
            #expect(failure.withLock { $0?.status } == .badRequest)
        }
    }

    @Test func `a client that leaves ends the stream it was sent`() async throws {
        let error = Mutex<(any Error)?>(nil)
        let handler: HTTPServer.Handler = { _ in
            .stream(contentType: "text/plain") { writer in
                do {
                    while true { try await writer.write([UInt8](repeating: 0, count: 10_000)) }
                } catch let failure {
                    error.withLock { $0 = failure }
                    throw failure
                }
            }
        }
        try await withServer(handler) { server in
            let client = try RawClient(port: server.port)
            client.send(Self.get)
            _ = try client.take(100_000)
            client.close()
            let hasEnded = try await eventually { server.counters.openConnections == 0 && error.withLock { $0 != nil } }
            #expect(hasEnded)
            #expect(error.withLock { $0 is CancellationError })
        }
    }

    @Test func `requests sent before the client stops sending are answered`() async throws {
        try await withServer({ request in .text(request.path) }) { server in
            let client = try RawClient(port: server.port)
            client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            client.closeSending()
            for path in ["/1", "/2"] {
                let reply = try client.reply()
                #expect(reply.text == path)
            }
            #expect(client.isClosedNext)
        }
    }

    @Test func `many large answers in one batch arrive whole and in order`() async throws {
        let handler: HTTPServer.Handler = { request in
            let size = Int(request.query["size"] ?? "") ?? 0
            return Response(.ok, body: .bytes([UInt8](repeating: UInt8(size % 251), count: size)))
        }
        try await withServer(handler) { server in
            let client = try RawClient(port: server.port, receiveBuffer: 4096)
            let sizes = [10, 300_000, 5, 2_000_000, 17_000, 0, 70_000, 1]
            client.send(sizes.map { "GET /?size=\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            for size in sizes {
                let reply = try client.reply()
                #expect(reply.body == [UInt8](repeating: UInt8(size % 251), count: size))
            }
        }
    }
}
