import Postgres
import Redis

/// What a cancellation led to.
public enum CancelOutcome: Sendable, Hashable {
    /// It had not begun and never will.
    case cancelled
    /// It is running and was asked to stop.
    case requested
    case alreadyFinished
    case unknownJob
}

/// What putting a job back led to.
public enum RetryOutcome: Sendable, Hashable {
    case queued
    /// It is completed, or has not ended.
    case notEndedBadly
    case unknownJob
}

extension Database {
    /// Cancels a job that waits, or asks a running one to stop.
    public func cancelJob(_ job: JobID) async throws(PostgresError) -> CancelOutcome {
        try await cancelJobs([job])[job] ?? .unknownJob
    }

    /// The same for several, at most 1000; unknown ones are missing from the answer.
    public func cancelJobs(_ jobs: [JobID]) async throws(PostgresError) -> [JobID: CancelOutcome] {
        let found = try await execute(
            """
            WITH found AS MATERIALIZED (
                SELECT id, state FROM jobs WHERE id = ANY (\(jobs.map(\.rawValue))) ORDER BY id FOR UPDATE
            ), cancelled AS (
                UPDATE jobs j
                SET cancel_requested = true, is_under_way = false,
                    state = CASE WHEN found.state = 'processing' THEN j.state ELSE 'cancelled' END,
                    finished_at = CASE WHEN found.state = 'processing' THEN NULL ELSE now() END,
                    error = CASE WHEN found.state = 'processing' THEN j.error ELSE 'cancelled' END,
                    updated_at = now()
                FROM found
                WHERE j.id = found.id AND found.state IN ('pending', 'scheduled', 'processing')
                RETURNING j.id, j.queue, j.state, j.checkpoint
            ), abandoning AS (\(Abandonment.enqueue("cancelled")))
            SELECT id, state::text FROM found
            """
        ).map { (job: JobID, state: String) in (job, CancelOutcome(cancelledIn: state)) }
        return Dictionary(uniqueKeysWithValues: found)
    }

    /// Puts a job back that has failed or was cancelled, as if it were new; its attempts stay in its story.
    public func retryJob(_ job: JobID) async throws(PostgresError) -> RetryOutcome {
        try await retryJobs([job])[job] ?? .unknownJob
    }

    /// The same for several, at most 1000; unknown ones are missing from the answer. Announce the work afterwards.
    public func retryJobs(_ jobs: [JobID]) async throws(PostgresError) -> [JobID: RetryOutcome] {
        let found = try await execute(
            """
            WITH found AS MATERIALIZED (
                SELECT id, state, queue, owner, priority::bigint
                FROM jobs
                WHERE id = ANY (\(jobs.map(\.rawValue)))
                ORDER BY id
                FOR UPDATE
            ), back AS MATERIALIZED (
                SELECT * FROM found WHERE state IN ('failed', 'cancelled')
            ), \(Turns.lines(of: "back")), placed AS MATERIALIZED (
                SELECT id, \(Turns.turn) AS turn FROM back JOIN lines USING (queue, owner, priority)
            ), retried AS (
                UPDATE jobs j
                SET state = 'pending', turn = placed.turn, run_at = now(), retry_count = 0, crash_count = 0,
                    snooze_count = 0, cancel_requested = false, error = NULL, progress = 0, finished_at = NULL,
                    updated_at = now()
                FROM placed
                WHERE j.id = placed.id
            )
            SELECT id, state::text FROM found
            """
        ).map { (job: JobID, state: String) in
            (job, ["failed", "cancelled"].contains(state) ? RetryOutcome.queued : .notEndedBadly)
        }
        return Dictionary(uniqueKeysWithValues: found)
    }
}

extension CancelOutcome {
    /// - Parameter state: the job's before it was cancelled.
    fileprivate init(cancelledIn state: String) {
        switch state {
        case "pending", "scheduled": self = .cancelled
        case "processing": self = .requested
        default: self = .alreadyFinished
        }
    }
}

extension Redis {
    /// Tells a running job's worker at once what its next heartbeat would tell it anyway, and the pages.
    public func announceCancellation(of jobs: [JobID], on channels: JobChannels) {
        for job in jobs { publish(channels.cancellations, "\(job)") }
        announceChange(of: jobs, on: channels)
    }

    /// Tells the pages that jobs have changed.
    public func announceChange(of jobs: [JobID], on channels: JobChannels) {
        guard !jobs.isEmpty else { return }
        publish(channels.changes, JobChange.message(jobs.map { JobChange(job: $0) }))
    }
}
