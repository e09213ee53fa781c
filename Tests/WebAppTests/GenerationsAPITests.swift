import EventLoop
import HTTPServer
import JSON
import Postgres
import Testing

@testable import WebApp

@Suite("The API of generations")
struct GenerationsAPITests {
    @Test func `a prompt becomes a completed job with a picture`() async throws {
        try await withSite { site async throws in
            let answer = try await site.post(
                "/api/v1/generate",
                json:
                    #"{"prompt":"sunset over the sea","model":"atelier/canvas","parameters":{"width":96,"height":64}}"#
            )
            #expect(answer.status == 202)
            #expect(answer.json["status"]?.string == "pending")
            #expect(answer.json["message"]?.string?.isEmpty == false)
            let id = try #require(answer.json["job_id"]?.string)

            let waiting = try await site.get("/api/v1/status/\(id)").json
            #expect(waiting["status"]?.string == "pending")
            #expect(waiting["media_path"] == .null)
            #expect(waiting["started_at"] == .null)

            let done = try await site.working { try await site.finished(id) }
            #expect(done["status"]?.string == "completed")
            #expect(done["prompt"]?.string == "sunset over the sea")
            #expect(done["model"]?.string == "atelier/canvas")
            #expect(done["parameters"]?["width"]?.int == 96)
            #expect(done["retry_count"]?.int == 0)
            #expect(done["error_message"] == .null)
            let created = try #require(done["created_at"]?.string.flatMap(Timestamp.init))
            let started = try #require(done["started_at"]?.string.flatMap(Timestamp.init))
            let completed = try #require(done["completed_at"]?.string.flatMap(Timestamp.init))
            #expect(created <= started && started <= completed)

            let file = try #require(done["media_path"]?.string)
            let picture = try await site.get("/images/\(file)")
            #expect(picture.status == 200)
            #expect(picture.headers["content-type"] == "image/png")
            #expect(picture.headers["cache-control"]?.contains("immutable") == true)
        }
    }

