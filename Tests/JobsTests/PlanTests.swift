import Postgres
import Support
import Testing

@testable import Jobs

/// What the statements of the queue read when there is much else in the table. All of it would be thousands of buffers.
@Suite("Reading no more than needed")
struct PlanTests {
    private struct Undo: Error {}

    @Test(arguments: [nil, 1000], [true, false])
    func `a claim reads what it takes, with and without a limit over all workers`(
        mostRunning: Int?,
        isAnalyzed: Bool
    ) async throws {
        try await withFullQueue(isAnalyzed: isAnalyzed) { database in
            for limit in [1, 10, 100] {
                var plans: [[String]] = []
                try? await database.transaction { transaction in
                    plans = try await transaction.explainClaim(of: "test", limit: limit, mostRunning: mostRunning)
                    throw Undo()
                }
                #expect(plans.count == (mostRunning == nil ? 1 : 2))
                for plan in plans {
                    #expect(!plan.contains { $0.contains("Seq Scan on jobs") })
                    let buffers = try #require(plan.compactMap(buffersHit).first)
                    #expect(buffers < 60 + 25 * limit)
                }
            }
        }
    }

    @Test func `ends are stored by plans that are made once, and read no table whole`() async throws {
        try await withStage { database, loop in
            _ = try await database.execute(
                """
                ALTER TABLE job_attempts ADD COLUMN planned text
                    DEFAULT current_setting('plan_cache_mode') || ', ' || current_setting('enable_seqscan')
                """
            )
            let id = try await database.enqueueOne()
            let worker = try TestWorker(on: database) { _ in .completed("planned") }
            _ = try await database.finished(id)
            try await worker.stop(on: loop)
            let planned = try await database.query("SELECT planned FROM job_attempts").map { (how: String) in how }
            #expect(planned == ["force_generic_plan, off"])
        }
    }

    private func buffersHit(_ line: String) -> Int? {
        guard let start = line.firstRange(of: "shared hit=") else { return nil }
        return Int(line[start.upperBound...].prefix { $0.isNumber })
    }
}

/// Runs `body` on 20,000 jobs that wait, and 20,000 that have ended.
private func withFullQueue(
    isAnalyzed: Bool,
    _ body: @escaping @Sendable (Database) async throws -> Void
) async throws {
    try await withDatabase { database, _ in
        _ = try await database.execute(
            """
            INSERT INTO jobs (id, kind, queue, state, owner, turn, finished_at)
            SELECT gen_random_uuid(), 'probe', 'test', CASE n % 2 WHEN 0 THEN 'pending' ELSE 'completed' END::job_state,
                'owner ' || n % 100, n / 100, CASE n % 2 WHEN 1 THEN now() END
            FROM generate_series(1, 40000) AS n
            """
        )
        if isAnalyzed { _ = try await database.execute("ANALYZE jobs") }
        try await body(database)
    }
}
