import HTTPServer
import Support
import Synchronization
import Testing

@Suite("Framing")
struct FramingTests {
    private static let followUp = "GET /follow-up HTTP/1.1\r\nHost: a\r\n\r\n"

    /// What handlers have been asked for.
    private final class Seen: Sendable {
        private let paths = Mutex<[String]>([])
        func note(_ path: String) { paths.withLock { $0.append(path) } }
        var all: [String] { paths.withLock { $0 } }
    }

    private static func handler(_ seen: Seen) -> HTTPServer.Handler {
        { request in
            seen.note(request.path)
            do throws(RequestError) {
                let body = try await request.body(limit: 100_000)
                return .text("\(request.method) \(request.path) \(String(decoding: body, as: UTF8.self))")
            } catch {
                return .text(error.message, status: error.status)
            }
        }
    }

    @Test(arguments: RefusedRequest.requestLines + RefusedRequest.fields + RefusedRequest.lengths)
    func `refuses what two readers could understand differently`(_ refused: RefusedRequest) async throws {
        let seen = Seen()
        try await withServer(Self.handler(seen)) { server in
            let client = try RawClient(port: server.port)
            client.send(refused.bytes + Array(Self.followUp.utf8))
            let reply = try client.reply()
            #expect(reply.status == refused.status)
            #expect(reply["connection"] == "close")
            #expect(client.isClosedNext)
            #expect(seen.all == [])
            #expect(server.counters.rejectedRequests == 1)
        }
    }

    @Test(arguments: RefusedRequest.chunks)
    func `refuses a malformed chunked body`(_ refused: RefusedRequest) async throws {
        let seen = Seen()
        try await withServer(Self.handler(seen)) { server in
            let client = try RawClient(port: server.port)
            client.send(refused.bytes + Array(Self.followUp.utf8))
            let reply = try client.reply()
            #expect(reply.status == refused.status)
            #expect(reply["connection"] == "close")
            #expect(client.isClosedNext)
            #expect(seen.all == ["/"])
        }
    }

    /// A handler that never looks at the body must not hide that its end is unknown.
    @Test(arguments: RefusedRequest.chunks)
    func `never takes a malformed body for the next request`(_ refused: RefusedRequest) async throws {
        let seen = Seen()
        let handler: HTTPServer.Handler = { request in
            seen.note(request.path)
            return .text("unread")
        }
        try await withServer(handler) { server in
            let client = try RawClient(port: server.port)
            client.send(refused.bytes + Array(Self.followUp.utf8))
            let reply = try client.reply()
            #expect(reply.status == 200)
            #expect(reply["connection"] == "close")
            #expect(client.isClosedNext)
            #expect(seen.all == ["/"])
        }
    }

    @Test(arguments: AcceptedRequest.all)
    func `takes what is unambiguous, and the request after it`(_ accepted: AcceptedRequest) async throws {
        try await withServer(Self.handler(Seen())) { server in
            let client = try RawClient(port: server.port)
            client.send(accepted.text + Self.followUp)
            for expected in [accepted.seen, "GET /follow-up "] {
                let reply = try client.reply()
                #expect(reply.status == 200)
                #expect(reply.text == expected)
            }
        }
    }

    @Test(arguments: AcceptedRequest.all, [1, 2, 3, 7])
    func `understands a request the same however it is cut`(_ accepted: AcceptedRequest, _ size: Int) async throws {
        try await withServer(Self.handler(Seen())) { server in
            let client = try RawClient(port: server.port)
            client.send(Array((accepted.text + Self.followUp).utf8), inPiecesOf: size)
            for expected in [accepted.seen, "GET /follow-up "] {
                let reply = try client.reply()
                #expect(reply.text == expected)
            }
        }
    }

    @Test(arguments: RefusedRequest.requestLines + RefusedRequest.fields + RefusedRequest.lengths)
    func `refuses the same byte by byte`(_ refused: RefusedRequest) async throws {
        let seen = Seen()
        try await withServer(Self.handler(seen)) { server in
            let client = try RawClient(port: server.port)
            client.send(refused.bytes + Array(Self.followUp.utf8), inPiecesOf: 1)
            let reply = try client.reply()
            #expect(reply.status == refused.status)
            #expect(client.isClosedNext)
            #expect(seen.all == [])
        }
    }
}
