import Postgres

extension SQLExecutor {
    /// What `EXPLAIN (ANALYZE, BUFFERS)` says of each statement of a claim, line by line. They do claim jobs:
    /// roll the transaction back.
    package func explainClaim(
        of queue: String,
        limit: Int,
        mostRunning: Int? = nil
    ) async throws(PostgresError) -> [[String]] {
        var claim = Claim(queue: queue, limit: limit, token: .random(), worker: "explained", lease: .seconds(1))
        claim.mostRunning = mostRunning
        var plans: [[String]] = []
        for statement in claim.statements {
            let plan = try await execute("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) \(statement)")
            plans.append(try plan.map { (line: String) in line })
        }
        return plans
    }
}
