import JSON
import Postgres
import Support
import Testing

@testable import WebApp

@Suite("What a prediction used and cost")
struct ReplicateUsageTests {
    private static let bySecond = ["REPLICATE_PRICES": "acme/painter=0.001/second, other/one=9/picture"]

    @Test func `is stored with the attempt and told on the job's page`() async throws {
        try await withWorkingReplicate(Self.bySecond) { site, _ async throws in
            let job = try await site.ordered()
            let usage = try await site.usage(of: job.id)
            #expect(usage.map(\.details) == [["image_count": 1, "predict_time": 1.25, "total_time": 1.5]])
            #expect(usage.map(\.cost) == ["0.001250"])
            let page = try await site.get("/jobs/\(job.id)").text
            #expect(page.contains("<dt>Used</dt><dd>1.25 s of computing, $0.0013</dd>"), "\(page)")
            #expect(page.contains("</code>, 1.25 s of computing, $0.0013, <time "))
        }
    }

    @Test func `counts the pictures where they have a price`() async throws {
        try await withWorkingReplicate(["REPLICATE_PRICES": "Acme/Painter = 0.003 / picture, atelier/fake=1/picture"]) {
            site,
            fake async throws in
            fake.script.metrics = #"{"predict_time":2}"#
            fake.script.files = [FakeReplicate.smallestPNG, FakeReplicate.smallestPNG, FakeReplicate.smallestPNG]
            #expect(try await site.usage(of: try await site.ordered().id).map(\.cost) == ["0.009000"])
            fake.script.metrics = #"{"image_count":2}"#
            #expect(try await site.usage(of: try await site.ordered().id).map(\.cost) == ["0.006000"])
            // By its version alone: the prediction says which model that is.
            let version = String(repeating: "ab", count: 32)
            let other = try await site.ordered(model: version)
            #expect(try await site.usage(of: other.id).map(\.cost) == ["2.000000"])
        }
    }

    @Test func `is nothing, and not 0, where nobody knows`() async throws {
        try await withWorkingReplicate(Self.bySecond) { site, fake async throws in
            let unpriced = try await site.ordered(model: "acme/sculptor").id
            #expect(try await site.usage(of: unpriced).map(\.cost) == [nil])
            let page = try await site.get("/jobs/\(unpriced)").text
            #expect(page.contains("1.25 s of computing") && !page.contains("$"))

            fake.script.metrics = nil
            let untold = try await site.ordered().id
            let usage = try await site.usage(of: untold)
            #expect(usage.map(\.details) == [[:]] && usage.map(\.cost) == [nil])
            #expect(try await !site.get("/jobs/\(untold)").text.contains("<dt>Used</dt>"))
        }
    }

    @Test func `counts when the prediction failed`() async throws {
        try await withWorkingReplicate(Self.bySecond) { site, fake async throws in
            fake.script = PredictionScript(.failed("NSFW content detected"))
            let job = try await site.ordered()
            #expect(job.status == "failed")
            #expect(try await site.usage(of: job.id).map(\.cost) == ["0.001250"])
        }
    }

    @Test func `counts when the job was cancelled`() async throws {
        try await withWorkingReplicate(Self.bySecond) { site, fake async throws in
            fake.script = .endless()
            let id = try await site.order()
            try await until(on: site.loop) { !fake.polls.isEmpty }
            try await site.cancel(id)
            #expect(try await site.finished(id).status == "cancelled")
            #expect(try await site.usage(of: id).map(\.cost) == ["0.001250"])
        }
    }

    @Test func `counts once when a later attempt fetches the pictures`() async throws {
        try await withWorkingReplicate(Self.bySecond) { site, fake async throws in
            fake.script.fileHost = .unavailable(times: 1)
            let job = try await site.ordered()
            #expect(job.status == "completed")
            let usage = try await site.usage(of: job.id)
            #expect(usage.map(\.cost) == ["0.001250", nil])
            #expect(usage.map(\.details) == [["image_count": 1, "predict_time": 1.25, "total_time": 1.5], nil])
            #expect(try await site.get("/jobs/\(job.id)").text.contains("<dd>1.25 s of computing, $0.0013</dd>"))
        }
    }

    @Test func `adds up over the attempts that each had a prediction`() async throws {
        try await withWorkingReplicate(Self.bySecond) { site, fake async throws in
            fake.upcoming = [PredictionScript(.failed("E1000 unknown"))]
            let job = try await site.ordered()
            #expect(job.status == "completed")
            #expect(try await site.usage(of: job.id).map(\.cost) == ["0.001250", "0.001250"])
            #expect(try await site.get("/jobs/\(job.id)").text.contains("<dd>2.50 s of computing, $0.0025</dd>"))
        }
    }

