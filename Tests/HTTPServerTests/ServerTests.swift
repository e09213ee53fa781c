import EventLoop
import Glibc
import HTTPServer
import Support
import Synchronization
import Testing

@Suite("Starting and stopping")
struct ServerTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func `every loop serves`() async throws {
        try await withServer(loops: 2, { _ in .text("\(EventLoop.current?.index ?? -1)") }) { server in
            var seen: Set<String> = []
            // All of 60 on one loop is as likely as a meteorite.
            let clients = try (0..<60).map { _ in try RawClient(port: server.port) }
            for client in clients {
                client.send(Self.get)
                seen.insert(try client.reply().text)
            }
            #expect(seen == ["0", "1"])
            #expect(server.counters.requests == 60)
            #expect(server.counters.openConnections == 60)
        }
    }

    @Test func `a taken port is an error, even one whose owner shares it`() async throws {
        try await withServer(loops: 2, { _ in .text("") }) { server in
            let loop = try EventLoop()
            let second = HTTPServer(loops: [loop], handler: { _ in .text("") })
            let error = #expect(throws: SystemError.self) { try second.start(host: "127.0.0.1", port: server.port) }
            #expect(error?.code == EADDRINUSE)
        }
    }

    @Test(arguments: ["example.org", "", "1.2.3", "256.0.0.1"])
    func `a host that is no address is an error`(_ host: String) throws {
        let server = HTTPServer(loops: [try EventLoop()], handler: { _ in .text("") })
        let error = #expect(throws: SystemError.self) { try server.start(host: host, port: 0) }
        #expect(error?.code == EINVAL)
    }

    @Test func `draining finishes what was begun and takes nothing new`() async throws {
        let gate = Mutex(false)
        let handler: HTTPServer.Handler = { request in
            while request.path == "/slow", !gate.withLock({ $0 }) {
                try? await EventLoop.current?.sleep(for: .milliseconds(1))
            }
            return .text("done")
        }
        try await withServer(handler) { server in
            let idle = try RawClient(port: server.port)
            idle.send(Self.get)
            _ = try idle.reply()
            let busy = try RawClient(port: server.port)
            busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            let hasBegun = try await eventually { server.counters.activeRequests == 1 }
            #expect(hasBegun)

            async let drained: Void = server.drain(within: .seconds(5))
            let idleIsClosed = try await eventually { server.counters.openConnections == 1 }
            #expect(idleIsClosed)
            #expect(idle.isClosedNext)
            #expect(throws: SystemError.self) { _ = try RawClient(port: server.port) }

            gate.withLock { $0 = true }
            let reply = try busy.reply()
            #expect(reply.text == "done")
            #expect(reply["connection"] == "close")
            #expect(busy.isClosedNext)
            await drained
            #expect(server.counters.openConnections == 0)
        }
    }

    @Test func `draining cuts off what takes too long`() async throws {
        let handler: HTTPServer.Handler = { _ in
            try? await EventLoop.current?.sleep(for: .seconds(60))
            return .text("late")
        }
        try await withServer(handler) { server in
            let client = try RawClient(port: server.port)
            client.send(Self.get)
            let hasBegun = try await eventually { server.counters.activeRequests == 1 }
            #expect(hasBegun)
            await server.drain(within: .milliseconds(20))
            #expect(client.isClosedNext)
            let hasEnded = try await eventually { server.counters.activeRequests == 0 }
            #expect(hasEnded)
        }
    }
}
