import Postgres

extension SQLExecutor {
    /// The lines of `EXPLAIN (ANALYZE, BUFFERS)` for claiming jobs. It does claim them: roll the transaction back.
    package func explainClaim(
        of queue: String,
        limit: Int,
        mostRunning: Int? = nil
    ) async throws(PostgresError) -> [String] {
        var claim = Claim(queue: queue, limit: limit, token: .random(), worker: "explained", lease: .seconds(1))
        claim.mostRunning = mostRunning
        return try await execute("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) \(claim.statement)")
            .map { (line: String) in line }
    }
}
