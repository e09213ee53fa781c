import EventLoop
import HTTPServer
import JSON
import Jobs
import Postgres
import Support
import Testing

@testable import WebApp

@Suite("Pictures by Replicate")
struct ReplicateTests {
    @Test func `a prompt becomes a picture, by one creation that says how long it may take`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            let job = try await site.ordered("a \"red\" fox", parameters: ["guidance": 3.5, "steps": 4])
            #expect(job.status == "completed")
            #expect(job.retries == 0)
            #expect(job.error == nil)
            let file = try #require(job["media_path"]?.string)
            let picture = try await site.get("/images/\(file)")
            #expect(picture.status == 200)
            #expect(picture.headers["content-type"] == "image/png")
            #expect(try await site.predictions(of: job.id) == fake.predictionIDs)

            #expect(fake.creates.count == 1)
            let creation = try #require(fake.creates.first)
            #expect(creation.path == "/v1/models/acme/painter/predictions")
            let expected: JSON = ["input": ["guidance": 3.5, "steps": 4, "prompt": "a \"red\" fox"]]
            #expect(try JSON(parsing: creation.body) == expected)
            #expect(creation["authorization"] == "Bearer r8_test")
            #expect(creation["content-type"] == "application/json")
            #expect(creation["prefer"] == "wait=1")
            #expect(creation["cancel-after"] == "600s")
            #expect(fake.cancels.isEmpty)
            #expect(fake.lists.isEmpty)
        }
    }

    @Test func `a version is asked for by its digits, with its model's name or without`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            fake.script = PredictionScript(.succeeded)
            let version = String(repeating: "0a", count: 32)
            for prefix in ["acme/painter:", ""] {
                fake.forget()
                #expect(try await site.ordered(model: prefix + version).status == "completed")
                #expect(fake.creates.map(\.path) == ["/v1/predictions"])
                let expected: JSON = ["version": .string(version), "input": ["prompt": "a fox"]]
                #expect(try JSON(parsing: try #require(fake.creates.first).body) == expected)
            }
        }
    }

    @Test func `an answer that has waited brings the picture after one more look`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            fake.creationAnswers = [.synchronous]
            #expect(try await site.ordered().status == "completed")
            #expect(fake.creates.count == 1)
            #expect(fake.polls.count == 1)
        }
    }

    @Test func `answers are read in every encoding, also the one of an accepted creation`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            for encoding in [FakeEncoding.plain, .chunked, .gzip, .chunkedGzip] {
                fake.forget()
                fake.encoding = encoding
                fake.creationAnswers = [.accepted]
                #expect(try await site.ordered().status == "completed")
                #expect(fake.creates.count == 1)
            }
        }
    }

    @Test func `a status of an unknown word is waited for`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            fake.script = PredictionScript(PredictionStep("queued"), PredictionStep("booting"), .succeeded)
            #expect(try await site.ordered().status == "completed")
            #expect(fake.creates.count == 1)
        }
    }

    @Test func `looking outlasts every failure, and costs no retry`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            fake.pollAnswers = [
                .serverError, .badGateway, .dropped, .raw(200, contentType: "application/json", body: "{\"id\":"),
                .raw(200, contentType: "text/html", body: "<html>"), .problem(404, title: nil, detail: "not yet"),
            ]
            let job = try await site.ordered()
            #expect(job.status == "completed")
            #expect(job.retries == 0)
            #expect(fake.creates.count == 1)
            #expect(fake.polls.count > 6)
        }
    }

    @Test func `looking waits as long as it is asked to`() async throws {
        try await withWorkingReplicate { site, fake in
            fake.script = PredictionScript(.starting, .succeeded)
            fake.pollAnswers = [.throttled(seconds: 1)]
            let job = try await site.ordered()
            #expect(job.status == "completed")
            let started = try #require(job.time("started_at"))
            let ended = try #require(job.time("completed_at"))
            #expect(ended - started > .seconds(1))
            #expect(fake.polls.count == 2)
        }
    }

    @Test func `how far the model is shows while it works, and its seed afterwards`() async throws {
        try await withReplicate { site, fake async throws in
            fake.script = .endless()
            let id = try await site.order()
            try await site.working({ $0.heartbeat = .milliseconds(50) }) { () async throws in
                try await until(on: site.loop) { try await site.job(id)["progress"]?.double ?? 0 > 0.4 }
                fake.finishEverything()
                #expect(try await site.finished(id).status == "completed")
            }
            let page = try await site.get("/jobs/\(id)").text
            #expect(page.contains("41239"))
            #expect(page.contains(try #require(fake.predictionIDs.first)))
        }
    }

    @Test func `starts are spread over the seconds, however many jobs wait`() async throws {
        try await withReplicate(["REPLICATE_RATE": "20"]) { site, fake async throws in
            fake.script = PredictionScript(.succeeded)
            var ids: [String] = []
            for number in 1...11 { ids.append(try await site.order("fox \(number)")) }
            try await site.working { () async throws in
                for id in ids { #expect(try await site.finished(id).status == "completed") }
            }
            let times = fake.creationTimes.sorted()
            #expect(times.count == 11)
            // Half a second, less what the first may have been late.
            #expect((times.last ?? 0) - (times.first ?? 0) > 0.3)
        }
    }

    @Test func `starts are spread even when the database had kept all of them waiting`() async throws {
        try await withReplicate(["REPLICATE_RATE": "10"]) { site, fake async throws in
            fake.script = PredictionScript(.succeeded)
            var ids: [String] = []
            for number in 1...6 { ids.append(try await site.order("fox \(number)")) }
            try await site.working { () async throws in
                try await until(on: site.loop) { fake.predictionCount > 0 }
                try await site.app.database.transaction { transaction in
                    _ = try await transaction.execute("LOCK TABLE jobs IN EXCLUSIVE MODE")
                    try await site.loop.sleep(for: .milliseconds(1200))
                }
                for id in ids { #expect(try await site.finished(id).status == "completed") }
            }
            let times = fake.creationTimes.sorted()
            #expect(times.count == 6)
            // Those that the lock kept waiting, four at least, less what the first of them may have been late.
            #expect((times.last ?? 0) - (times.dropFirst(2).first ?? 0) > 0.15)
        }
    }
}
