import JSON
import Jobs
import Postgres
import Support
import Testing

@testable import WebApp

@Suite("When a waiting job begins")
struct WaitingLineTests {
    private static let tenSeconds = ModelPace(mean: 10, low: 8, high: 14)

    @Test func `on a free place it begins at once`() {
        let forecast = LineForecast(places: 3, running: 1, paces: [nil, nil, nil])
        #expect(forecast.expectations(upTo: 3) == [Expectation(low: 0, high: 1), Expectation(low: 0, high: 1), nil])
    }

    @Test func `without records or places nothing is expected`() {
        #expect(LineForecast(places: 1, running: 1, paces: [nil]).expectations(upTo: 2) == [nil, nil])
        #expect(
            LineForecast(places: 0, running: 0, paces: [Self.tenSeconds]).expectations(upTo: 2) == [nil, nil]
        )
        #expect(LineForecast(places: 1, running: 1, paces: []).expectations(upTo: 0).isEmpty)
    }

    @Test(arguments: [1, 2, 5, 16])
    func `later in line is later, and the range holds what really happens with steady durations`(places: Int) throws {
        let paces = Array(repeating: ModelPace?(Self.tenSeconds), count: 100)
        let expectations = LineForecast(places: places, running: places, paces: paces).expectations(upTo: 200)
        for (position, expectation) in expectations.enumerated() {
            let expectation = try #require(expectation)
            // Those that run have just begun, or are about to end.
            let latest = Double(position / places + 1) * 10
            let earliest = Double(position / places) * 10
            #expect(expectation.low <= latest && expectation.high >= earliest, "\(position): \(expectation)")
            #expect(expectation.low >= 0 && expectation.low <= expectation.high)
        }
        for (earlier, later) in zip(expectations, expectations.dropFirst()) {
            #expect(try #require(earlier).high <= #require(later).high)
        }
    }

    @Test func `far behind the range is narrower than all of the durations' own`() throws {
        let paces = Array(repeating: ModelPace?(ModelPace(mean: 10, low: 4, high: 30)), count: 100)
        let last = try #require(LineForecast(places: 1, running: 1, paces: paces).expectations(upTo: 101)[100])
        #expect(last.low > 100 * 4 && last.high < 101 * 30)
        #expect(last.low <= 800 && last.high >= 1200)
    }

    @Test(arguments: [
        (0.0, 1.0, "within 5 s"), (12.0, 38.0, "in 10–40 s"), (0.0, 44.0, "within 45 s"), (58.0, 60.0, "in 55–60 s"),
        (61.0, 200.0, "in 1–4 min"), (30.0, 61.0, "within 2 min"), (3000.0, 9000.0, "within 3 h"),
        (9000.0, 9000.0, "in 2–3 h"), (90_000.0, 100_000.0, "in 1–2 d"),
    ])
    func `a range is told in one unit, and never shorter than it is`(low: Double, high: Double, words: String) {
        #expect(Expectation(low: low, high: high).words == words)
    }

    @Test(arguments: [
        (0, "Next in line"), (1, "2nd in line"), (2, "3rd in line"), (10, "11th in line"), (12, "13th in line"),
        (20, "21st in line"), (111, "112th in line"), (1000, "1,000+ before it"),
    ])
    func `a place is told as people count`(before: Int, words: String) {
        #expect(PlaceInLine(before: before, start: .unknown).words == words)
    }

    @Test func `cards, the job's page and the API tell the same place`() async throws {
        try await withSite { site async throws in
            var ids: [String] = []
            for number in 0..<3 { ids.append(try await site.generate("picture \(number)")) }
            let last = try await site.get("/api/v1/status/\(ids[2])").json
            #expect(last["position"]?.int == 2)
            #expect(last["eta_seconds"] == .null)
            #expect(try await site.get("/jobs/\(ids[2])").text.contains("3rd in line; no worker is running"))
            #expect(try await site.get("/jobs/\(ids[1])/card").text.contains("2nd in line; no worker is running"))
            #expect(try await site.get("/history").text.contains("Next in line; no worker is running"))
            #expect(try await site.get("/queue").text.contains("3rd in line; no worker is running"))

            try await site.showWorker(places: 1)
            try await site.storeRecords(of: "atelier/canvas", seconds: [9, 10, 10, 11])
            let expected = try await eventually(on: site.loop) {
                try await site.get("/api/v1/status/\(ids[2])").json["eta_seconds"]?.array
            }
            let range = expected.compactMap(\.int)
            try #require(range.count == 2)
            // One place, nothing runs: two pictures of ten seconds come first.
            #expect(range[0] >= 10 && range[0] <= 20 && range[1] >= 20 && range[1] <= 25, "\(range)")
            #expect(try await site.get("/jobs/\(ids[2])").text.contains("3rd in line, starts in "))
            // Nothing is said of what does not wait.
            let done = try await site.app.database.query("SELECT id FROM jobs WHERE state = 'completed' LIMIT 1")
                .one { (id: JobID) in id }
            let finished = try await site.get("/api/v1/status/\(try #require(done))").json
            #expect(finished["position"] == .null && finished["eta_seconds"] == .null)
        }
    }

    @Test func `the order is the one of the claims: priority first, then owners in turns`() async throws {
        try await withSite { site async throws in
            try await site.insertJobs(5, owner: "many")
            try await site.insertJobs(1, owner: "one")
            let id = try await site.generate("a lighthouse")
            _ = try await site.app.database.execute(
                "UPDATE jobs SET priority = -5 WHERE id = \(try #require(JobID(id)))"
            )
            #expect(try await site.get("/api/v1/status/\(id)").json["position"]?.int == 0)
            // Behind it, the first turn's job and, in the second turn, the one that was there before.
            #expect(try await site.get("/queue?q=owner:one").text.contains("4th in line"))
        }
    }

    @Test func `behind a thousand others only that is told`() async throws {
        try await withSite { site async throws in
            try await site.insertJobs(1100, owner: "127.0.0.1")
            let id = try await site.generate("a lighthouse")
            #expect(try await site.get("/api/v1/status/\(id)").json["position"]?.int == 1000)
            #expect(try await site.get("/jobs/\(id)").text.contains("1,000+ before it"))
        }
    }
}

extension TestSite {
    /// A worker that is alive and takes jobs, as far as the database knows.
    func showWorker(places: Int, queue: String = "canvas") async throws {
        let queues: JSON = .object([queue: .integer(places)])
        _ = try await app.database.execute(
            """
            INSERT INTO workers (id, name, queues, capacity, running)
            VALUES (gen_random_uuid(), 'host:1:abc', \(queues), \(places)::integer, 0)
            """
        )
    }

    /// Completed generations that took so long.
    func storeRecords(of model: String, seconds: [Int]) async throws {
        for duration in seconds {
            let id = JobID.next()
            _ = try await app.database.execute(
                """
                WITH job AS (
                    INSERT INTO jobs (id, kind, queue, state, attempt, progress, started_at, finished_at)
                    VALUES (\(id), 'generate_picture', 'canvas', 'completed', 1, 1,
                        now() - \(Duration.seconds(duration)), now())
                )
                INSERT INTO generations (id, prompt, model) VALUES (\(id), 'made before', \(model))
                """
            )
        }
    }
}
