import JSON
import Jobs
import Postgres
import Support
import Testing

@testable import WebApp

/// A site whose Replicate is a stand-in; a retry waits for a second at most, a start for nothing.
func withReplicate(
    _ settings: [String: String] = [:],
    _ body: @escaping @Sendable (TestSite, FakeReplicate) async throws -> Void
) async throws {
    let fake = try FakeReplicate(token: replicateToken)
    defer { fake.stop() }
    try await withSite(fake.settings.merging(settings) { $1 }) { site in try await body(site, fake) }
}

/// The same with a worker, which looks often for the jobs whose time has come.
func withWorkingReplicate(
    _ settings: [String: String] = [:],
    _ body: @escaping @Sendable (TestSite, FakeReplicate) async throws -> Void
) async throws {
    try await withReplicate(settings) { site, fake in
        try await site.working({ $0.rescueInterval = .milliseconds(100) }) { try await body(site, fake) }
    }
}

let replicateToken = "r8_test"

extension FakeReplicate {
    var settings: [String: String] {
        [
            "REPLICATE_API_TOKEN": replicateToken, "REPLICATE_BASE_URL": baseURL, "RETRY_BACKOFF_BASE": "1",
            "REPLICATE_RATE": "0",
            "ATELIER_PRIVATE_PROVIDERS": fileHostURL.split(separator: "/").dropFirst().first.map(String.init) ?? "",
        ]
    }

    /// Where the file of the prediction with that number is, counted from 1.
    func fileURL(prediction number: Int = 1, file: Int = 0) -> String {
        "\(fileHostURL)/\(id(ofPrediction: number))/out-\(file).png"
    }
}

extension PredictionScript {
    /// Works on until `finishEverything`, which ends it with `last`.
    static func endless(_ last: PredictionStep = .succeeded, first: PredictionStep = .starting) -> PredictionScript {
        var script = PredictionScript()
        script.steps = [first] + Array(repeating: .processing(), count: 10_000) + [last]
        return script
    }
}

extension TestSite {
    func order(
        _ prompt: String = "a fox",
        model: String = "acme/painter",
        parameters: JSON = [:]
    ) async throws -> String {
        try await generate(prompt, model: model, parameters: parameters)
    }

    /// Orders a picture, and answers the job once it has ended.
    func ordered(
        _ prompt: String = "a fox",
        model: String = "acme/painter",
        parameters: JSON = [:]
    ) async throws -> JSON {
        try await finished(try await order(prompt, model: model, parameters: parameters))
    }

    func job(_ id: String) async throws -> JSON { try await get("/api/v1/status/\(id)").json }

    func cancel(_ id: String) async throws {
        let answer = try await post("/jobs/\(id)/cancel", form: [])
        #expect(answer.status == 303)
    }

    /// Lets a job that waits for its next attempt begin it now.
    func hurry(_ id: String) async throws {
        _ = try await app.database.execute("UPDATE jobs SET run_at = now() WHERE id = \(try uuid(id))")
    }

    /// Takes a running job from its worker, for whoever does not exist, until that lease has run out.
    func takeLease(of id: String, for time: Duration, remembering memory: PredictionMemory? = nil) async throws {
        _ = try await app.database.execute(
            """
            UPDATE jobs
            SET lease_token = gen_random_uuid(), lease_until = now() + \(time),
                checkpoint = coalesce(\(memory?.checkpoint), checkpoint)
            WHERE id = \(try uuid(id))
            """
        )
    }

    /// The prediction of each attempt.
    func predictions(of id: String) async throws -> [String?] {
        try await app.database
            .query(
                """
                SELECT provider_ref FROM (
                    SELECT number, provider_ref FROM job_attempts WHERE job_id = \(try uuid(id))
                    UNION ALL
                    SELECT attempt, provider_ref FROM jobs WHERE id = \(try uuid(id)) AND state = 'processing'
                ) AS attempts ORDER BY number
                """
            )
            .map { (reference: String?) in reference }
    }

    func memory(of id: String) async throws -> PredictionMemory {
        PredictionMemory(try await app.database.checkpoint(of: JobID(rawValue: uuid(id))))
    }

    func pictureCount(_ id: String) async throws -> Int {
        try await app.database.query("SELECT count(*) FROM pictures WHERE generation_id = \(try uuid(id))")
            .map { (count: Int) in count }.first ?? 0
    }

    func uuid(_ id: String) throws -> UUID { try #require(UUID(id)) }
}

extension JSON {
    var status: String? { self["status"]?.string }
    var error: String? { self["error_message"]?.string }
    var retries: Int? { self["retry_count"]?.int }
    var id: String { self["id"]?.string ?? "" }

    func time(_ name: String) -> Timestamp? { self[name]?.string.flatMap { Timestamp($0) } }
}
