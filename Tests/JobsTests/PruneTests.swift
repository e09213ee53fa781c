import EventLoop
import Postgres
import Support
import Testing

@testable import Jobs

@Suite("Pruning")
struct PruneTests {
    private static let month = Duration.seconds(30 * 86_400)

    /// Jobs that have ended `days` ago, with an attempt each.
    private func ended(
        _ count: Int,
        _ outcome: AttemptOutcome,
        daysAgo days: Int,
        kind: String = Probe.kind,
        in database: Database
    ) async throws -> [JobID] {
        let ids = try await database.enqueue(count) { job, _ in job.kind = kind }
        let claimed = try await database.claimTest(count, lease: .seconds(60))
        _ = try await database.finish(claimed.map { FinishedAttempt($0, outcome) }, storing: [])
        _ = try await database.execute(
            """
            UPDATE jobs
            SET finished_at = now() - \(days) * interval '1 day'
            WHERE id = ANY (\(ids.map(\.rawValue)))
            """
        )
        return ids
    }

    private func left(_ database: Database) async throws -> Set<JobID> {
        Set(try await database.query("SELECT id FROM jobs").map { (id: JobID) in id })
    }

    @Test(arguments: ["completed", "failed", "cancelled"])
    func `what ended long ago goes with its attempts, and nothing else does`(state: String) async throws {
        try await withStage { database, _ in
            let outcome = try #require(AttemptOutcome(rawValue: state))
            _ = try await ended(3, outcome, daysAgo: 31, in: database)
            let recent = try await ended(2, outcome, daysAgo: 29, in: database)
            let running = try await database.enqueue(1)
            _ = try await database.claimTest(1, lease: .seconds(60))
            let waiting = try await database.enqueue(2) { job, number in
                if number == 1 { job.runAt = .now + .seconds(60) }
            }
            _ = try await database.execute("UPDATE jobs SET created_at = now() - interval '1 year'")
            var cursor = PruningCursor(state: state)
            let mayBeMore = try await database.pruneJobs(&cursor, endedBefore: Self.month, keeping: [], limit: 100)
            #expect(!mayBeMore)
            let left = try await left(database)
            #expect(left == Set(recent + running + waiting))
            let attempts = try await database.count("SELECT count(*) FROM job_attempts")
            #expect(attempts == 2)
        }
    }

    @Test func `completed jobs of a kind that is kept stay for good, failed ones do not`() async throws {
        try await withStage { database, _ in
            let made = try await ended(2, .completed, daysAgo: 400, in: database)
            _ = try await ended(2, .failed, daysAgo: 400, in: database)
            _ = try await ended(2, .completed, daysAgo: 400, kind: OtherProbe.kind, in: database)
            for state in ["completed", "failed", "cancelled"] {
                var cursor = PruningCursor(state: state)
                _ = try await database.pruneJobs(&cursor, endedBefore: Self.month, keeping: [Probe.kind], limit: 100)
            }
            let left = try await left(database)
            #expect(left == Set(made))
        }
    }

    @Test func `a walk looks at so many at a time, and at none twice`() async throws {
        try await withStage { database, _ in
            let kept = try await ended(250, .completed, daysAgo: 300, in: database)
            _ = try await ended(50, .completed, daysAgo: 200, kind: OtherProbe.kind, in: database)
            var cursor = PruningCursor(state: "completed")
            var counts: [Int] = []
            var mayBeMore = true
            while mayBeMore {
                mayBeMore = try await database.pruneJobs(
                    &cursor,
                    endedBefore: Self.month,
                    keeping: [Probe.kind],
                    limit: 40
                )
                counts.append(try await left(database).count)
            }
            #expect(counts == [300, 300, 300, 300, 300, 300, 270, 250])
            let more = try await database.pruneJobs(&cursor, endedBefore: Self.month, keeping: [], limit: 40)
            #expect(!more)
            let left = try await left(database)
            #expect(left == Set(kept))
        }
    }

    @Test func `a job that somebody puts back in the same moment stays`() async throws {
        try await withStage { database, _ in
            let ids = try await ended(3, .failed, daysAgo: 31, in: database)
            try await database.transaction { transaction in
                _ = try await transaction.execute(
                    "UPDATE jobs SET state = 'pending', finished_at = NULL WHERE id = \(ids[1])"
                )
                var cursor = PruningCursor(state: "failed")
                _ = try await database.pruneJobs(&cursor, endedBefore: Self.month, keeping: [], limit: 10)
            }
            let left = try await left(database)
            #expect(left == [ids[1]])
        }
    }

    @Test(arguments: [true, false])
    func `a worker prunes, unless everything is kept`(isPruned: Bool) async throws {
        try await withStage { database, loop in
            _ = try await ended(3, .completed, daysAgo: 31, in: database)
            _ = try await ended(3, .failed, daysAgo: 31, in: database)
            let recent = try await ended(1, .failed, daysAgo: 29, in: database)
            try await database.storeKeys(3, hoursAgo: 25)
            try await database.storeKeys(2, hoursAgo: 23)
            try await whileWorking(on: database, loop) { settings in
                settings.pruneInterval = .milliseconds(20)
                settings.retention = isPruned ? Self.month : nil
            } play: { _ in
                .completed("")
            } _: { worker in
                try await until(on: loop) {
                    try await database.count("SELECT count(*) FROM idempotency_keys") == 2
                }
                if isPruned {
                    try await until(on: loop) { try await self.left(database) == Set(recent) }
                } else {
                    // Several rounds.
                    try await rest(.milliseconds(100))
                }
                #expect(worker.problems == [])
            }
            let left = try await left(database)
            #expect(left.count == (isPruned ? 1 : 7))
        }
    }

    @Test func `the oldest keys of requests go first, so many at a time`() async throws {
        try await withDatabase { database, _ in
            for hours in [23, 30, 50, 40] { try await database.storeKeys(10, hoursAgo: hours) }
            let first = try await database.pruneIdempotencyKeys(olderThan: .seconds(86_400), limit: 15)
            #expect(first == 15)
            let oldest = try await database.count(
                "SELECT count(*) FROM idempotency_keys WHERE created_at < now() - interval '45 hours'"
            )
            #expect(oldest == 0)
            let second = try await database.pruneIdempotencyKeys(olderThan: .seconds(86_400), limit: 100)
            #expect(second == 15)
        }
    }
}

extension Database {
    fileprivate func storeKeys(_ count: Int, hoursAgo hours: Int) async throws {
        _ = try await execute(
            """
            INSERT INTO idempotency_keys (owner, key, fingerprint, job_id, created_at)
            SELECT 'somebody', gen_random_uuid()::text, '', gen_random_uuid(), now() - \(hours) * interval '1 hour'
            FROM generate_series(1, \(count))
            """
        )
    }
}
