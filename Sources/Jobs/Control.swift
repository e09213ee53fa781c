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

extension Database {
    /// Cancels a job that waits, or asks a running one to stop.
    public func cancelJob(_ job: JobID) async throws(PostgresError) -> CancelOutcome {
        let states = try await execute(
            """
            WITH found AS MATERIALIZED (
                SELECT id, state FROM jobs WHERE id = \(job) FOR UPDATE
            ), cancelled AS (
                UPDATE jobs j
                SET cancel_requested = true,
                    state = CASE WHEN found.state = 'processing' THEN j.state ELSE 'cancelled' END,
                    finished_at = CASE WHEN found.state = 'processing' THEN NULL ELSE now() END,
                    error = CASE WHEN found.state = 'processing' THEN j.error ELSE 'cancelled' END,
                    updated_at = now()
                FROM found
                WHERE j.id = found.id AND found.state IN ('pending', 'scheduled', 'processing')
            )
            SELECT state::text FROM found
            """
        ).map { (state: String) in state }
        switch states.first {
        case nil: return .unknownJob
        case "pending", "scheduled": return .cancelled
        case "processing": return .requested
        default: return .alreadyFinished
        }
    }
}

extension Redis {
    /// Tells a running job's worker at once what its next heartbeat would tell it anyway, and the pages.
    public func announceCancellation(of job: JobID, on channels: JobChannels) {
        publish(channels.cancellations, "\(job)")
        publish(channels.changes, JobChange.message([JobChange(job: job)]))
    }
}
