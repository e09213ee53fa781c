import EventLoop
import JSON
import Postgres
import Testing

@testable import WebApp

@Suite("Saying when a picture is made")
struct SchedulingTests {
    private func ask(_ site: TestSite, _ prompt: String = "a hill", _ more: JSONObject = [:]) async throws -> Answer {
        var body: JSONObject = [
            "prompt": .string(prompt), "model": "atelier/canvas", "parameters": ["width": 64, "height": 64],
        ]
        for (key, value) in more { body[key] = value }
        return try await site.post("/api/v1/generate", json: JSON.object(body).text)
    }

    private func id(_ answer: Answer) throws -> String { try #require(answer.json["job_id"]?.string, "\(answer.text)") }

    @Test func `the higher priority begins first, whenever it came`() async throws {
        try await withSite(["ATELIER_CANVAS_CONCURRENCY": "1"]) { site async throws in
            var ids: [String: String] = [:]
            for priority in ["low", "normal", "", "high"] {
                let more: JSONObject = priority.isEmpty ? [:] : ["priority": .string(priority)]
                ids[priority] = try id(try await ask(site, "a hill \(priority)", more))
            }
            try await site.working {
                for id in ids.values { _ = try await site.finished(id) }
            }
            var begun: [(priority: String, at: String)] = []
            for (priority, id) in ids {
                let job = try await site.get("/api/v1/status/\(id)").json
                #expect(job["priority"]?.string == (priority.isEmpty ? "normal" : priority))
                begun.append((priority, try #require(job["started_at"]?.string)))
            }
            #expect(begun.sorted { $0.at < $1.at }.map(\.priority) == ["high", "normal", "", "low"])
        }
    }

    @Test func `a start in the future is waited for, and told`() async throws {
        try await withSite { site async throws in
            let start = Timestamp.now + .seconds(3 * 3600 + 30)
            let id = try id(try await ask(site, "later", ["run_at": .string("\(start)")]))
            let job = try await site.get("/api/v1/status/\(id)").json
            #expect(job["status"]?.string == "pending")
            #expect(job["next_attempt_at"]?.string.flatMap(Timestamp.init) == start)
            #expect(job["started_at"] == .null)

            let card = try await site.get("/jobs/\(id)/card").text
            #expect(card.contains("Starts"))
            #expect(card.contains("in 3 h 0 min"))
            let page = try await site.get("/jobs/\(id)").text
            #expect(page.contains("<dt>Starts</dt>"))
            #expect(page.contains(start.words))

            // What comes later does not wait for it, and it can be cancelled like any other.
            try await site.working {
                _ = try await site.finished(try self.id(try await ask(site, "now")))
                let waiting = try await site.get("/api/v1/status/\(id)").json
                #expect(waiting["status"]?.string == "pending")
                _ = try await site.post("/jobs/\(id)/cancel", form: [])
                _ = try await site.finished(id)
            }
        }
    }

    @Test func `it begins when its time has come`() async throws {
        try await withSite { site async throws in
            let start = Timestamp.now + .milliseconds(700)
            let id = try id(try await ask(site, "soon", ["run_at": .string("\(start)"), "priority": "high"]))
            let done = try await site.working { try await site.finished(id) }
            #expect(done["status"]?.string == "completed")
            let started = try #require(done["started_at"]?.string.flatMap(Timestamp.init))
            #expect(started >= start)
            #expect(done["next_attempt_at"] == .null)
        }
    }

    @Test func `a start that is past is now`() async throws {
        try await withSite { site async throws in
            for past in ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2024-02-29T23:59:59.999999+14:00"] {
                let id = try id(try await ask(site, "past", ["run_at": .string(past)]))
                let job = try await site.get("/api/v1/status/\(id)").json
                #expect(job["status"]?.string == "pending")
                #expect(job["next_attempt_at"] == .null)
            }
            let scheduled = try await site.app.database.query("SELECT id FROM jobs WHERE state <> 'pending'").count
            #expect(scheduled == 0)
        }
    }

    @Test func `an offset is another way to write the same moment`() async throws {
        try await withSite { site async throws in
            let start = Timestamp(microseconds: (Timestamp.now + .seconds(86_400)).microseconds / 1_000_000 * 1_000_000)
            let local = "\((start + .seconds(2 * 3600)).description.prefix(19))+02:00"
            let id = try id(try await ask(site, "later", ["run_at": .string(local)]))
            let job = try await site.get("/api/v1/status/\(id)").json
            #expect(job["next_attempt_at"]?.string.flatMap(Timestamp.init) == start)
        }
    }

    @Test func `the form takes both, and asks for neither`() async throws {
        try await withSite { site async throws in
            let page = try await site.get("/").text
            #expect(page.contains("<details class=\"fold\" id=\"when\">"))
            let now = Timestamp.now
            let form = [
                ("prompt", "a hill"), ("model", "atelier/canvas"), ("count", "2"), ("priority", "high"),
                ("starts_in", " 90 "),
            ]
            #expect(try await site.post("/generate", form: form).status == 303)
            let jobs = try await site.get("/api/v1/jobs").json.array ?? []
            #expect(jobs.count == 2)
            for job in jobs {
                #expect(job["priority"]?.string == "high")
                let start = try #require(job["next_attempt_at"]?.string.flatMap(Timestamp.init))
                #expect(start >= now + .seconds(5400) && start <= .now + .seconds(5400))
            }
            let wrong = Array(form.dropLast()) + [("starts_in", "soon")]
            let answer = try await site.post("/generate", form: wrong)
            #expect(answer.status == 422)
            #expect(answer.text.contains("<details class=\"fold\" id=\"when\" open>"))
            #expect(answer.text.contains("id=\"starts_in-problem\""))
            #expect(answer.text.contains("value=\"high\" selected"))
            #expect(answer.text.contains("value=\"soon\""))
        }
    }

    @Test func `what makes no sense is refused, and named`() async throws {
        try await withSite { site async throws in
            let tooFar = Timestamp.now + .seconds(366 * 86_400)
            let bad: [(field: String, value: JSON)] = [
                ("priority", "urgent"), ("priority", "HIGH"), ("priority", ""), ("priority", 1), ("priority", .null),
                ("run_at", "tomorrow"), ("run_at", ""), ("run_at", 5), ("run_at", .null),
                ("run_at", "2030-02-30T00:00:00Z"),
                ("run_at", "2026-12-24"), ("run_at", "2026-12-24T18:00:00"), ("run_at", "2026-12-24T18:00:00Z\n"),
                ("run_at", .string("\(tooFar)")), ("run_at", "9999-12-31T23:59:59Z"),
            ]
            for (field, value) in bad {
                let answer = try await ask(site, "a hill", [field: value])
                #expect(answer.status == 422, "\(field) \(value)")
                #expect(answer.badFields == [field])
            }
            let both = try await ask(site, "", ["priority": 1, "run_at": 1])
            #expect(both.badFields == ["prompt", "priority", "run_at"])
            #expect(try await site.get("/api/v1/jobs").text == "[]")
            let furthest = try await ask(
                site,
                "a hill",
                ["run_at": .string("\(Timestamp.now + .seconds(364 * 86_400))")]
            )
            #expect(furthest.status == 202)
        }
    }
}
