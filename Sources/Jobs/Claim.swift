import Postgres

/// A job that this worker holds a lease on.
struct ClaimedJob: Sendable {
    let id: JobID
    let kind: String
    let queue: String
    /// Unread, so that what cannot be read is this job's trouble and not that of all claimed with it.
    let arguments: RawJSON
    let attempt: Int
    let retryCount: Int
    let maxRetries: Int
    let timeLimit: Duration
    let token: UUID
    let checkpoint: RawJSON?
    let requestID: String?
    let createdAt: Timestamp
}

extension Database {
    /// Leases up to `limit` jobs of a queue to `worker` and begins their attempts.
    ///
    /// MATERIALIZED is a fence: without it the planner may run the limited sub-select again and lease too many.
    func claimJobs(
        of queue: String,
        limit: Int,
        worker: String,
        lease: Duration
    ) async throws(PostgresError) -> [ClaimedJob] {
        try await execute(
            """
            WITH claimable AS MATERIALIZED (
                SELECT id
                FROM jobs
                WHERE state = 'pending' AND queue = \(queue)
                ORDER BY priority, run_at, id
                LIMIT \(limit)
                FOR UPDATE SKIP LOCKED
            ), claimed AS (
                UPDATE jobs j
                SET state = 'processing', attempt = j.attempt + 1, worker = \(worker),
                    lease_token = gen_random_uuid(), lease_until = now() + \(lease), heartbeat_at = now(),
                    started_at = now(), progress = 0, updated_at = now()
                FROM claimable c
                WHERE j.id = c.id
                RETURNING j.id, j.kind, j.arguments, j.attempt, j.retry_count, j.max_retries, j.time_limit,
                    j.lease_token, j.checkpoint, j.request_id, j.created_at
            ), begun AS (
                INSERT INTO job_attempts (job_id, number, worker)
                SELECT id, attempt, \(worker) FROM claimed
            )
            SELECT id, kind, arguments, attempt, retry_count, max_retries,
                (extract(epoch FROM time_limit) * 1000)::bigint, lease_token, checkpoint, request_id, created_at
            FROM claimed
            """
        ).map {
            (
                id: JobID,
                kind: String,
                arguments: RawJSON,
                attempt: Int,
                retryCount: Int,
                maxRetries: Int,
                timeLimit: Int,
                token: UUID,
                checkpoint: RawJSON?,
                requestID: String?,
                createdAt: Timestamp
            ) in
            ClaimedJob(
                id: id,
                kind: kind,
                queue: queue,
                arguments: arguments,
                attempt: attempt,
                retryCount: retryCount,
                maxRetries: maxRetries,
                timeLimit: .milliseconds(timeLimit),
                token: token,
                checkpoint: checkpoint,
                requestID: requestID,
                createdAt: createdAt
            )
        }
    }
}
