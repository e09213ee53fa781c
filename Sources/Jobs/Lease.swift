import Postgres

/// A job as its worker holds it. Confined to the worker's loop.
struct HeldLease: Sendable {
    let job: JobID
    let token: UUID
    let progress: Double
}

extension Database {
    /// Renews leases and stores progress. A lease whose token is missing from the answer is lost; the answer says which
    /// of the others' jobs should stop.
    ///
    /// Rows are locked in the order of ids, as by every statement that takes several, so that none waits in a circle.
    func renew(_ leases: [HeldLease], for lease: Duration) async throws(PostgresError) -> [UUID: Bool] {
        let rows = try await execute(
            """
            WITH held AS MATERIALIZED (
                SELECT j.id, h.token, (h.thousandths / 1000.0)::real AS progress
                FROM jobs j
                JOIN unnest(
                    \(leases.map(\.job.rawValue))::uuid[], \(leases.map(\.token))::uuid[],
                    \(leases.map { Int($0.progress * 1000) })::bigint[]
                ) AS h (id, token, thousandths) ON h.id = j.id AND h.token = j.lease_token
                WHERE j.state = 'processing'
                ORDER BY j.id
                FOR UPDATE OF j
            )
            UPDATE jobs j
            SET lease_until = now() + \(lease), heartbeat_at = now(), progress = held.progress,
                updated_at = CASE WHEN j.progress = held.progress THEN j.updated_at ELSE now() END
            FROM held
            WHERE j.id = held.id
            RETURNING held.token, j.cancel_requested
            """
        ).map { (token: UUID, cancelRequested: Bool) in (token, cancelRequested) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// Gives the jobs of silent workers back to the queue, and fails those that have outlived `crashLimit` workers.
    ///
    /// All leases are looked at, however many last, so that none is hidden behind others.
    func rescueExpiredLeases(crashLimit: Int, limit: Int) async throws(PostgresError) -> [JobID] {
        try await execute(
            """
            WITH expired AS MATERIALIZED (
                SELECT id
                FROM jobs
                WHERE state = 'processing' AND lease_until < now()
                ORDER BY id
                LIMIT \(limit)
                FOR UPDATE SKIP LOCKED
            ), rescued AS (
                UPDATE jobs j
                SET state = CASE
                        WHEN j.cancel_requested THEN 'cancelled'
                        WHEN j.crash_count + 1 >= \(crashLimit) THEN 'failed'
                        ELSE 'pending'
                    END::job_state,
                    finished_at = CASE WHEN j.cancel_requested OR j.crash_count + 1 >= \(crashLimit) THEN now() END,
                    crash_count = j.crash_count + 1,
                    error = CASE
                        WHEN j.cancel_requested THEN 'cancelled'
                        WHEN j.crash_count + 1 >= \(crashLimit)
                            THEN 'its worker stopped answering ' || (j.crash_count + 1) || ' times while running it'
                        ELSE j.error
                    END,
                    lease_token = NULL, lease_until = NULL, heartbeat_at = NULL, worker = NULL, progress = 0,
                    updated_at = now()
                FROM expired
                WHERE j.id = expired.id
                RETURNING j.id, j.attempt
            ), ended AS (
                UPDATE job_attempts a
                SET ended_at = now(), outcome = 'crashed', error = 'the worker stopped answering'
                FROM rescued
                WHERE a.job_id = rescued.id AND a.number = rescued.attempt
            )
            SELECT id FROM rescued
            """
        ).map { (id: JobID) in id }
    }

    /// Moves scheduled jobs whose time has come to where they can be claimed.
    func stageDueJobs(limit: Int) async throws(PostgresError) -> [JobID] {
        try await execute(
            """
            WITH due AS MATERIALIZED (
                SELECT id
                FROM jobs
                WHERE state = 'scheduled' AND run_at <= now()
                ORDER BY run_at
                LIMIT \(limit)
                FOR UPDATE SKIP LOCKED
            )
            UPDATE jobs j
            SET state = 'pending', updated_at = now()
            FROM due
            WHERE j.id = due.id
            RETURNING j.id
            """
        ).map { (id: JobID) in id }
    }
}
