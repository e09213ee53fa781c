import JSON
import Postgres

extension Database {
    /// Ends attempts, all in one statement: their jobs move on, and what they made is stored.
    ///
    /// Fenced: answers the leases that still held; of the others nothing is changed or stored. No job may be there
    /// twice. `products` are statements that join `finished_jobs`.
    func finish(
        _ attempts: [FinishedAttempt],
        storing products: [SQL]
    ) async throws(PostgresError) -> Set<LeaseKey> {
        let attempts = attempts.sorted { $0.lease.job < $1.lease.job }
        let stored = SQL.joined(
            products.enumerated().map { ", \(.identifier("stored_\($0)")) AS (\($1))" },
            separator: ""
        )
        let keys = try await execute(
            """
            WITH held AS MATERIALIZED (
                SELECT j.id, j.queue, j.priority, j.attempt, j.worker, j.started_at, j.provider_ref, f.token,
                    f.delay_ms, o.outcome,
                    CASE WHEN o.outcome = f.outcome THEN nullif(f.error, '') ELSE 'cancelled' END AS error,
                    nullif(f.usage, '')::jsonb AS usage, nullif(f.cost, '')::numeric AS cost
                FROM unnest(
                    \(attempts.map(\.lease.job.rawValue))::uuid[], \(attempts.map(\.lease.token))::uuid[],
                    \(attempts.map(\.outcome.rawValue))::text[], \(attempts.map { $0.error ?? "" })::text[],
                    \(attempts.map { milliseconds($0.delay) })::bigint[],
                    \(attempts.map { $0.usage?.text ?? "" })::text[], \(attempts.map { $0.cost ?? "" })::text[]
                ) AS f (id, token, outcome, error, delay_ms, usage, cost)
                \(LeaseKey.jobs(of: "f"))
                CROSS JOIN LATERAL (
                    SELECT CASE
                        WHEN j.cancel_requested AND f.outcome IN ('retried', 'snoozed', 'handed_back') THEN 'cancelled'
                        ELSE f.outcome
                    END
                ) AS o (outcome)
            ), \(Turns.relation(of: "held")), finished_jobs AS (
                UPDATE jobs j
                SET state = CASE held.outcome
                        WHEN 'retried' THEN 'scheduled'
                        WHEN 'snoozed' THEN 'scheduled'
                        WHEN 'handed_back' THEN 'pending'
                        ELSE held.outcome
                    END::job_state,
                    retry_count = j.retry_count + (held.outcome = 'retried')::integer,
                    snooze_count = j.snooze_count + (held.outcome = 'snoozed')::integer,
                    run_at = CASE
                        WHEN held.outcome IN ('retried', 'snoozed') THEN now() + held.delay_ms * interval '1 millisecond'
                        ELSE j.run_at
                    END,
                    turn = CASE WHEN held.outcome = 'handed_back' THEN \(Turns.kept(by: "j")) ELSE j.turn END,
                    error = CASE WHEN held.outcome = 'handed_back' THEN j.error ELSE held.error END,
                    finished_at = CASE WHEN held.outcome IN ('completed', 'failed', 'cancelled') THEN now() END,
                    is_under_way = held.outcome IN ('retried', 'snoozed', 'handed_back')
                        AND j.checkpoint IS NOT NULL AND j.checkpoint <> '{}',
                    progress = CASE WHEN held.outcome = 'completed' THEN 1 ELSE 0 END,
                    lease_token = NULL, lease_until = NULL, heartbeat_at = NULL, worker = NULL, updated_at = now()
                FROM held
                WHERE j.id = held.id
                RETURNING j.id, j.queue, j.state, j.checkpoint
            ), ended AS (
                INSERT INTO job_attempts
                    (job_id, number, worker, started_at, ended_at, outcome, error, provider_ref, usage, cost_usd)
                SELECT id, attempt, worker, started_at, now(), outcome, error, provider_ref, usage, cost
                FROM held
            ), abandoning AS (\(Abandonment.enqueue("finished_jobs")))\(stored)
            SELECT id, token FROM held
            """
        ).map { (job: JobID, token: UUID) in LeaseKey(job: job, token: token) }
        return Set(keys)
    }

    /// Which of the attempts have ended by the word of their own worker: what a `finish` has done whose answer was
    /// lost. A rescuer's word is `crashed`.
    func storedEnds(of attempts: [FinishedAttempt]) async throws(PostgresError) -> Set<LeaseKey> {
        let keys = try await execute(
            """
            SELECT f.id, f.token
            FROM unnest(
                \(attempts.map(\.lease.job.rawValue))::uuid[], \(attempts.map(\.number))::bigint[],
                \(attempts.map(\.lease.token))::uuid[]
            ) AS f (id, number, token)
            JOIN job_attempts a ON a.job_id = f.id AND a.number = f.number
            WHERE a.outcome <> 'crashed'
            """
        ).map { (job: JobID, token: UUID) in LeaseKey(job: job, token: token) }
        return Set(keys)
    }
}
