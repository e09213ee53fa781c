import EventLoop
import JSON
import Jobs
import Postgres
import Support
import Testing

@testable import WebApp

@Suite("The page of the queue")
struct QueuePagesTests {
    @Test func `counts lead to lists of exactly those jobs`() async throws {
        try await withSite { site async throws in
            let ids = try await site.jobsInEveryState()
            let page = try await site.get("/queue")
            #expect(page.status == 200)
            for (state, id) in ids {
                #expect(page.count(of: state) == "1", "\(state)")
                let list = try await site.get("/queue?q=state:\(state)")
                #expect(list.jobs == [id], "\(state)")
            }
            #expect(page.jobs == ids.values.sorted().reversed())
        }
    }

    @Test func `a search narrows by every qualifier`() async throws {
        try await withSite { site async throws in
            let ids = try await site.jobsInEveryState()
            let failed = try #require(ids["failed"])
            let running = try #require(ids["processing"])
            func found(_ search: String) async throws -> [String] {
                try await site.get("/queue", query: ["q": search]).jobs
            }
            #expect(try await found("failed") == [failed])
            #expect(try await found("error:NSFW") == [failed])
            #expect(try await found(#"error:"100% nsfw""#) == [])
            #expect(try await found("worker:host") == [running])
            #expect(try await found("worker:ost") == [])
            #expect(try await found("attempts:3") == [failed])
            #expect(try await found("id:\(failed)") == [failed])
            #expect(try await found("model:atelier/canvas state:failed") == [failed])
            #expect(try await found("model:atelier/canvas queue:replicate") == [])
            #expect(try await found("kind:generate_picture age:<1h").count == 6)
            #expect(try await found("age:>1h") == [])
            #expect(try await found("owner:anna") == [failed])
            #expect(try await found(#"PICTURE "number failed""#) == [failed])
            #expect(try await found("state:failed,processing picture") == [running, failed].sorted().reversed())
            #expect(try await found("100%") == [])
        }
    }

    @Test func `what cannot be followed is named beside the field, and the input is kept`() async throws {
        try await withSite { site async throws in
            _ = try await site.generate("a lighthouse")
            let page = try await site.get("/queue", query: ["q": "colour:red <b>"])
            #expect(page.status == 422)
            #expect(page.text.contains("colour is not known"))
            #expect(page.text.contains("value=\"colour:red &lt;b&gt;\""))
            #expect(page.jobs.isEmpty)
        }
    }

    @Test func `few among many are found, whatever came after them`() async throws {
        try await withSite { site async throws in
            let id = try await site.generate("a boat")
            try await site.insertJobs(2500, owner: "many")
            for search in [
                "boat", "kind:generate_picture", "state:pending boat", "model:atelier/canvas", "attempts:0 boat",
            ] {
                #expect(try await site.get("/queue", query: ["q": search]).jobs == [id], "\(search)")
            }
            let nobody = try await site.get("/queue?q=owner:nobody")
            #expect(nobody.jobs.isEmpty && nobody.text.contains("No job matches."))
        }
    }

    @Test func `a job that is no generation has a page with its story too`() async throws {
        try await withSite { site async throws in
            try await site.insertJobs(1, owner: "anna")
            let id = try #require(try await site.get("/queue").jobs.first)
            _ = try await site.post("/jobs/\(id)/cancel", form: [])
            let page = try await site.get("/jobs/\(id)")
            #expect(page.status == 200)
            #expect(page.text.contains("<h1>probe</h1>"))
            #expect(page.text.contains("action=\"/jobs/\(id)/retry\""))
        }
    }

    @Test func `older jobs are a page further, without gaps`() async throws {
        try await withSite { site async throws in
            var ids: [String] = []
            for number in 0..<120 { ids.insert(try await site.generate("picture \(number)"), at: 0) }
            var seen: [String] = []
            var address: String? = "/queue?q=state:pending+picture"
            while let next = address {
                let page = try await site.get(next)
                #expect(page.jobs.count <= 50)
                seen += page.jobs
                address = page.link(rel: "next")
            }
            #expect(seen == ids)
        }
    }
}

extension Answer {
    /// The jobs that the page lists, in its order.
    var jobs: [String] {
        text.split(separator: "id=\"row-").dropFirst().map { String($0.prefix(36)) }
    }

    /// What the tile of a state says.
    func count(of state: String) -> String? {
        guard let start = text.firstRange(of: "href=\"/queue?q=state:\(state)\"") else { return nil }
        let tile = text[start.upperBound...].prefix { $0 != "\n" }
        return tile.split(separator: "<strong>").last.map { String($0.prefix { $0 != "<" }) }
    }

    func link(rel: String) -> String? {
        guard let start = text.firstRange(of: "rel=\"\(rel)\" href=\"") else { return nil }
        return String(text[start.upperBound...].prefix { $0 != "\"" && $0 != "#" }).replacing("&amp;", with: "&")
    }
}

extension TestSite {
    func get(_ path: String, query: KeyValuePairs<String, String>) async throws -> Answer {
        try await get(path + "?" + query.map { "\(encoded($0.key))=\(encoded($0.value))" }.joined(separator: "&"))
    }

    /// One job in each state; their ids by its word.
    func jobsInEveryState() async throws -> [String: String] {
        var ids: [String: String] = [:]
        for state in Generation.State.allCases {
            ids[state.rawValue] = try await generate("picture number \(state.rawValue)")
        }
        func change(_ state: String, _ assignments: SQL) async throws {
            guard let id = ids[state].flatMap({ JobID($0) }) else { return }
            _ = try await app.database.execute("UPDATE jobs SET \(assignments) WHERE id = \(id)")
        }
        let lease: SQL = """
            state = 'processing', attempt = 1, worker = 'host:1:abc', lease_token = gen_random_uuid(),
            lease_until = now() + interval '1 hour', heartbeat_at = now(), started_at = now(), progress = 0.5
            """
        let handedBack: SQL = "lease_token = NULL, lease_until = NULL, worker = NULL"
        let end: SQL = "\(handedBack), finished_at = now()"
        for state in ["processing", "completed", "failed", "scheduled"] { try await change(state, lease) }
        try await change("completed", "state = 'completed', \(end)")
        try await change("failed", "state = 'failed', attempt = 3, owner = 'anna', error = '50% NSFW', \(end)")
        try await change("scheduled", "state = 'scheduled', run_at = now() + interval '1 hour', \(handedBack)")
        try await change("cancelled", "state = 'cancelled', error = 'cancelled', finished_at = now()")
        return ids
    }
}
