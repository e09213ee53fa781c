import EventLoop
import HTTPClient
import Support
import Testing

@Suite("When the other side fails")
struct FaultTests {
    @Test func `nobody listens`() async throws {
        let server = try FaultyServer([])
        let url = server.url
        server.stop()
        try await withLoop { loop in
            let failure = await failure { try await HTTPClient(loops: [loop]).send(get(url)) }
            #expect(failure?.code == .connect)
            #expect(failure?.mayHaveBeenSent == false)
        }
    }

    @Test func `the name does not exist`() async throws {
        try await withLoop { loop in
            let failure = await failure { try await HTTPClient(loops: [loop]).send(get("http://nowhere.invalid/")) }
            #expect(failure?.code == .resolve)
            #expect(failure?.mayHaveBeenSent == false)
        }
    }

    @Test(
        arguments: [
            ([.request], .connectionLost),
            ([.request, .reset], .connectionLost),
            ([.request, .send("HTTP/1.1 200 OK\r\nContent-Le"), .reset], .truncated),
            ([.request, .send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")], .truncated),
            ([.request, .send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"), .reset], .truncated),
            ([.request, .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123")], .truncated),
            ([.request, .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n123")], .truncated),
            ([.request, .send("SSH-2.0-OpenSSH_9.2\r\n")], .badResponse),
            ([.request, .send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot gzip at all")], .badResponse),
        ] as [([FaultyServer.Step], HTTPClientError.Code)]
    )
    func `it hangs up, or talks nonsense`(script: [FaultyServer.Step], code: HTTPClientError.Code) async throws {
        try await withServer(script) { client, server in
            let failure = await failure { try await client.send(get(server.url)) }
            #expect(failure?.code == code)
            #expect(failure?.mayHaveBeenSent == true)
        }
    }

    @Test(
        arguments: [
            [.request, .stall],
            [.request, .send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"), .stall],
        ] as [[FaultyServer.Step]]
    )
    func `it stops talking`(script: [FaultyServer.Step]) async throws {
        try await withServer(script) { client, server in
            var request = get(server.url)
            request.stallTimeout = .milliseconds(60)
            let failure = await failure { try await client.send(request) }
            #expect(failure?.code == .stalled)
            #expect(failure?.mayHaveBeenSent == true)
        }
    }

    @Test func `it sends a byte now and then for ever`() async throws {
        try await withServer([
            .request, .send("HTTP/1.1 200 OK\r\n\r\n"), .again([.send("x"), .pause(milliseconds: 10)]),
        ]) { client, server in
            var request = get(server.url)
            request.timeout = .milliseconds(200)
            request.stallTimeout = .seconds(60)
            let code = await code { try await client.send(request) }
            #expect(code == .timeout)
        }
    }

    @Test func `it takes no more of a large body`() async throws {
        try await withServer([.hold]) { client, server in
            var request = get(server.url)
            request.method = "POST"
            request.body = [UInt8](repeating: 1, count: 40 << 20)
            request.stallTimeout = .milliseconds(150)
            let code = await code { try await client.send(request) }
            #expect(code == .stalled)
        }
    }

    @Test func `it accepts and never answers TLS`() async throws {
        try await withServer([.stall]) { client, server in
            var request = get("https://127.0.0.1:\(server.port)/")
            request.connectTimeout = .milliseconds(80)
            let failure = await failure { try await client.send(request) }
            #expect(failure?.code == .timeout)
            #expect(failure?.mayHaveBeenSent == false)
        }
    }

    @Test func `it does not speak TLS`() async throws {
        try await withServer([.read, .send("HTTP/1.1 400 Bad Request\r\n\r\n")]) { client, server in
            let failure = await failure { try await client.send(get("https://127.0.0.1:\(server.port)/")) }
            #expect(failure?.code == .tls)
            #expect(failure?.mayHaveBeenSent == false)
        }
    }

    @Test func `waiting for a connection counts against the timeout`() async throws {
        var settings = ClientSettings()
        settings.maximumConnectionsPerHost = 1
        try await withServer([.request, .stall], settings) { client, server in
            let loop = try #require(EventLoop.current)
            let first = loop.spawn { _ = try? await client.send(get(server.url)) }
            try await until(on: loop) { server.requests.count == 1 }
            var second = get(server.url)
            second.timeout = .milliseconds(50)
            let failure = await failure { try await client.send(second) }
            #expect(failure?.code == .timeout)
            #expect(failure?.mayHaveBeenSent == false)
            first.cancel()
            await first.value
        }
    }

    @Test func `cancelling the task ends the transfer at once`() async throws {
        try await withServer([.request, .stall]) { client, server in
            let loop = try #require(EventLoop.current)
            let outcome = Promise<HTTPClientError?>(on: loop)
            let task = loop.spawn { outcome.succeed(await failure { try await client.send(get(server.url)) }) }
            try await until(on: loop) { server.requests.count == 1 }
            task.cancel()
            let ended = try await outcome.value(within: .seconds(5))
            #expect(ended?.code == .cancelled)
            #expect(ended?.mayHaveBeenSent == true)
        }
    }

    @Test func `a task cancelled before it began sends nothing`() async throws {
        try await withServer([.request, .send(ok)]) { client, server in
            let loop = try #require(EventLoop.current)
            let outcome = Promise<HTTPClientError?>(on: loop)
            let task = loop.spawn {
                try? await loop.sleep(for: .seconds(60))
                outcome.succeed(await failure { try await client.send(get(server.url)) })
            }
            task.cancel()
            let ended = try await outcome.value(within: .seconds(5))
            #expect(ended?.code == .cancelled)
            #expect(ended?.mayHaveBeenSent == false)
            #expect(server.connectionCount == 0)
        }
    }
}

@Suite("Limits of an answer")
struct AnswerLimitTests {
    @Test func `a body beyond the limit is refused`() async throws {
        try await withServer([.request, .send("HTTP/1.1 200 OK\r\n\r\n"), .again([.send("0123456789")])]) {
            client,
            server in
            var request = get(server.url)
            request.maximumResponseBytes = 1000
            let code = await code { try await client.send(request) }
            #expect(code == .tooLarge)
        }
    }

    @Test func `endless headers are refused`() async throws {
        try await withServer([.request, .send("HTTP/1.1 200 OK\r\n"), .again([.send("X-More: 0123456789\r\n")])]) {
            client,
            server in
            let code = await code { try await client.send(get(server.url)) }
            #expect(code == .tooLarge)
        }
    }

    @Test func `a body that swells when unpacked is stopped at the limit`() async throws {
        // What gzip makes of 3 MiB of zeros: itself zeros, between a head and a tail.
        let head: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3, 0xED, 0xC1, 1, 0x0D, 0, 0, 0, 0xC2, 0xA0, 0xF7, 0x4F]
        let zeros: [UInt8] = [0x6D, 0x0E, 0x37, 0xA0] + [UInt8](repeating: 0, count: 3048)
        let bomb = head + zeros + [0xBE, 0x0D, 0xC6, 0x4F, 0x72, 0x79, 0, 0, 0x30, 0]
        try await withServer([
            .request, .send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(bomb.count)\r\n\r\n"),
            .sendBytes(bomb),
        ]) { client, server in
            var request = get(server.url)
            let whole = try await client.send(request)
            #expect(whole.body.count == 3 << 20)
            request.maximumResponseBytes = 1 << 20
            let code = await code { try await client.send(request) }
            #expect(code == .tooLarge)
        }
    }
}

@Suite("What is not sent")
struct RefusedRequestTests {
    @Test(arguments: [
        "", "example.com", "/path", "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_PING",
        "http://", "https://user@example.com/", "https://user:pass@example.com/",
        "https://example.com:0/", "https://example.com:65536/", "https://exa mple.com/", "https://example.com/\r\nX: y",
        "https://[::1/", "javascript:alert(1)",
    ])
    func `a URL that is none`(url: String) async throws {
        try await withLoop { loop in
            let failure = await failure { try await HTTPClient(loops: [loop]).send(get(url)) }
            #expect(failure?.code == .badURL)
            #expect(failure?.mayHaveBeenSent == false)
        }
    }

    @Test(arguments: [
        ("X-A", "b\r\nX-C: d"), ("X-A", "b\nc"), ("X-A", "b\0"), ("X A", "b"), ("X-A:", "b"), ("", "b"),
        ("Host", "else.example"), ("content-length", "1"), ("Transfer-Encoding", "chunked"),
    ])
    func `a header that would end early or contradict the framing`(name: String, value: String) async throws {
        try await withLoop { loop in
            var request = get("http://127.0.0.1:1/")
            request.headers = [(name, value)]
            let request2 = request
            let code = await code { try await HTTPClient(loops: [loop]).send(request2) }
            #expect(code == .badRequest)
        }
    }

    @Test(arguments: ["", "GE T", "GET / HTTP/1.1\r\nX: y\r\n\r\nGET"])
    func `a method that is none`(method: String) async throws {
        try await withLoop { loop in
            let request = ClientRequest(method, "http://127.0.0.1:1/", network: .unrestricted)
            let code = await code { try await HTTPClient(loops: [loop]).send(request) }
            #expect(code == .badRequest)
        }
    }
}
