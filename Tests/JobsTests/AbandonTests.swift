import EventLoop
import JSON
import Postgres
import Support
import Testing

@testable import Jobs

@Suite("Abandoning what a cancelled job has begun outside")
struct AbandonTests {
    private struct Abandoned: Sendable, Equatable {
        let job: JobID
        let checkpoint: JSON
    }

    /// A job that has begun something outside, and waits for its next attempt.
    private func waitingJob(_ database: Database, _ loop: EventLoop, checkpoint: JSON?) async throws -> JobID {
        let id = try await database.enqueueOne()
        try await whileWorking(on: database, loop) { attempt in
            if let checkpoint { try await attempt.remember(checkpoint) }
            return .snoozed(.seconds(3000), reason: "not yet")
        } _: { _ in
            _ = try await database.reached(id) { $0.state == "scheduled" }
        }
        return id
    }

    private func abandonments(_ database: Database) async throws -> [String] {
        try await database.query("SELECT state::text FROM jobs WHERE kind = 'abandon' ORDER BY id")
            .map { (state: String) in state }
    }

    /// Works until there are no more abandonments to see to.
    private func wound(_ database: Database, _ loop: EventLoop, failing failures: Int = 0) async throws -> [Abandoned] {
        let seen = Shared<[Abandoned]>([])
        try await whileWorking(on: database, loop) { _ in
        } abandon: { job, checkpoint in
            let count = seen.withLock { seen in
                seen.append(Abandoned(job: job, checkpoint: checkpoint))
                return seen.count
            }
            if count <= failures { throw JobError.transient("not now") }
        } play: { _ in
            .completed("")
        } _: { _ in
            try await until(on: loop) {
                try await self.abandonments(database).allSatisfy { ["completed", "failed"].contains($0) }
            }
        }
        return seen.current
    }

    @Test func `happens for a job that was cancelled between two attempts, once`() async throws {
        try await withStage { database, loop in
            let id = try await waitingJob(database, loop, checkpoint: ["prediction": "p1"])
            for _ in 0..<2 { _ = try await database.cancelJob(id) }
            let wound = try await wound(database, loop)
            #expect(wound == [Abandoned(job: id, checkpoint: ["prediction": "p1"])])
            let states = try await abandonments(database)
            #expect(states == ["completed"])
            let left = try await database.abandonedJob(id)
            #expect(left == nil)
        }
    }

    @Test(arguments: [nil, .object([:])] as [JSON?])
    func `is not needed where nothing was begun`(checkpoint: JSON?) async throws {
        try await withStage { database, loop in
            let id = try await waitingJob(database, loop, checkpoint: checkpoint)
            _ = try await database.cancelJob(id)
            let states = try await abandonments(database)
            #expect(states == [])
        }
    }

    @Test func `happens for a cancelled job whose worker has vanished`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            let claimed = try await database.claimTest(1, lease: .zero)
            _ = try await database.execute("UPDATE jobs SET checkpoint = '{\"prediction\": \"p2\"}' WHERE id = \(id)")
            _ = try await database.cancelJob(id)
            #expect(claimed.count == 1)
            let before = try await abandonments(database)
            #expect(before == [])
            _ = try await database.rescueExpiredLeases(crashLimit: 3, limit: 10)
            let wound = try await wound(database, loop)
            #expect(wound == [Abandoned(job: id, checkpoint: ["prediction": "p2"])])
        }
    }

    @Test func `is tried again while it fails, and not for ever`() async throws {
        try await withStage { database, loop in
            let id = try await waitingJob(database, loop, checkpoint: ["prediction": "p3"])
            _ = try await database.cancelJob(id)
            let wound = try await wound(database, loop, failing: 100)
            #expect(wound.count == 4)
            let states = try await abandonments(database)
            #expect(states == ["failed"])
        }
    }

    @Test func `leaves a job alone that was put back meanwhile`() async throws {
        try await withStage { database, loop in
            let id = try await waitingJob(database, loop, checkpoint: ["prediction": "p4"])
            _ = try await database.cancelJob(id)
            _ = try await database.retryJob(id)
            let wound = try await wound(database, loop)
            #expect(wound == [])
            let states = try await abandonments(database)
            #expect(states == ["completed"])
            let stored = try await database.query("SELECT checkpoint FROM jobs WHERE id = \(id)")
                .map { (checkpoint: JSON?) in checkpoint }
            #expect(stored == [["prediction": "p4"]])
        }
    }

    @Test func `forgets only what it has wound up`() async throws {
        try await withStage { database, loop in
            let id = try await waitingJob(database, loop, checkpoint: ["prediction": "old"])
            _ = try await database.cancelJob(id)
            let found = try await database.abandonedJob(id)
            let old = try #require(found)
            // Put back, run and cancelled again, while the old one is being wound up.
            _ = try await database.execute("UPDATE jobs SET checkpoint = '{\"prediction\": \"new\"}' WHERE id = \(id)")
            try await database.forget(old.checkpoint, of: id)
            let left = try await database.abandonedJob(id)
            #expect(left != nil)
        }
    }

    @Test func `of several at once is several jobs`() async throws {
        try await withStage { database, loop in
            let ids = try await database.enqueue(5)
            _ = try await database.execute("UPDATE jobs SET checkpoint = '{\"prediction\": \"p\"}'")
            let outcomes = try await database.cancelJobs(ids)
            #expect(outcomes.values.allSatisfy { $0 == .cancelled })
            let wound = try await wound(database, loop)
            #expect(Set(wound.map(\.job)) == Set(ids))
            #expect(wound.count == 5)
        }
    }
}