    @Test(arguments: [
        #"{"predict_time":1.25,"log":"\#(String(repeating: "x", count: 5000))"}"#,
        #"{"predict_time":1.25,"note":"a\u0000b"}"#, #"{"predict_time":1.25,"a\u0000b":1}"#,
    ])
    func `is bounded, whatever else the metrics hold`(metrics: String) async throws {
        try await withWorkingReplicate(Self.bySecond) { site, fake async throws in
            fake.script.metrics = metrics
            let job = try await site.ordered()
            #expect(job.status == "completed")
            let usage = try await site.usage(of: job.id)
            #expect(usage.map(\.details) == [["predict_time": 1.25]] && usage.map(\.cost) == ["0.001250"])
        }
    }

    @Test(arguments: [
        "[]", "7", "null", #"{"predict_time":"long"}"#, #"{"predict_time":-5}"#, #"{"predict_time":null}"#,
        #"{"predict_time":1e300}"#,
    ])
    func `nonsense in the metrics does no harm`(metrics: String) async throws {
        try await withWorkingReplicate(Self.bySecond) { site, fake async throws in
            fake.script.metrics = metrics
            let job = try await site.ordered()
            #expect(job.status == "completed")
            #expect(try await site.usage(of: job.id).map(\.cost) == [nil])
            #expect(try await site.get("/jobs/\(job.id)").status == 200)
        }
    }
}

@Suite("The rules for usage and prices")
struct UsageRulesTests {
    @Test(arguments: [
        "acme/painter", "acme/painter=", "acme/painter=free", "acme/painter=0.1", "acme/painter=0.1/hour",
        "acme/painter=-1/second", "acme/painter=1e3/second", "acme/painter=nan/second", "acme/painter=2000/picture",
        "painter=0.1/second", "acme/painter=1/second=2", "acme/painter=./second",
        "acme/painter:" + String(repeating: "0a", count: 32) + "=1/second",
        String(repeating: "0a", count: 32) + "=1/second",
        "acme/painter=1/second,Acme/painter=2/second",
    ])
    func `a price that cannot be read is refused`(text: String) {
        #expect(throws: SettingProblem.self) { try ReplicatePrices(text) }
    }

    @Test func `an empty entry is no price`() throws {
        #expect(try ReplicatePrices(" , ") == ReplicatePrices())
        #expect(throws: Never.self) { try ReplicatePrices(ReplicatePrices.example) }
    }

    @Test(
        arguments: [
            (2.3149, 0.001_678, "2.31 s of computing, $0.0017"), (0.001, 0.000_012_4, "0.00 s of computing, $0.000012"),
            (61, 1.5, "61.00 s of computing, $1.50"), (nil, 0, "$0.00"), (1.5, nil, "1.50 s of computing"),
            (nil, nil, ""),
            (nil, 12.3456, "$12.35"),
        ] as [(Double?, Double?, String)]
    )
    func `is told in few words`(seconds: Double?, dollars: Double?, words: String) {
        let details: JSON = seconds.map { ["predict_time": .number($0)] } ?? [:]
        #expect(AttemptUsage(details, dollars: dollars).words == words)
    }

    @Test func `a sum says what it does not know`() {
        let known = AttemptUsage(["predict_time": 1.5], dollars: 0.25)
        let unknown = AttemptUsage(["predict_time": 2], dollars: nil)
        #expect(AttemptUsage(sumOf: [known, known])?.words == "3.00 s of computing, $0.50")
        #expect(AttemptUsage(sumOf: [unknown, known])?.words == "3.50 s of computing, at least $0.25")
        #expect(AttemptUsage(sumOf: [unknown])?.words == "2.00 s of computing")
        #expect(AttemptUsage(sumOf: []) == nil)
    }
}

extension TestSite {
    struct StoredUsage {
        let details: JSON?
        let cost: String?
    }

    /// Of each attempt.
    fileprivate func usage(of id: String) async throws -> [StoredUsage] {
        try await app.database
            .query("SELECT usage, cost_usd::text FROM job_attempts WHERE job_id = \(try uuid(id)) ORDER BY number")
            .map { (details: JSON?, cost: String?) in StoredUsage(details: details, cost: cost) }
    }
}
