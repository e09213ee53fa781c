import Postgres

/// A job as its worker holds it. Confined to the worker's loop.
struct HeldLease: Sendable {
    let key: LeaseKey
    let progress: Double
}

extension Database {
    /// Renews leases and stores progress. A lease that is missing from the answer is lost; the answer says which of the
    /// others' jobs should stop.
    ///
    /// Rows are locked in the order of ids, as by every statement that takes several, so that none waits in a circle.
    func renew(_ leases: [HeldLease], for lease: Duration) async throws(PostgresError) -> [LeaseKey: Bool] {
        let leases = leases.sorted { $0.key.job < $1.key.job }
        let rows = try await execute(
            """
            WITH held AS MATERIALIZED (
                SELECT j.id, h.token, (h.thousandths / 1000.0)::real AS progress
                FROM unnest(
                    \(leases.map(\.key.job.rawValue))::uuid[], \(leases.map(\.key.token))::uuid[],
                    \(leases.map { Int($0.progress * 1000) })::bigint[]
                ) AS h (id, token, thousandths)
                \(LeaseKey.jobs(of: "h"))
            )
            UPDATE jobs j
            SET lease_until = now() + \(lease), heartbeat_at = now(), progress = held.progress,
                updated_at = CASE WHEN j.progress = held.progress THEN j.updated_at ELSE now() END
            FROM held
            WHERE j.id = held.id
            RETURNING held.id, held.token, j.cancel_requested
            """
        ).map { (job: JobID, token: UUID, cancelRequested: Bool) in (LeaseKey(job: job, token: token), cancelRequested)
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// Gives the jobs of silent workers back to the queue, and fails those that have outlived `crashLimit` workers.
    ///
    /// All leases are looked at, however many last, so that none is hidden behind others.
    func rescueExpiredLeases(crashLimit: Int, limit: Int) async throws(PostgresError) -> [JobID] {
        try await execute(
            """
            WITH expired AS MATERIALIZED (
                SELECT id, queue, priority, attempt, worker, started_at, provider_ref, checkpoint, cancel_requested,
                    crash_count + 1 >= \(crashLimit) AS is_hopeless
                FROM jobs
                WHERE state = 'processing' AND lease_until < now()
                ORDER BY id
                LIMIT \(limit)
                FOR UPDATE SKIP LOCKED
            ), \(Turns.relation(of: "expired")), rescued AS (
                UPDATE jobs j
                SET state = CASE
                        WHEN e.cancel_requested THEN 'cancelled'
                        WHEN e.is_hopeless THEN 'failed'
                        ELSE 'pending'
                    END::job_state,
                    turn = \(Turns.kept(by: "j")),
                    finished_at = CASE WHEN e.cancel_requested OR e.is_hopeless THEN now() END,
                    crash_count = j.crash_count + 1,
                    is_under_way = NOT e.cancel_requested AND NOT e.is_hopeless
                        AND j.checkpoint IS NOT NULL AND j.checkpoint <> '{}',
                    error = CASE
                        WHEN e.cancel_requested THEN 'cancelled'
                        WHEN e.is_hopeless
                            THEN 'its worker stopped answering ' || (j.crash_count + 1) || ' times while running it'
                        ELSE j.error
                    END,
                    lease_token = NULL, lease_until = NULL, heartbeat_at = NULL, worker = NULL, progress = 0,
                    updated_at = now()
                FROM expired e
                WHERE j.id = e.id
                RETURNING j.id, j.queue, j.state, j.checkpoint
            ), ended AS (
                INSERT INTO job_attempts (job_id, number, worker, started_at, ended_at, outcome, error, provider_ref)
                SELECT id, attempt, coalesce(worker, ''), coalesce(started_at, now()), now(), 'crashed',
                    'the worker stopped answering', provider_ref
                FROM expired
                ON CONFLICT (job_id, number) DO UPDATE
                SET ended_at = excluded.ended_at, outcome = excluded.outcome, error = excluded.error
            ), abandoning AS (\(Abandonment.enqueue("rescued")))
            SELECT id FROM rescued
            """
        ).map { (id: JobID) in id }
    }

    /// Moves scheduled jobs whose time has come to where they can be claimed. One that never began takes its owner's
    /// next turn; those that are tried again come before, in the next turns that there are.
    func stageDueJobs(limit: Int) async throws(PostgresError) -> [JobID] {
        try await execute(
            """
            WITH due AS MATERIALIZED (
                SELECT id, queue, owner, priority::bigint, attempt = 0 AS is_new
                FROM jobs
                WHERE state = 'scheduled' AND run_at <= now()
                ORDER BY run_at
                LIMIT \(limit)
                FOR UPDATE SKIP LOCKED
            ), \(Turns.lines(of: "due")), placed AS MATERIALIZED (
                SELECT id, CASE WHEN is_new THEN first ELSE \(Turns.next(for: "due")) END
                    + row_number() OVER (PARTITION BY queue, owner, priority, is_new ORDER BY id) - 1 AS turn
                FROM due
                JOIN lines USING (queue, owner, priority)
            )
            UPDATE jobs j
            SET state = 'pending', turn = placed.turn, updated_at = now()
            FROM placed
            WHERE j.id = placed.id
            RETURNING j.id
            """
        ).map { (id: JobID) in id }
    }
}
