import JSON
import Support
import Testing

@testable import WebApp

@Suite("What a Replicate model puts out")
struct ReplicateOutputTests {
    @Test func `a file is found in every shape of output, also within it`() async throws {
        try await withWorkingReplicate { site, fake in
            let shapes = [
                "\"FILE\"", "[\"FILE\"]", "[\"FILE\",\"FILE\",\"done\",null]", "{\"image\":\"FILE\",\"steps\":4}",
                "{\"a\":[{\"b\":[\"FILE\"]}]}",
            ]
            for shape in shapes {
                fake.forget()
                fake.script = PredictionScript(.succeeded)
                fake.script.output = .json(shape.replacing("FILE", with: fake.fileURL()))
                let job = try await site.ordered()
                #expect(job.status == "completed", "\(shape)")
                #expect(try await site.pictureCount(job.id) == 1)
                #expect(fake.fileRequests.count == 1)
                #expect(fake.creates.count == 1)
            }
            fake.forget()
            fake.script.output = .dataURI
            #expect(try await site.ordered().status == "completed")
            #expect(fake.fileRequests.isEmpty)
        }
    }

    @Test func `several files are several pictures, and what is no picture is left out`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            fake.script = PredictionScript(.succeeded)
            fake.script.files = [
                Array("{\"nsfw\":false}".utf8), FakeReplicate.smallestPNG, try png(3, 1), try png(1, 3),
            ]
            fake.script.output = .json(
                "[" + (0...3).map { "\"\(fake.fileURL(file: $0))\"" }.joined(separator: ",")
                    + #","http://licences.example/mit","data:text/plain,hello"]"#
            )
            let job = try await site.ordered()
            #expect(job.status == "completed")
            #expect(try await site.pictureCount(job.id) == 3)
            #expect(fake.fileRequests.count == 4)
        }
    }

    static let withoutPicture = [
        ("null", "The model’s output holds no picture"),
        ("[]", "The model’s output holds no picture"),
        ("\"a poem about a fox\"", "The model’s output holds no picture"),
        ("{\"score\":0.5}", "The model’s output holds no picture"),
        ("\"data:image/png;base64,%%%\"", "The model’s output is no picture that can be read"),
        ("\"data:text/plain;base64,aGVsbG8=\"", "The picture cannot be kept: This is not a picture."),
        ("\"https://user:secret@replicate.delivery/out.png\"", "The picture’s address is not allowed"),
        ("\"https://127.0.0.1/out.png\"", "The picture’s address is not allowed: 127.0.0.1 is not a public address"),
        ("\"https://[::ffff:127.0.0.1]/out.png\"", "The picture’s address is not allowed"),
        ("\"http://replicate.delivery/out.png\"", "The picture’s address is not allowed"),
    ]

    @Test func `an output without a picture fails at once, in plain words`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            for (output, words) in Self.withoutPicture {
                fake.forget()
                fake.script = PredictionScript(.succeeded)
                fake.script.output = .json(output)
                let job = try await site.ordered()
                #expect(job.status == "failed", "\(output)")
                #expect(job.error?.hasPrefix(words) == true, "\(job.error ?? "")")
                #expect(job.retries == 0)
                #expect(fake.creates.count == 1)
            }
        }
    }
}

