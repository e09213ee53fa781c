import Postgres

/// How an attempt ended; the words are stored.
enum AttemptOutcome: String, Sendable {
    case completed
    case failed
    /// Failed, to be tried again.
    case retried
    case snoozed
    case cancelled
    /// Stopped because the worker had to end.
    case handedBack = "handed_back"
}

/// The end of an attempt, not yet stored.
struct FinishedAttempt: Sendable {
    let job: JobID
    let kind: String
    let token: UUID
    let outcome: AttemptOutcome
    var error: String?
    var delay: Duration = .zero
    var product: (any Sendable)?
}

extension Database {
    /// Ends attempts, all in one statement: their jobs move on, and what they made is stored.
    ///
    /// Fenced: answers the jobs whose lease still held; of the others nothing is changed or stored. `products` is a
    /// statement that joins `finished_jobs`.
    func finish(
        _ attempts: [FinishedAttempt],
        storing products: SQL?
    ) async throws(PostgresError) -> Set<JobID> {
        let stored: SQL = if let products { ", stored AS (\(products))" } else { "" }
        let rows = try await execute(
            """
            WITH held AS MATERIALIZED (
                SELECT j.id, j.attempt,
                    CASE
                        WHEN j.cancel_requested AND f.outcome IN ('retried', 'snoozed', 'handed_back') THEN 'cancelled'
                        ELSE f.outcome
                    END AS outcome,
                    f.error, f.delay_ms
                FROM jobs j
                JOIN unnest(
                    \(attempts.map(\.job.rawValue))::uuid[], \(attempts.map(\.token))::uuid[],
                    \(attempts.map(\.outcome.rawValue))::text[], \(attempts.map { $0.error ?? "" })::text[],
                    \(attempts.map { Int(seconds($0.delay) * 1000) })::bigint[]
                ) AS f (id, token, outcome, error, delay_ms) ON f.id = j.id AND f.token = j.lease_token
                WHERE j.state = 'processing'
                ORDER BY j.id
                FOR UPDATE OF j
            ), finished_jobs AS (
                UPDATE jobs j
                SET state = CASE held.outcome
                        WHEN 'retried' THEN 'scheduled'
                        WHEN 'snoozed' THEN 'scheduled'
                        WHEN 'handed_back' THEN 'pending'
                        ELSE held.outcome
                    END::job_state,
                    retry_count = j.retry_count + (held.outcome = 'retried')::integer,
                    run_at = CASE
                        WHEN held.outcome IN ('retried', 'snoozed') THEN now() + held.delay_ms * interval '1 millisecond'
                        ELSE j.run_at
                    END,
                    error = CASE
                        WHEN held.outcome = 'completed' THEN NULL
                        WHEN held.outcome = 'handed_back' THEN j.error
                        ELSE nullif(held.error, '')
                    END,
                    finished_at = CASE WHEN held.outcome IN ('completed', 'failed', 'cancelled') THEN now() END,
                    progress = CASE WHEN held.outcome = 'completed' THEN 1 ELSE 0 END,
                    lease_token = NULL, lease_until = NULL, heartbeat_at = NULL, worker = NULL, updated_at = now()
                FROM held
                WHERE j.id = held.id
                RETURNING j.id
            ), ended AS (
                UPDATE job_attempts a
                SET ended_at = now(), outcome = held.outcome, error = nullif(held.error, '')
                FROM held
                WHERE a.job_id = held.id AND a.number = held.attempt
            )\(stored)
            SELECT id FROM finished_jobs
            """
        ).map { (id: JobID) in id }
        return Set(rows)
    }
}
