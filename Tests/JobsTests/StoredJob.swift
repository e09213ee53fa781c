import EventLoop
import JSON
import Jobs
import Postgres
import Support

/// A job as it is stored.
struct StoredJob: Sendable {
    let state: String
    let attempt: Int
    let retryCount: Int
    let crashCount: Int
    let error: String?
    let progress: Double
    let cancelRequested: Bool
    let isLeased: Bool
    let createdAt: Timestamp
    let updatedAt: Timestamp
    let startedAt: Timestamp?
    let finishedAt: Timestamp?

    var hasFinished: Bool { finishedAt != nil }
}

/// An attempt as it is stored.
struct StoredAttempt: Sendable, Hashable {
    let number: Int
    let outcome: String?
    let error: String?

    init(_ number: Int, _ outcome: String?, _ error: String? = nil) {
        self.number = number
        self.outcome = outcome
        self.error = error
    }
}

extension Database {
    /// Enqueues jobs for the test worker; `change` has the last word on each.
    @discardableResult
    func enqueue(_ count: Int = 1, _ change: (inout NewJob, Int) -> Void = { _, _ in }) async throws -> [JobID] {
        let jobs = (0..<count).map { number in
            var job = NewJob(kind: Probe.kind, queue: "test")
            change(&job, number)
            return job
        }
        _ = try await execute(NewJob.insert(jobs))
        return jobs.map(\.id)
    }

    func enqueueOne(_ change: (inout NewJob) -> Void = { _ in }) async throws -> JobID {
        var job = NewJob(kind: Probe.kind, queue: "test")
        change(&job)
        _ = try await execute(NewJob.insert([job]))
        return job.id
    }

    func job(_ id: JobID) async throws -> StoredJob {
        let found = try await query(
            """
            SELECT state::text, attempt, retry_count, crash_count, error, progress::float8, cancel_requested,
                lease_token IS NOT NULL, created_at, updated_at, started_at, finished_at
            FROM jobs
            WHERE id = \(id)
            """
        ).one {
            (
                state: String,
                attempt: Int,
                retryCount: Int,
                crashCount: Int,
                error: String?,
                progress: Double,
                cancelRequested: Bool,
                isLeased: Bool,
                createdAt: Timestamp,
                updatedAt: Timestamp,
                startedAt: Timestamp?,
                finishedAt: Timestamp?
            ) in
            StoredJob(
                state: state,
                attempt: attempt,
                retryCount: retryCount,
                crashCount: crashCount,
                error: error,
                progress: progress,
                cancelRequested: cancelRequested,
                isLeased: isLeased,
                createdAt: createdAt,
                updatedAt: updatedAt,
                startedAt: startedAt,
                finishedAt: finishedAt
            )
        }
        guard let found else { throw PostgresError(.other, "there is no job \(id)") }
        return found
    }

    /// The job once it has ended for good.
    func finished(_ id: JobID, within limit: Duration = .seconds(15)) async throws -> StoredJob {
        try await reached(id, within: limit) { $0.hasFinished }
    }

    /// The job once it is as wished.
    func reached(
        _ id: JobID,
        within limit: Duration = .seconds(15),
        _ isReached: (StoredJob) -> Bool
    ) async throws -> StoredJob {
        guard let loop = EventLoop.current else { preconditionFailure("not on a loop") }
        return try await eventually(within: limit, on: loop) {
            let job = try await self.job(id)
            return isReached(job) ? job : nil
        }
    }

    func allFinished(within limit: Duration = .seconds(15)) async throws {
        guard let loop = EventLoop.current else { preconditionFailure("not on a loop") }
        try await until(on: loop, within: limit) {
            try await self.query("SELECT 1 FROM jobs WHERE finished_at IS NULL LIMIT 1").isEmpty
        }
    }

    func attempts(_ id: JobID) async throws -> [StoredAttempt] {
        try await query("SELECT number, outcome, error FROM job_attempts WHERE job_id = \(id) ORDER BY number")
            .map { (number: Int, outcome: String?, error: String?) in StoredAttempt(number, outcome, error) }
    }

    func made(_ id: JobID) async throws -> String? {
        try await query("SELECT what FROM made WHERE job = \(id)").one { (what: String) in what }
    }

    func count(_ sql: SQL) async throws -> Int {
        try await query(sql).one { (count: Int) in count } ?? 0
    }

    /// What a rescuer does to a job whose lease has ended.
    func takeAway(_ id: JobID) async throws {
        _ = try await execute(
            """
            UPDATE jobs
            SET state = 'pending', lease_token = NULL, lease_until = NULL, worker = NULL
            WHERE id = \(id) AND state = 'processing'
            """
        )
    }
}