    @Test func `the same seed and settings lead to the same file, another seed to another`() async throws {
        try await withSite { site async throws in
            var files: [String] = []
            try await site.working {
                for seed in [7, 7, 8] {
                    let parameters: JSON = ["seed": .integer(seed), "width": 80, "height": 80]
                    let id = try await site.generate("a field of flowers", parameters: parameters)
                    files.append(try #require(try await site.finished(id)["media_path"]?.string))
                }
            }
            #expect(files[0] == files[1])
            #expect(files[0] != files[2])
        }
    }

    @Test func `jobs are listed newest first, by skip and limit and by cursor`() async throws {
        try await withSite { site async throws in
            var ids: [String] = []
            for number in 1...5 { ids.insert(try await site.generate("picture \(number)"), at: 0) }
            func listed(_ query: String) async throws -> [String?] {
                (try await site.get("/api/v1/jobs\(query)").json.array ?? []).map { $0["id"]?.string }
            }
            #expect(try await listed("") == ids)
            #expect(try await listed("?skip=1&limit=2") == Array(ids[1...2]))
            #expect(try await listed("?skip=5") == [])
            #expect(try await listed("?before=\(ids[1])&limit=2") == Array(ids[2...3]))

            let first = try await site.get("/api/v1/jobs?limit=2")
            let link = try #require(first.headers["link"])
            #expect(link.hasSuffix("; rel=\"next\""))
            let next = link.dropFirst().prefix { $0 != ">" }
            #expect((try await site.get(String(next)).json.array ?? []).map { $0["id"]?.string } == Array(ids[2...3]))
            #expect(try await site.get("/api/v1/jobs?limit=20").headers["link"] == nil)
        }
    }

    @Test(arguments: ["limit=0", "limit=101", "limit=x", "skip=-1", "skip=x", "before=x", "limit=", "skip=1.5"])
    func `a query out of range is 422 and names its field`(query: String) async throws {
        try await withSite { site async throws in
            let answer = try await site.get("/api/v1/jobs?\(query)")
            #expect(answer.status == 422)
            #expect(answer.badFields == [String(query.prefix { $0 != "=" })])
            #expect(answer.json["detail"]?[0]?["loc"]?[0]?.string == "query")
        }
    }

    @Test func `an unknown job is 404, an id that is no UUID 422`() async throws {
        try await withSite { site async throws in
            let unknown = try await site.get("/api/v1/status/00000000-0000-4000-8000-000000000000")
            #expect(unknown.status == 404)
            #expect(unknown.text == #"{"detail":"Job not found"}"#)
            let malformed = try await site.get("/api/v1/status/42")
            #expect(malformed.status == 422)
            #expect(malformed.badFields == ["job_id"])
            #expect(malformed.json["detail"]?[0]?["loc"]?[0]?.string == "path")
        }
    }

    struct BadBody: Sendable, CustomTestStringConvertible {
        let name: String
        let body: String
        let fields: [String]
        var testDescription: String { name }
    }

    static let badBodies = [
        BadBody(name: "nothing sent", body: "{}", fields: ["prompt", "model"]),
        BadBody(name: "empty prompt", body: #"{"prompt":"","model":"atelier/canvas"}"#, fields: ["prompt"]),
        BadBody(name: "blank prompt", body: #"{"prompt":" \n\t ","model":"atelier/canvas"}"#, fields: ["prompt"]),
        BadBody(name: "prompt of another type", body: #"{"prompt":7,"model":"atelier/canvas"}"#, fields: ["prompt"]),
        BadBody(name: "null prompt", body: #"{"prompt":null,"model":"atelier/canvas"}"#, fields: ["prompt"]),
        BadBody(
            name: "NUL in the prompt",
            body: #"{"prompt":"a\u0000b","model":"atelier/canvas"}"#,
            fields: ["prompt"]
        ),
        BadBody(
            name: "100 KB prompt",
            body: #"{"prompt":"\#(String(repeating: "x", count: 100_000))","model":"atelier/canvas"}"#,
            fields: ["prompt"]
        ),
        BadBody(name: "empty model", body: #"{"prompt":"x","model":""}"#, fields: ["model"]),
        BadBody(name: "unknown model", body: #"{"prompt":"x","model":"nobody/nothing"}"#, fields: ["model"]),
        BadBody(name: "model of another form", body: #"{"prompt":"x","model":"../etc/passwd"}"#, fields: ["model"]),
        BadBody(
            name: "unknown field",
            body: #"{"prompt":"x","model":"atelier/canvas","count":2}"#,
            fields: ["count"]
        ),
        BadBody(
            name: "parameters of another type",
            body: #"{"prompt":"x","model":"atelier/canvas","parameters":[]}"#,
            fields: ["parameters"]
        ),
        BadBody(
            name: "size out of range",
            body: #"{"prompt":"x","model":"atelier/canvas","parameters":{"width":63,"height":2049}}"#,
            fields: ["width", "height"]
        ),
        BadBody(
            name: "size of another type",
            body: #"{"prompt":"x","model":"atelier/canvas","parameters":{"width":"512","height":1.5}}"#,
            fields: ["width", "height"]
        ),
        BadBody(
            name: "seed out of range",
            body: #"{"prompt":"x","model":"atelier/canvas","parameters":{"seed":-1}}"#,
            fields: ["seed"]
        ),
        BadBody(
            name: "seed too large",
            body: #"{"prompt":"x","model":"atelier/canvas","parameters":{"seed":9007199254740992}}"#,
            fields: ["seed"]
        ),
        BadBody(
            name: "unknown parameter",
            body: #"{"prompt":"x","model":"atelier/canvas","parameters":{"steps":20}}"#,
            fields: ["steps"]
        ),
        BadBody(name: "an array", body: "[]", fields: ["body"]),
    ]

    @Test(arguments: badBodies)
    func `a bad body is 422, names every bad field and queues nothing`(bad: BadBody) async throws {
        try await withSite { site async throws in
            let answer = try await site.post("/api/v1/generate", json: bad.body)
            #expect(answer.status == 422, "\(answer.text)")
            #expect(answer.badFields == bad.fields)
            #expect(try await site.get("/api/v1/jobs").text == "[]")
        }
    }

    @Test(arguments: [
        ("not JSON", "prompt=x", "application/json", 422),
        ("truncated", #"{"prompt":"x","mod"#, "application/json", 422),
        ("broken UTF-8 escape", #"{"prompt":"\ud800","model":"atelier/canvas"}"#, "application/json", 422),
        ("empty", "", "application/json", 422),
        ("another type", "{}", "text/plain", 415),
        ("another charset", "{}", "application/json; charset=latin1", 415),
        ("no type", "{}", "", 415),
    ])
    func `a body that cannot be read gets a clear answer`(
        name: String,
        body: String,
        type: String,
        status: Int
    ) async throws {
        try await withSite { site async throws in
            let answer = try await site.post("/api/v1/generate", json: body, type: type)
            #expect(answer.status == status, "\(answer.text)")
            #expect(answer.json["detail"] != nil)
        }
    }

    @Test func `a body over the limit is 413`() async throws {
        try await withSite { site async throws in
            let huge = #"{"prompt":"\#(String(repeating: "x", count: 1_100_000))","model":"atelier/canvas"}"#
            let answer = try await site.post("/api/v1/generate", json: huge)
            #expect(answer.status == 413)
            #expect(answer.json["detail"]?.string != nil)
        }
    }

    @Test func `unknown addresses are 404 and known ones with another method 405`() async throws {
        try await withSite { site async throws in
            let unknown = try await site.get("/api/v1/nothing")
            #expect(unknown.status == 404)
            #expect(unknown.json["detail"]?.string != nil)
            let method = try await site.get("/api/v1/generate")
            #expect(method.status == 405)
            #expect(method.headers["allow"]?.contains("POST") == true)
        }
    }

    @Test func `the description matches the routes`() async throws {
        try await withSite { site async throws in
            let described = try await site.get("/api/v1/openapi.json").json
            #expect(described["openapi"]?.string == "3.1.0")
            let paths = Set(
                (described["paths"]?.object ?? [:]).flatMap { path in
                    (path.value.object ?? [:]).map { "\($0.key.uppercased()) /api/v1\(path.key)" }
                }
            )
            let served = Set(routes(site.app.configuration).patterns.filter { $0.contains("/api/v1/") })
            #expect(paths == served)

            let id = try await site.generate("x")
            let job = try await site.get("/api/v1/status/\(id)").json.object ?? [:]
            let properties = described["components"]?["schemas"]?["Job"]?["properties"]?.object ?? [:]
            #expect(Set(job.keys) == Set(properties.keys))
        }
    }

    @Test func `health tells of every part`() async throws {
        try await withSite { site async throws in
            let health = try await site.working {
                try await eventuallyUp(site)
            }
            #expect(health["status"]?.string == "ok")
            for part in ["database", "redis", "worker"] {
                #expect(health[part]?["status"]?.string == "up")
                #expect(health[part]?["latency_ms"]?.double != nil)
            }
        }
    }

    private func eventuallyUp(_ site: TestSite) async throws -> JSON {
        while true {
            let answer = try await site.get("/api/v1/health")
            #expect(answer.status == 200)
            if answer.json["worker"]?["status"]?.string == "up" { return answer.json }
            try await site.loop.sleep(for: .milliseconds(20))
        }
    }
}