@Suite("Fetching the files of a Replicate model")
struct ReplicateFileTests {
    @Test func `files are fetched without the token, also after a redirect`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            fake.script = PredictionScript(.succeeded)
            fake.script.fileHost = .redirect
            #expect(try await site.ordered().status == "completed")
            #expect(fake.fileRequests.count == 2)
            for request in fake.fileRequests {
                #expect(request["authorization"] == nil)
                #expect(!request.headers.contains { $0.value.contains(replicateToken) })
                #expect(!request.target.contains(replicateToken))
            }
        }
    }

    @Test func `a file's own bytes tell what it is`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            fake.script = PredictionScript(.succeeded)
            fake.script.fileHost = .wrongContentType("text/html")
            let job = try await site.ordered()
            #expect(job.status == "completed")
            #expect(job["media_path"]?.string?.hasSuffix(".png") == true)
        }
    }

    @Test func `a redirect to where nothing may be fetched from fails at once`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            // The API's own private address is not for files either.
            let targets = [
                "http://169.254.169.254/latest/meta-data/", "//10.0.0.1/a", "file:///etc/passwd", "ftp://127.0.0.1/a",
                "\(fake.baseURL)/account",
            ]
            for target in targets {
                fake.forget()
                fake.script = PredictionScript(.succeeded)
                fake.script.fileHost = .redirectTo(target)
                let job = try await site.ordered()
                #expect(job.status == "failed", "\(target)")
                #expect(job.error?.hasPrefix("The picture’s address is not allowed") == true, "\(job.error ?? "")")
                #expect(job.retries == 0)
                #expect(fake.fileRequests.count == 1)
                #expect(fake.creates.count == 1)
                #expect(!fake.requests.contains { $0.path.hasSuffix("/account") })
            }
        }
    }

    struct BadFile: Sendable {
        let name: String
        let bytes: [UInt8]
        var host = FileHostBehaviour.honest
        let words: String
    }

    static let badFiles = [
        BadFile(
            name: "a page",
            bytes: Array("<html><body>Sorry</body></html>".utf8),
            words: "The picture cannot be kept: This is not a picture."
        ),
        BadFile(
            name: "a drawing with scripts",
            bytes: Array("<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>".utf8),
            words: "The picture cannot be kept: This is an SVG drawing."
        ),
        BadFile(
            name: "chance",
            bytes: (0..<4000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) },
            words: "The picture cannot be kept: This is not a picture."
        ),
        BadFile(
            name: "a decompression bomb",
            bytes: pngHead(60_000, 60_000) + pngChunk("IDAT", [0x78, 0xDA, 3, 0, 0, 0, 0, 1]) + pngChunk("IEND", []),
            words: "The picture cannot be kept: The picture has 60000 × 60000 pixels"
        ),
        BadFile(
            name: "too many bytes",
            bytes: [0],
            host: .huge(64 << 20 + 1),
            words: "The picture is larger than 64 MB"
        ),
    ]

    @Test func `bytes that can never be a picture fail at once, in plain words`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            for file in Self.badFiles {
                fake.forget()
                fake.script = PredictionScript(.succeeded)
                fake.script.files = [file.bytes]
                fake.script.fileHost = file.host
                let job = try await site.ordered()
                #expect(job.status == "failed", "\(file.name)")
                #expect(job.error?.hasPrefix(file.words) == true, "\(job.error ?? "")")
                #expect(job.retries == 0)
                #expect(fake.fileRequests.count == 1)
                #expect(fake.creates.count == 1)
            }
        }
    }

    struct Trouble: Sendable {
        let name: String
        var host = FileHostBehaviour.honest
        var file = FakeReplicate.smallestPNG
        var requestsAnAttempt = 1
        let words: String
    }

    static let troubles = [
        Trouble(name: "not there", host: .notFound, words: "The picture is not at its address (status 404)"),
        Trouble(name: "refused", host: .forbidden, words: "The picture is not at its address (status 403)"),
        Trouble(name: "cut short on its way", host: .truncated, words: "The picture cannot be fetched: "),
        Trouble(
            name: "cut short where it is",
            file: Array(FakeReplicate.smallestPNG.dropLast(20)),
            words: "The picture cannot be kept: The picture is cut short or damaged."
        ),
        Trouble(name: "nothing", file: [], words: "The picture cannot be kept: The file is empty."),
        Trouble(
            name: "sent around in circles",
            host: .redirectForEver,
            requestsAnAttempt: 4,
            words: "The picture’s address redirects too often"
        ),
    ]

    @Test func `what may pass is fetched again by the next attempt, and not paid for again`() async throws {
        try await withWorkingReplicate(["MAX_RETRIES": "1"]) { site, fake async throws in
            var ids: [String] = []
            for trouble in Self.troubles {
                fake.script = PredictionScript(.succeeded)
                fake.script.fileHost = trouble.host
                fake.script.files = [trouble.file]
                ids.append(try await site.order(trouble.words))
                try await until(on: site.loop) { fake.predictionCount == ids.count }
            }
            for (number, trouble) in Self.troubles.enumerated() {
                let job = try await site.finished(ids[number])
                #expect(job.status == "failed", "\(trouble.name)")
                #expect(job.error?.hasPrefix(trouble.words) == true, "\(job.error ?? "")")
                #expect(job.retries == 1)
                let prediction = fake.predictionIDs[number]
                #expect(try await site.predictions(of: job.id) == [prediction, prediction])
                let requests = fake.fileRequests.count { $0.path.contains(prediction) }
                #expect(requests == 2 * trouble.requestsAnAttempt)
            }
            #expect(fake.creates.count == ids.count)
            #expect(fake.lists.isEmpty)
        }
    }

    @Test func `a file host that recovers leads to the picture that was paid for`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            fake.script = PredictionScript(.succeeded)
            fake.script.fileHost = .unavailable(times: 2)
            let job = try await site.ordered()
            #expect(job.status == "completed")
            #expect(job.retries == 2)
            #expect(job.error == nil)
            #expect(fake.fileRequests.count == 3)
            #expect(fake.creates.count == 1)
            let prediction = try #require(fake.predictionIDs.first)
            #expect(try await site.predictions(of: job.id) == [prediction, prediction, prediction])
        }
    }
}
