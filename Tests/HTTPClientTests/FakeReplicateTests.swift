import EventLoop
import HTTPClient
import Support
import Testing

@Suite("The stand-in for Replicate")
struct FakeReplicateTests {
    @Test func `a prediction starts, works and brings a picture`() async throws {
        try await withFake { client, fake in
            let created = try await client.create(fake)
            #expect(created.status == 201)
            #expect(created.text.contains(#""status":"starting""#))
            #expect(created.text.contains(#""input":{"prompt":"a \"b\" {c}"}"#))
            #expect(created.headers["ratelimit-remaining"] == "599")
            let id = try #require(fake.predictionIDs.first)
            let working = try await client.ask(fake, "/predictions/\(id)")
            #expect(working.text.contains(#""status":"processing""#))
            #expect(working.text.contains("2/4"))
            let done = try await client.ask(fake, "/predictions/\(id)")
            #expect(done.text.contains(#""status":"succeeded""#))
            let url = "\(fake.fileHostURL)/\(id)/out-0.png"
            #expect(done.text.contains(url))
            let picture = try await client.send(get(url))
            #expect(picture.body == FakeReplicate.smallestPNG)
            #expect(picture.headers["content-type"] == "image/png")
            #expect(fake.creates.count == 1)
            #expect(fake.polls.count == 2)
            #expect(fake.fileRequests.allSatisfy { $0["authorization"] == nil })
        }
    }

    @Test func `another token is refused`() async throws {
        try await withFake { client, fake in
            let response = try await client.send(get(fake.baseURL + "/account"))
            #expect(response.status == 401)
            #expect(response.headers["content-type"] == "application/problem+json")
        }
    }

    @Test func `answers fail in the order asked for, and a dropped creation exists`() async throws {
        try await withFake { client, fake in
            fake.creationAnswers = [
                .throttled(seconds: 7), .paymentRequired, .badGateway, .dropped, .carriedOutAndDropped, .ordinary,
            ]
            let throttled = try await client.create(fake)
            #expect(throttled.status == 429)
            #expect(throttled.headers["Retry-After"] == "7")
            #expect(throttled.text.contains(#""retry_after":7"#))
            #expect(try await client.create(fake).status == 402)
            #expect(try await client.create(fake).status == 502)
            for existing in [0, 1] {
                let code = await code { try await client.create(fake) }
                #expect(code == .connectionLost)
                #expect(fake.predictionCount == existing)
            }
            #expect(try await client.create(fake).status == 201)
            #expect(fake.creates.count == 6)
            let list = try await client.ask(fake, "/predictions")
            #expect(list.text.contains(#""next":null"#))
            #expect(list.text.contains(fake.predictionIDs[1]))
        }
    }

    @Test func `a waiting creation has its output while it says processing`() async throws {
        try await withFake { client, fake in
            fake.creationAnswers = [.synchronous]
            let response = try await client.create(fake, headers: [("Prefer", "wait=5")])
            #expect(response.headers["preference-applied"] == "wait=5")
            #expect(response.text.contains(#""status":"processing""#))
            #expect(response.text.contains("out-0.png"))
        }
    }

    @Test func `cancelling ends what runs, and leaves what has ended`() async throws {
        try await withFake { client, fake in
            fake.upcoming = [PredictionScript(.starting), PredictionScript(.succeeded)]
            for (id, status) in [(0, "canceled"), (1, "succeeded")] {
                _ = try await client.create(fake, headers: [("Cancel-After", "1h30m45s")])
                let path = "/predictions/\(fake.predictionIDs[id])/cancel"
                let response = try await client.ask(fake, path, method: "POST")
                #expect(response.status == 200)
                #expect(response.text.contains(#""status":"\#(status)""#))
                #expect(response.text.contains(#""deadline":"#))
            }
            #expect(fake.cancels.count == 2)
        }
    }

    @Test(arguments: [FakeEncoding.plain, .chunked, .gzip, .chunkedGzip])
    func `bodies travel in every encoding`(encoding: FakeEncoding) async throws {
        try await withFake { client, fake in
            fake.encoding = encoding
            let model = try await client.ask(fake, "/models/black-forest-labs/flux-schnell")
            #expect(model.status == 200)
            #expect(model.text.contains("openapi_schema"))
            #expect(model.text.hasSuffix("}"))
        }
    }

