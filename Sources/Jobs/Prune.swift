import Postgres

/// How far a walk over the jobs of one state that have ended has come, the oldest first.
struct PruningCursor: Sendable {
    let state: String
    var endedAt = Timestamp.distantPast
    var id = JobID(rawValue: .zero)
}

extension Database {
    /// Looks at the next jobs that ended longer ago than `age`, and deletes them with their attempts, but for completed
    /// ones of the `kept` kinds. `false`: there are no more for now.
    ///
    /// The cursor moves beyond what is kept, so that it is not looked at again by the same walk.
    func pruneJobs(
        _ cursor: inout PruningCursor,
        endedBefore age: Duration,
        keeping kept: [String],
        limit: Int
    ) async throws(PostgresError) -> Bool {
        let seen = try await execute(
            """
            WITH old AS MATERIALIZED (
                SELECT id, finished_at, state = 'completed' AND kind = ANY (\(kept)) AS is_kept
                FROM jobs
                WHERE state = \(cursor.state)::job_state AND finished_at < now() - \(age)
                    AND (finished_at, id) > (\(cursor.endedAt), \(cursor.id))
                ORDER BY finished_at, id
                LIMIT \(limit)
            ), gone AS MATERIALIZED (
                SELECT j.id
                FROM jobs j
                JOIN old USING (id)
                WHERE NOT old.is_kept AND j.finished_at IS NOT NULL
                FOR UPDATE OF j SKIP LOCKED
            ), deleted AS (
                DELETE FROM jobs j USING gone WHERE j.id = gone.id
            )
            SELECT finished_at, id FROM old ORDER BY finished_at, id
            """
        ).map { (endedAt: Timestamp, id: JobID) in (endedAt, id) }
        guard let last = seen.last else { return false }
        (cursor.endedAt, cursor.id) = last
        return seen.count == limit
    }

    /// Deletes the keys of requests that can no longer be sent again, the oldest first; the number of them.
    func pruneIdempotencyKeys(olderThan age: Duration, limit: Int) async throws(PostgresError) -> Int {
        try await execute(
            """
            DELETE FROM idempotency_keys
            WHERE ctid = ANY (ARRAY(
                SELECT ctid
                FROM idempotency_keys
                WHERE created_at < now() - \(age)
                ORDER BY created_at
                LIMIT \(limit)
                FOR UPDATE SKIP LOCKED
            ))
            RETURNING key
            """
        ).count
    }
}
