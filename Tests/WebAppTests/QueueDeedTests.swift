import EventLoop
import HTTPServer
import JSON
import Jobs
import Postgres
import Support
import Testing

@testable import WebApp

@Suite("Acting on jobs and queues")
struct QueueDeedTests {
    @Test func `selected jobs are cancelled, and the result says what became of each`() async throws {
        try await withSite { site async throws in
            let ids = try await site.jobsInEveryState()
            let selected = ["pending", "scheduled", "processing", "failed"].compactMap { ids[$0] }
            let gone = "01a1fdc0-fa23-7958-a4c9-77df1a218922"
            let answer = try await site.post("/queue/cancel", form: (selected + [gone]).map { ("job", $0) })
            #expect(answer.status == 303)
            let page = try await site.follow(answer)
            #expect(
                page.text.contains(
                    "2 jobs cancelled, 1 job running and asked to stop, 1 had ended already, 1 did not exist any more."
                )
            )
            #expect(page.count(of: "cancelled") == "3")

            // Sent again it changes nothing, and says so.
            let again = try await site.follow(
                try await site.post("/queue/cancel", form: selected.map { ("job", $0) })
            )
            #expect(again.text.contains("1 job running and asked to stop, 3 had ended already."))
            #expect(again.count(of: "cancelled") == "3")
        }
    }

    @Test func `a button acts on its own job only, and leads back to the same search`() async throws {
        try await withSite { site async throws in
            let ids = try await site.jobsInEveryState()
            let failed = try #require(ids["failed"])
            let cancelled = try #require(ids["cancelled"])
            let answer = try await site.post(
                "/queue/retry",
                form: [("q", "state:failed,cancelled"), ("job", cancelled), ("only", failed)]
            )
            #expect(answer.headers["location"]?.hasPrefix("/queue?q=state%3Afailed%2Ccancelled&done=") == true)
            let page = try await site.follow(answer)
            #expect(page.jobs == [cancelled])
            #expect(page.text.contains("1 job put back in line."))
            #expect(try await site.get("/api/v1/status/\(failed)").json["status"]?.string == "pending")
        }
    }

    @Test func `all that match are changed after a confirmation that says how many, and what really was is said after`()
        async throws
    {
        try await withSite { site async throws in
            for number in 0..<3 { _ = try await site.generate("a boat, number \(number)") }
            let other = try await site.generate("a lighthouse")
            let done = try await site.generate("a boat that is no more")
            _ = try await site.post("/jobs/\(done)/cancel", form: [])

            let question = try await site.get("/queue/cancel?q=boat")
            #expect(question.text.contains("Cancel 3 jobs?"))
            #expect(question.text.contains("3 waiting: they will never begin."))
            // Between the question and the answer one ends and two are added.
            let one = try #require(try await site.get("/queue?q=boat+state:pending").jobs.first)
            _ = try await site.post("/jobs/\(one)/cancel", form: [])
            for _ in 0..<2 { _ = try await site.generate("another boat") }

            let page = try await site.follow(
                try await site.post("/queue/cancel", form: [("q", "boat"), ("all", "1")])
            )
            #expect(page.text.contains("4 jobs cancelled."))
            #expect(try await site.get("/api/v1/status/\(other)").json["status"]?.string == "pending")
            #expect(try await site.get("/queue/cancel?q=boat").text.contains("Nothing to cancel"))
        }
    }

    @Test func `a search with a mistake in it changes nothing`() async throws {
        try await withSite { site async throws in
            _ = try await site.generate("a boat")
            #expect(try await site.get("/queue/cancel?q=colour:red").status == 303)
            let page = try await site.follow(
                try await site.post("/queue/cancel", form: [("q", "colour:red"), ("all", "1")])
            )
            #expect(page.status == 422)
            #expect(page.count(of: "pending") == "1")
        }
    }

    @Test func `thousands are changed a thousand at a time, and ten thousand at most`() async throws {
        try await withSite { site async throws in
            try await site.insertJobs(10_300, owner: "many")
            try await site.insertJobs(2, owner: "few")
            let question = try await site.get("/queue/cancel?q=owner:many")
            #expect(question.text.contains("Cancel 10,000 jobs?"))
            #expect(question.text.contains("More may match: at most 10,000 are changed at a time"))
            let form = [("q", "owner:many"), ("all", "1")]
            let first = try await site.follow(try await site.post("/queue/cancel", form: form))
            #expect(first.text.contains("10,000 jobs cancelled."))
            #expect(first.count(of: "cancelled") == "10,000")
            let second = try await site.follow(try await site.post("/queue/cancel", form: form))
            #expect(second.text.contains("300 jobs cancelled."))
            #expect(second.count(of: "cancelled") == "10,000+")
            #expect(second.count(of: "pending") == "2")
        }
    }

    @Test func `a job that was put back runs again, and its earlier attempts stay in its story`() async throws {
        try await withSite { site async throws in
            let id = try await site.generate("a lighthouse", parameters: ["width": 64, "height": 64])
            _ = try await site.post("/jobs/\(id)/cancel", form: [])
            #expect(try await site.get("/jobs/\(id)").text.contains("action=\"/jobs/\(id)/retry\""))
            #expect(try await site.post("/jobs/\(id)/retry", form: []).status == 303)
            #expect(try await !site.get("/jobs/\(id)").text.contains("/retry"))
            let done = try await site.working { try await site.finished(id) }
            #expect(done["status"]?.string == "completed")
            // What is completed stays so.
            #expect(try await site.post("/jobs/\(id)/retry", form: []).status == 303)
            #expect(try await site.get("/api/v1/status/\(id)").json["status"]?.string == "completed")
        }
    }

    @Test func `nothing of a paused queue begins until it is resumed`() async throws {
        try await withSite { site async throws in
            try await site.working {
                try await until(on: site.loop) { try await site.get("/queue").text.contains("/queues/canvas/pause") }
                let paused = try await site.follow(
                    try await site.post("/queues/canvas/pause", form: [("q", "state:pending")])
                )
                #expect(paused.text.contains("Paused; running jobs end"))
                #expect(paused.text.contains("/queues/canvas/resume"))
                let id = try await site.generate("a lighthouse", parameters: ["width": 64, "height": 64])
                let status = try await site.get("/api/v1/status/\(id)").json
                #expect(status["status"]?.string == "pending")
                #expect(status["position"]?.int == 0)
                #expect(try await site.get("/jobs/\(id)").text.contains("Next in line; the queue is paused"))
                #expect(try await site.post("/queues/canvas/resume", form: []).status == 303)
                #expect(try await site.finished(id)["status"]?.string == "completed")
            }
        }
    }

    @Test func `what there is not cannot be acted on`() async throws {
        try await withSite { site async throws in
            let id = "01a1fdc0-fa23-7958-a4c9-77df1a218922"
            #expect(try await site.post("/jobs/\(id)/retry", form: []).status == 404)
            #expect(try await site.post("/jobs/\(id)/cancel", form: []).status == 404)
            #expect(try await site.post("/queues/nowhere/pause", form: []).status == 404)
            for deed in ["cancel", "retry"] {
                let answer = try await site.post("/api/v1/jobs/\(id)/\(deed)", json: "")
                #expect(answer.status == 404)
                #expect(answer.json["detail"]?.string == "Job not found")
                #expect(try await site.post("/api/v1/jobs/1/\(deed)", json: "").status == 422)
            }
            #expect(try await site.post("/api/v1/queues/nowhere/pause", json: "").status == 404)
            #expect(try await site.post("/queue/cancel", form: [("job", "nonsense"), ("only", "x")]).status == 303)
        }
    }

    @Test func `the API cancels, retries, pauses and tells how it is`() async throws {
        try await withSite { site async throws in
            let ids = try await site.jobsInEveryState()
            func change(_ state: String, _ deed: String) async throws -> Answer {
                try await site.post("/api/v1/jobs/\(ids[state] ?? "")/\(deed)", json: "")
            }
            #expect(try await change("completed", "cancel").status == 409)
            #expect(try await change("completed", "retry").status == 409)
            #expect(try await change("processing", "retry").status == 409)
            let asked = try await change("processing", "cancel")
            #expect(asked.status == 202 && asked.json["status"]?.string == "processing")
            for _ in 0..<2 {
                let cancelled = try await change("scheduled", "cancel")
                #expect(cancelled.status == 200 && cancelled.json["status"]?.string == "cancelled")
            }
            #expect(try await change("failed", "retry").status == 202)
            #expect(try await change("failed", "retry").status == 409)

            _ = try await site.app.database.execute("INSERT INTO queues (name) VALUES ('canvas')")
            let paused = try await site.post("/api/v1/queues/canvas/pause", json: "").json
            #expect(paused["paused_at"]?.string != nil)
            let queue = try await site.get("/api/v1/queue").json
            #expect(queue["counts"]?["pending"] == ["count": 2, "is_exact": true])
            #expect(queue["queues"]?[0]?["paused_at"] == paused["paused_at"])
            #expect(queue["queues"]?[0]?["waiting"] == ["count": 2, "is_exact": true])
            #expect(queue["workers"] == [] && queue["alarms"] == [])
            #expect(try await site.post("/api/v1/queues/canvas/resume", json: "").json["paused_at"] == .null)
        }
    }

    @Test func `a transaction that stays open is an alarm that says how to end it`() async throws {
        try await withSite { site async throws in
            let database = site.app.database
            try await database.transaction { transaction in
                _ = try await transaction.execute("CREATE TEMPORARY TABLE t ()")
                let alarms = try await database.queueAlarms(openFor: .zero)
                #expect(alarms.map(\.code) == ["old_transaction"])
                #expect(alarms.first?.message.contains("pg_terminate_backend(") == true)
                #expect(try await database.queueAlarms().isEmpty)
            }
            #expect(try await database.queueAlarms(openFor: .zero).isEmpty)
        }
    }
}

extension TestSite {
    /// Where the answer redirects to.
    func follow(_ answer: Answer) async throws -> Answer {
        let location = try #require(answer.headers["location"], "\(answer.status): \(answer.text)")
        return try await get(String(location.prefix { $0 != "#" }))
    }

    /// Waiting jobs without a picture, made by one statement.
    func insertJobs(_ count: Int, owner: String, queue: String = "canvas") async throws {
        let jobs = (0..<count).map { _ in NewJob(kind: "probe", queue: queue, owner: owner) }
        _ = try await app.database.execute(NewJob.insert(jobs))
    }
}
