import EventLoop
import JSON
import Postgres
import Support
import Testing

@testable import Jobs

@Suite("Leases")
struct LeaseTests {
    @Test func `a job that takes longer than its lease runs once`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            let runs = Tally()
            let prefix = "jobs-\(UUID.random())"
            let workers = try (0..<2).map { _ in
                try TestWorker(on: database, prefix: prefix) {
                    $0.lease = .seconds(2)
                } play: { attempt in
                    runs.add(attempt.job)
                    try await rest(.milliseconds(4500))
                    return .completed("slow")
                }
            }
            let job = try await database.finished(id)
            #expect(job.state == "completed")
            #expect(job.attempt == 1)
            #expect(job.crashCount == 0)
            for worker in workers { try await worker.stop(on: loop) }
            #expect(runs[id] == 1)
        }
    }

    @Test func `a worker that was frozen past its lease writes nothing, and its job is another one's`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            let frozen = try TestWorker(on: database) { settings in
                settings.lease = .milliseconds(800)
            } play: { attempt in
                try await rest(.milliseconds(50))
                try await attempt.remember(["by": "the frozen one"])
                return .completed("frozen \(attempt.number)")
            }
            _ = try await database.reached(id) { $0.state == "processing" }
            let thaw = frozen.freeze()
            let other = try TestWorker(on: database) {
                $0.queues[0].concurrency = 1
            } play: { attempt in
                #expect(attempt.checkpoint == nil)
                return .completed("other \(attempt.number)")
            }
            let job = try await database.finished(id)
            thaw()
            try await until(on: loop) { !frozen.reports.isEmpty }
            #expect(frozen.reports.map(\.outcome) == ["lease_lost"])
            try await frozen.stop(on: loop)
            try await other.stop(on: loop)
            let after = try await database.job(id)
            #expect(after.state == "completed")
            #expect(after.updatedAt == job.updatedAt)
            #expect(after.crashCount == 1)
            #expect(after.retryCount == 0)
            let made = try await database.made(id)
            #expect(made == "other 2")
            let attempts = try await database.attempts(id)
            #expect(attempts.map(\.outcome) == ["crashed", "completed"])
        }
    }

    @Test func `a late run of a job does not end the lease of its next attempt on the same worker`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            let goOn = Shared(false)
            try await whileWorking(on: database, loop) {
                $0.lease = .seconds(2)
            } play: { attempt in
                if attempt.number == 1 {
                    while !goOn.current { try await restUndisturbed(.milliseconds(5)) }
                    return .completed("first")
                }
                try await rest(.milliseconds(3500))
                return .completed("second")
            } _: { worker in
                _ = try await database.reached(id) { $0.state == "processing" }
                try await database.takeAway(id)
                _ = try await database.reached(id) { $0.attempt == 2 }
                goOn.withLock { $0 = true }
                let job = try await database.finished(id)
                #expect(job.attempt == 2)
                #expect(job.crashCount == 0)
                try await until(on: loop) { worker.reports.count == 2 }
                #expect(worker.reports.map(\.outcome) == ["lease_lost", "completed"])
            }
            let made = try await database.made(id)
            #expect(made == "second")
        }
    }

    @Test func `a job whose worker vanishes goes on with what it remembered`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            let doomed = try TestWorker(on: database) {
                $0.lease = .milliseconds(800)
            } play: { attempt in
                try await attempt.remember(["prediction": "p1"], providerRef: "p1")
                attempt.report(progress: 0.5)
                try await rest(.seconds(60))
                return .completed("")
            }
            try await until(on: loop) {
                try await database.count("SELECT count(*) FROM jobs WHERE provider_ref = 'p1'") == 1
            }
            doomed.vanish()
            try await whileWorking(on: database, loop) { attempt in
                .completed("\(attempt.number) \(attempt.checkpoint?["prediction"]?.string ?? "nothing")")
            } _: { _ in
                _ = try await database.finished(id)
            }
            let made = try await database.made(id)
            #expect(made == "2 p1")
            let attempts = try await database.attempts(id)
            #expect(attempts.first == StoredAttempt(1, "crashed", "the worker stopped answering"))
        }
    }

    @Test func `a job that outlives its workers again and again is failed, with the reason`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            for crashes in 1...3 {
                let claimed = try await database.claimTest(1, lease: .zero)
                #expect(claimed.map(\.id) == [id])
                let rescued = try await database.rescueExpiredLeases(crashLimit: 3, limit: 10)
                #expect(rescued == [id])
                let job = try await database.job(id)
                #expect(job.state == (crashes < 3 ? "pending" : "failed"))
                #expect(job.crashCount == crashes)
            }
            let job = try await database.job(id)
            #expect(job.error == "its worker stopped answering 3 times while running it")
            #expect(job.retryCount == 0)
            #expect(job.finishedAt == job.updatedAt)
        }
    }

    @Test func `a cancelled job whose worker vanishes does not run again`() async throws {
        try await withStage { database, _ in
            let id = try await database.enqueueOne()
            _ = try await database.claimTest(1, lease: .zero)
            let outcome = try await database.cancelJob(id)
            #expect(outcome == .requested)
            _ = try await database.rescueExpiredLeases(crashLimit: 3, limit: 10)
            let job = try await database.job(id)
            #expect(job.state == "cancelled")
            #expect(job.error == "cancelled")
        }
    }

    @Test func `one expired lease is found among thousands that last`() async throws {
        try await withStage { database, _ in
            _ = try await database.execute(
                """
                INSERT INTO jobs (id, kind, queue, state, lease_token, lease_until)
                SELECT gen_random_uuid(), 'probe', 'test', 'processing', gen_random_uuid(), now() + interval '1 hour'
                FROM generate_series(1, 10000)
                """
            )
            // The last in the order they are looked at.
            let id = try #require(JobID("ffffffff-ffff-4fff-bfff-ffffffffffff"))
            _ = try await database.execute(NewJob.insert([NewJob(id: id, kind: "probe", queue: "test")]))
            _ = try await database.claimTest(1, lease: .zero)
            let rescued = try await database.rescueExpiredLeases(crashLimit: 3, limit: 100)
            #expect(rescued == [id])
        }
    }

    @Test func `renewing a lease touches no index`() async throws {
        try await withDatabase(connectionsPerLoop: 1) { database, loop in
            _ = try await database.enqueueOne()
            let claimed = try await database.claimTest(1, lease: .seconds(60))
            let key = try #require(claimed.first?.lease)
            for beat in 1...50 {
                let lease = HeldLease(key: key, progress: Double(beat) / 100)
                let answer = try await database.renew([lease], for: .seconds(60))
                #expect(answer == [key: false])
            }
            // On the connection that counted.
            _ = try await database.execute("SELECT pg_stat_force_next_flush()")
            try await until(on: loop) {
                try await database.query(
                    "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'jobs'"
                ).map { (all: Int, hot: Int) in all == 51 && hot >= 40 }.first == true
            }
        }
    }

    @Test func `heartbeats and ends in batches do not wait for each other in a circle`() async throws {
        try await withStage { database, loop in
            let prefix = "jobs-\(UUID.random())"
            let workers = try (0..<3).map { _ in
                try TestWorker(on: database, prefix: prefix) { settings in
                    settings.queues[0].concurrency = 60
                    settings.lease = .seconds(60)
                    settings.heartbeat = .milliseconds(2)
                } play: { _ in
                    try await rest(.milliseconds(Int.random(in: 0...20)))
                    if Int.random(in: 0..<10) == 0 { return .snoozed(.zero, reason: "once more") }
                    return .completed("")
                }
            }
            let ids = try await database.enqueue(1000)
            // Those who cancel take single rows meanwhile.
            for id in ids.shuffled().prefix(100) { _ = try await database.cancelJob(id) }
            try await database.allFinished()
            for worker in workers { try await worker.stop(on: loop) }
            #expect(workers.flatMap(\.problems) == [])
            let deadlocks = try await database.count(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
            )
            #expect(deadlocks == 0)
        }
    }
}
