import EventLoop
import JSON
import Postgres

/// One start of a job, as the job sees it.
public struct Attempt: Sendable {
    public let job: JobID
    /// Counts from 1.
    public let number: Int
    /// Failed attempts before this one.
    public let retryCount: Int
    /// What an earlier attempt remembered; such as the prediction to attach to.
    public let checkpoint: JSON?
    public let requestID: String?
    /// When the job was enqueued, by the database's clock.
    public let createdAt: Timestamp
    let running: RunningJob

    /// Stores what a later attempt must know if this worker dies. It is durable when this returns.
    ///
    /// It is tried for as long as the lease lasts, also when the run is told to stop meanwhile: what was begun outside
    /// must not be forgotten.
    ///
    /// - Parameter providerRef: an outside name of this attempt, shown in the job's story. It belongs to one job.
    /// - Throws: `LeaseLost` when the job is no longer this worker's, `ReferenceTaken` when another job has `providerRef`,
    ///   and a `PostgresError` when it cannot be stored.
    public func remember(_ checkpoint: JSON, providerRef: String? = nil) async throws {
        try await running.remember(checkpoint, providerRef)
    }

    /// Whether the run was told to stop because nobody wants its outcome any more, or the time is up: what goes on
    /// elsewhere for it should be stopped too. `false` when it was stopped so that a later attempt goes on with it.
    public var mustNotGoOn: Bool {
        running.stopReason == .cancelRequested || running.stopReason == .timeLimit
    }

    /// How many workers are at work, this one among them, by the last heartbeat: those that share a limit.
    public var workerCount: Int { running.workerCount() }

    /// Tells what the provider says this attempt has used, and what that costs where it is known; stored with the
    /// attempt's end. The latest word counts. From any thread.
    public func report(usage: JSON, costUSD: Double? = nil) {
        running.report(Usage(details: usage, costUSD: costUSD))
    }

    /// Tells how far the work is, 0 … 1. From any thread, as often as you like.
    public func report(progress: Double) {
        running.report(progress)
    }
}

extension Attempt {
    /// Throws a permanent `JobError` when the checkpoint cannot be read.
    init(_ running: RunningJob) throws {
        let claimed = running.claimed
        self.init(
            job: claimed.id,
            number: claimed.attempt,
            retryCount: claimed.retryCount,
            checkpoint: try claimed.checkpoint.map { try JSON(stored: $0) },
            requestID: claimed.requestID,
            createdAt: claimed.createdAt,
            running: running
        )
    }
}

extension JSON {
    /// Throws a permanent `JobError` for what `jsonb` keeps and JSON here does not, such as a number beyond `Double`.
    init(stored: RawJSON) throws {
        do {
            try self.init(parsing: stored.bytes)
        } catch {
            throw JobError.permanent("the job's stored JSON cannot be read: \(error)")
        }
    }
}

/// Another job has the outside name that this one wanted: nothing was stored.
public struct ReferenceTaken: Error, Sendable, CustomStringConvertible {
    public let description = "another job has the provider's reference"
}

/// The job is no longer this worker's: its result must not be used.
public struct LeaseLost: Error, Sendable, CustomStringConvertible {
    public let description = "the lease on the job is lost"
}
