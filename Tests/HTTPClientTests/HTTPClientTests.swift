import EventLoop
import Glibc
import HTTPClient
import Support
import Testing

@Suite("Sending requests")
struct SendingTests {
    @Test func `brings status, headers and body`() async throws {
        try await withServer([.request, .send("HTTP/1.1 200 OK\r\nX-Thing:  a b \r\nContent-Length: 5\r\n\r\nhello")]) {
            client,
            server in
            let response = try await client.send(get(server.url + "/x?y=1"))
            #expect(response.status == 200)
            #expect(response.isSuccess)
            #expect(response.headers["x-thing"] == "a b")
            #expect(response.headers["none"] == nil)
            #expect(response.body == Array("hello".utf8))
            #expect(response.bytesReceived == 5)
            #expect(response.effectiveAddress == "127.0.0.1")
            #expect(server.requests.map(\.method) == ["GET"])
            #expect(server.requests.map(\.target) == ["/x?y=1"])
        }
    }

    @Test(arguments: ["POST", "PUT", "PATCH", "DELETE"])
    func `sends a body with any method`(method: String) async throws {
        try await withServer([.request, .send(ok)]) { client, server in
            var request = get(server.url)
            request.method = method
            request.headers = [("Content-Type", "application/json"), ("X-Empty", "")]
            request.body = Array(#"{"a":1}"#.utf8)
            _ = try await client.send(request)
            let seen = try #require(server.requests.first)
            #expect(seen.method == method)
            #expect(seen.text == #"{"a":1}"#)
            #expect(seen["Content-Length"] == "7")
            #expect(seen["Content-Type"] == "application/json")
            #expect(seen["X-Empty"] == "")
            #expect(seen["User-Agent"] == "atelier")
            #expect(seen["Expect"] == nil)
        }
    }

    @Test func `an empty POST has a length and no invented type`() async throws {
        try await withServer([.request, .send(ok)]) { client, server in
            _ = try await client.send(ClientRequest("POST", server.url, network: .unrestricted))
            let seen = try #require(server.requests.first)
            #expect(seen["Content-Length"] == "0")
            #expect(seen["Content-Type"] == nil)
        }
    }

    @Test func `a two megabyte body arrives whole and at once`() async throws {
        try await withServer([.request, .send(ok)]) { client, server in
            let body = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0) }
            _ = try await client.send(ClientRequest("POST", server.url, body: body, network: .unrestricted))
            let isWhole = server.requests.first?.body == body
            #expect(isWhole)
        }
    }

    @Test func `HEAD takes the headers and waits for no body`() async throws {
        try await withServer([.request, .send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"), .stall]) {
            client,
            server in
            let response = try await client.send(ClientRequest("HEAD", server.url, network: .unrestricted))
            #expect(response.headers["Content-Length"] == "99")
            #expect(response.body.isEmpty)
        }
    }

    @Test func `a redirect is an answer`() async throws {
        try await withServer([.request, .send("HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n")]) {
            client,
            server in
            let response = try await client.send(get(server.url))
            #expect(response.status == 302)
            #expect(response.headers["Location"] == "/else")
            #expect(server.requests.count == 1)
        }
    }

    @Test func `interim answers and trailers are not mixed into the headers`() async throws {
        let answer =
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3\r\nabc\r\n0\r\nX-Late: 1\r\n\r\n"
        try await withServer([.request, .send(answer)]) { client, server in
            let response = try await client.send(get(server.url))
            #expect(response.status == 200)
            #expect(response.body == Array("abc".utf8))
            #expect(response.headers["Link"] == nil)
            #expect(response.headers["X-Late"] == nil)
        }
    }

    @Test func `connections are kept`() async throws {
        try await withServer([.again([.request, .send(ok)])]) { client, server in
            for method in ["GET", "POST", "GET"] {
                _ = try await client.send(ClientRequest(method, server.url, network: .unrestricted))
            }
            #expect(server.connectionCount == 1)
        }
    }

    @Test func `a kept connection found dead is replaced without a word`() async throws {
        try await withServer([.request, .send(ok), .request]) { client, server in
            for _ in 0..<2 {
                let response = try await client.send(get(server.url))
                #expect(response.status == 200)
            }
            #expect(server.requests.count == 3)
        }
    }

    @Test func `what must not happen twice is not sent again by another connection`() async throws {
        try await withServer([.request, .send(ok), .request]) { client, server in
            _ = try await client.send(get(server.url))
            let failure = await failure {
                try await client.send(ClientRequest("POST", server.url, network: .unrestricted))
            }
            #expect(failure?.code == .connectionLost)
            #expect(failure?.mayHaveBeenSent == true)
            #expect(server.requests.map(\.method) == ["GET", "POST"])
        }
    }

    @Test func `what must not happen twice gets a new connection when the kept one has been idle`() async throws {
        try await withServer([.again([.request, .send(ok)])]) { client, server in
            _ = try await client.send(get(server.url))
            try await EventLoop.current?.sleep(for: .seconds(2.1))
            _ = try await client.send(ClientRequest("POST", server.url, network: .unrestricted))
            #expect(server.connectionCount == 2)
        }
    }

    @Test func `many requests share a few connections`() async throws {
        var settings = ClientSettings()
        settings.maximumConnectionsPerHost = 3
        try await withServer([.again([.request, .send(ok)])], settings) { client, server in
            try await withThrowingTaskGroup { group in
                for _ in 0..<40 { group.addTask { try await client.send(get(server.url)).status } }
                for try await status in group { #expect(status == 200) }
            }
            #expect(server.connectionCount <= 3)
        }
    }

    @Test func `one request more than allowed is refused`() async throws {
        var settings = ClientSettings()
        settings.maximumRequests = 1
        try await withServer([.request, .stall], settings) { client, server in
            let loop = try #require(EventLoop.current)
            let first = loop.spawn { _ = try? await client.send(get(server.url)) }
            let code = await code { try await client.send(get(server.url)) }
            #expect(code == .busy)
            first.cancel()
            await first.value
        }
    }

    @Test func `a client of one loop can be made and dropped many times`() async throws {
        try await withLoop { loop in
            let server = try FaultyServer([.again([.request, .send(ok)])])
            defer { server.stop() }
            for _ in 0..<20 { _ = try await HTTPClient(loops: [loop]).send(get(server.url)) }
            #expect(server.connectionCount == 20)
        }
    }
}

@Suite("Downloads")
struct DownloadTests {
    private struct Refusal: Error {}

    @Test func `the body is handed on as it comes`() async throws {
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try await withServer([
            .request, .send("HTTP/1.1 200 OK\r\nContent-Length: \(bytes.count)\r\n\r\n"), .sendBytes(bytes),
        ]) { client, server in
            var received: [UInt8] = []
            let response = try await client.download(get(server.url), limit: 300_000) { received += $0 }
            #expect(response.body.isEmpty)
            #expect(response.bytesReceived == 300_000)
            #expect(received == bytes)
        }
    }

    @Test func `an error page is not`() async throws {
        try await withServer([.request, .send("HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\ngone")]) { client, server in
            var received: [UInt8] = []
            let response = try await client.download(get(server.url), limit: 10) { received += $0 }
            #expect(response.status == 404)
            #expect(response.body == Array("gone".utf8))
            #expect(received == [])
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n67890\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n01234567890",
    ])
    func `a body beyond the limit is refused, announced or not`(answer: String) async throws {
        try await withServer([.request, .send(answer)]) { client, server in
            var received: [UInt8] = []
            let code = await code { try await client.download(get(server.url), limit: 10) { received += $0 } }
            #expect(code == .tooLarge)
            #expect(received.count <= 10)
        }
    }

    @Test func `whoever takes the bytes may refuse them`() async throws {
        try await withServer([.request, .send(ok)]) { client, server in
            let code = await code { try await client.download(get(server.url), limit: 10) { _ in throw Refusal() } }
            #expect(code == .sink)
        }
    }
}

let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

func get(_ url: String) -> ClientRequest { ClientRequest("GET", url, network: .unrestricted) }

/// Runs `body` on a loop with a client and a server whose every connection gets `script`.
func withServer(
    _ script: [FaultyServer.Step],
    _ settings: ClientSettings = ClientSettings(),
    _ body: @escaping @Sendable (HTTPClient, FaultyServer) async throws -> Void
) async throws {
    let server = try FaultyServer(script)
    defer { server.stop() }
    try await withLoop { loop in
        try await body(HTTPClient(loops: [loop], settings: settings), server)
    }
}

/// The code of the error that `body` throws, `nil` when it does not.
func code(_ body: () async throws -> ClientResponse) async -> HTTPClientError.Code? {
    await failure(body)?.code
}

func failure(_ body: () async throws -> ClientResponse) async -> HTTPClientError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? HTTPClientError
    }
}

/// An unnamed file that is gone when `body` returns.
