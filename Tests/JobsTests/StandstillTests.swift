import EventLoop
import JSON
import Postgres
import Support
import Testing

@testable import Jobs

@Suite("A database that stands still")
struct StandstillTests {
    @Test func `what is remembered after the lease has ended does not let the run go on`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            let isLocked = Shared(false)
            let errors = Shared<[String]>([])
            try await whileWorking(on: database, loop) {
                $0.lease = .seconds(1)
            } play: { attempt in
                guard attempt.number == 1 else { return .completed("\(attempt.checkpoint ?? .null)") }
                while !isLocked.current { try await rest(.milliseconds(1)) }
                do {
                    try await attempt.remember(["begun": 1])
                    errors.withLock { $0.append("none") }
                } catch {
                    errors.withLock { $0.append("\(error)") }
                    throw error
                }
                return .completed("late")
            } _: { _ in
                _ = try await database.reached(id) { $0.state == "processing" }
                try await database.transaction { transaction in
                    _ = try await transaction.execute("SELECT FROM jobs WHERE id = \(id) FOR UPDATE")
                    isLocked.withLock { $0 = true }
                    try await loop.sleep(for: .milliseconds(1500))
                }
                _ = try await database.finished(id)
            }
            #expect(errors.current == ["\(LeaseLost())"])
            // It was stored all the same, for whoever goes on.
            let made = try await database.made(id)
            #expect(made == #"{"begun":1}"#)
            let attempts = try await database.attempts(id)
            #expect(attempts.map(\.outcome) == ["crashed", "completed"])
        }
    }

    @Test func `a claim that waited long for its turn begins when it got it`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            try await database.registerQueues(["test"])
            var claim = Claim(queue: "test", limit: 1, token: .random(), worker: "w", lease: .seconds(60))
            claim.mostRunning = 1
            let claiming = Promise<Int>(on: loop)
            let released = try await database.transaction { transaction in
                _ = try await transaction.execute("SELECT FROM queues WHERE name = 'test' FOR UPDATE")
                loop.spawn { [claim] in
                    do {
                        claiming.succeed(try await database.claimJobs(claim).count)
                    } catch {
                        claiming.fail(error)
                    }
                }
                try await until(on: loop) { try await database.waitingForLocks() > 0 }
                return try await transaction.execute("SELECT clock_timestamp()").one { (time: Timestamp) in time }
            }
            let claimed = try await claiming.value()
            #expect(claimed == 1)
            let job = try await database.job(id)
            #expect(try #require(job.startedAt) >= #require(released))
        }
    }
}

extension Database {
    fileprivate func waitingForLocks() async throws(PostgresError) -> Int {
        try await query(
            """
            SELECT count(*)
            FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'
            """
        ).one { (count: Int) in count } ?? 0
    }
}
