import Postgres

@testable import Jobs

/// The queue of a test without a worker: jobs begin and end when the test says so.
///
/// It stays with the task of its test.
final class Line {
    let database: Database
    private var owners: [JobID: String] = [:]
    private(set) var running: [ClaimedJob] = []
    /// Whose jobs have begun, in this order.
    private(set) var served: [String] = []

    init(_ database: Database) {
        self.database = database
    }

    @discardableResult
    func ask(_ owner: String, _ count: Int = 1, priority: Int = 0, runAt: Timestamp? = nil) async throws -> [JobID] {
        let jobs = try await database.enqueue(count) { job, _ in
            (job.owner, job.priority, job.runAt) = (owner, priority, runAt)
        }
        for job in jobs { owners[job] = owner }
        return jobs
    }

    /// Asks with one statement each.
    func askOneByOne(_ owner: String, _ count: Int) async throws {
        for _ in 0..<count { try await ask(owner) }
    }

    /// Begins the next job; whose it is, or `nil` when none waits.
    @discardableResult
    func begin() async throws -> String? {
        guard let job = try await database.claimTest(1, lease: .seconds(60)).first else { return nil }
        running.append(job)
        served.append(owners[job.id] ?? "")
        return owners[job.id]
    }

    /// Ends the job that has run for longest; whose it was.
    @discardableResult
    func end(_ outcome: AttemptOutcome = .completed, delay: Duration = .zero) async throws -> String? {
        guard !running.isEmpty else { return nil }
        let job = running.removeFirst()
        _ = try await database.finish([FinishedAttempt(job, outcome, delay: delay)], storing: [])
        return owners[job.id]
    }

    /// Ends the job that has begun last.
    func endNewest() async throws {
        guard let job = running.popLast() else { return }
        _ = try await database.finish([FinishedAttempt(job, .completed)], storing: [])
    }

    /// Moves what is due to where it can begin.
    func stage() async throws {
        _ = try await database.stageDueJobs(limit: 1000)
    }

    /// Begins and ends jobs on one place until none waits; whose they were, in this order.
    func rest() async throws -> [String] {
        let before = served.count
        while try await begin() != nil { try await end() }
        return Array(served[before...])
    }
}