    @Test func `files fail in every way`() async throws {
        try await withFake { client, fake in
            func file(_ behaviour: FileHostBehaviour) async throws -> ClientRequest {
                fake.script.fileHost = behaviour
                _ = try await client.create(fake)
                var request = get("\(fake.fileHostURL)/\(fake.predictionIDs.last ?? "")/out-0.png")
                request.maximumResponseBytes = 1 << 20
                if case .stalled = behaviour { request.stallTimeout = .milliseconds(60) }
                return request
            }
            let moved = try await client.send(file(.redirect))
            #expect(moved.status == 302)
            let location = try #require(moved.headers["location"])
            #expect(try await client.send(get(origin(fake.fileHostURL) + location)).body == FakeReplicate.smallestPNG)
            #expect(try await client.send(file(.notFound)).status == 404)
            #expect(try await client.send(file(.empty)).body.isEmpty)
            #expect(try await client.send(file(.wrongContentType("text/html"))).headers["content-type"] == "text/html")
            let flaky = try await file(.unavailable(times: 1))
            #expect(try await client.send(flaky).status == 503)
            #expect(try await client.send(flaky).status == 200)
            for (behaviour, expected) in [
                (FileHostBehaviour.truncated, HTTPClientError.Code.truncated), (.stalled, .stalled),
                (.huge(64 << 20), .tooLarge),
            ] {
                let request = try await file(behaviour)
                #expect(await code { try await client.send(request) } == expected)
            }
            fake.expireEverything()
            #expect(try await client.send(flaky).status == 404)
            let gone = try await client.ask(fake, "/predictions/\(fake.predictionIDs[0])")
            #expect(gone.text.contains(#""data_removed":true"#))
        }
    }

    @Test func `an uploaded file is kept`() async throws {
        try await withFake { client, fake in
            let bytes = FakeReplicate.smallestPNG
            let head = "--xyz\r\nContent-Disposition: form-data; name=\"content\"; filename=\"a.png\"\r\n\r\n"
            let response = try await client.ask(
                fake,
                "/files",
                method: "POST",
                headers: [("Content-Type", "multipart/form-data; boundary=xyz")],
                body: Array(head.utf8) + bytes + Array("\r\n--xyz--\r\n".utf8)
            )
            #expect(response.status == 201)
            #expect(response.text.contains("/files/upload1"))
            #expect(fake.uploads == [bytes])
        }
    }
}

private func withFake(_ body: @escaping @Sendable (HTTPClient, FakeReplicate) async throws -> Void) async throws {
    let fake = try FakeReplicate(token: "r8_test")
    defer { fake.stop() }
    try await withLoop { loop in try await body(HTTPClient(loops: [loop]), fake) }
}

/// Scheme, host and port.
private func origin(_ url: String) -> String { url.split(separator: "/").prefix(2).joined(separator: "//") }

extension HTTPClient {
    fileprivate func create(
        _ fake: FakeReplicate,
        headers: [(String, String)] = []
    ) async throws(HTTPClientError) -> ClientResponse {
        let body = Array(#"{"input": {"prompt":"a \"b\" {c}"}}"#.utf8)
        let path = "/models/black-forest-labs/flux-schnell/predictions"
        return try await ask(fake, path, method: "POST", headers: headers, body: body)
    }

    fileprivate func ask(
        _ fake: FakeReplicate,
        _ path: String,
        method: String = "GET",
        headers: [(String, String)] = [],
        body: [UInt8] = []
    ) async throws(HTTPClientError) -> ClientResponse {
        let credentials = [("Authorization", "Bearer r8_test")]
        return try await send(
            ClientRequest(
                method,
                fake.baseURL + path,
                headers: headers + credentials,
                body: body,
                network: .unrestricted
            )
        )
    }
}

extension ClientResponse {
    fileprivate var text: String { String(decoding: body, as: UTF8.self) }
}
