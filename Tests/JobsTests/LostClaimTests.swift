import EventLoop
import JSON
import Postgres
import Support
import Testing

@testable import Jobs

@Suite("A claim whose answer is lost")
struct LostClaimTests {
    /// Runs `body` with a worker whose next claim of a job succeeds without its knowing, and whose leases outlast the test.
    private func withLostClaim(
        of count: Int,
        concurrency: Int = 10,
        play: @escaping @Sendable (Attempt) async throws -> JobOutcome<String>,
        _ body: @escaping @Sendable (Database, EventLoop, TestWorker, LossyProxy, [JobID]) async throws -> Void
    ) async throws {
        try await withStage { database, loop in
            let proxy = try await LossyProxy(before: database)
            defer { proxy.stop() }
            let lossy = Database(DatabaseConfiguration(url: proxy.url), loops: [loop])
            defer { lossy.close() }
            try await whileWorking(on: lossy, loop) { settings in
                (settings.lease, settings.heartbeat) = (.seconds(600), .seconds(60))
                settings.queues[0].concurrency = concurrency
            } play: {
                try await play($0)
            } _: { worker in
                try await until(on: loop) { try await database.count("SELECT count(*) FROM workers") == 1 }
                proxy.loseAnswer(with: "lose me")
                let ids = try await database.enqueue(count) { job, _ in job.arguments = ["text": "lose me"] }
                try await body(database, loop, worker, proxy, ids)
            }
        }
    }

    @Test func `is asked for again, without waiting for the leases to end, and costs nothing`() async throws {
        let runs = Tally()
        try await withLostClaim(of: 5) { attempt in
            runs.add(attempt.job)
            return .completed("")
        } _: { database, _, worker, proxy, ids in
            try await database.allFinished()
            #expect(proxy.losses == 1)
            #expect(worker.problems.count == 1)
            for id in ids {
                let job = try await database.job(id)
                #expect(job.state == "completed")
                #expect(job.attempt == 1)
                #expect(job.crashCount == 0)
                #expect(runs[id] == 1)
            }
        }
    }

    @Test func `does not make a worker run more than it has places`() async throws {
        let running = Shared((now: 0, most: 0))
        try await withLostClaim(of: 12, concurrency: 3) { _ in
            running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            try await rest(.milliseconds(10))
            running.withLock { $0.now -= 1 }
            return .completed("")
        } _: { database, _, _, proxy, _ in
            try await database.allFinished()
            #expect(proxy.losses == 1)
            let crashed = try await database.count("SELECT count(*) FROM job_attempts WHERE outcome <> 'completed'")
            #expect(crashed == 0)
        }
        #expect(running.current.most == 3)
    }

    @Test func `is handed back by a worker that has to end`() async throws {
        let runs = Tally()
        try await withLostClaim(of: 5) { attempt in
            runs.add(attempt.job)
            return .completed("")
        } _: { database, loop, worker, proxy, ids in
            try await until(on: loop) {
                if proxy.losses == 0 { return false }
                worker.worker.drain()
                return true
            }
            try await worker.stop(on: loop)
            for id in ids {
                let job = try await database.job(id)
                #expect(job.state == "pending" || job.state == "completed")
                #expect(job.crashCount == 0)
            }
        }
    }

    @Test func `that is carried out late fills no place twice`() async throws {
        try await withStage { database, loop in
            let proxy = try await LossyProxy(before: database)
            defer { proxy.stop() }
            let lossy = Database(DatabaseConfiguration(url: proxy.url), loops: [loop])
            defer { lossy.close() }
            let running = Shared((now: 0, most: 0))
            let mayEnd = Shared(false)
            try await whileWorking(on: lossy, loop) { settings in
                (settings.lease, settings.heartbeat) = (.seconds(600), .seconds(60))
                settings.queues[0].concurrency = 4
            } play: { _ in
                running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                while !mayEnd.current { try await rest(.milliseconds(2)) }
                running.withLock { $0.now -= 1 }
                return .completed("")
            } _: { worker in
                try await until(on: loop) { try await database.count("SELECT count(*) FROM workers") == 1 }
                let ids = try await database.transaction { transaction in
                    let jobs = (0..<12).map { _ in NewJob(kind: Probe.kind, queue: "test") }
                    _ = try await transaction.execute(NewJob.insert(jobs))
                    // Claims wait for it, and asking about them does not.
                    _ = try await transaction.execute("LOCK TABLE jobs IN SHARE ROW EXCLUSIVE MODE")
                    try await until(on: loop) { try await database.waitingClaims() == 1 }
                    proxy.loseClients()
                    try await until(on: loop) { try await database.waitingClaims() == 2 }
                    return jobs.map(\.id)
                }
                try await until(on: loop) {
                    try await database.count("SELECT count(*) FROM job_attempts WHERE outcome = 'handed_back'") == 4
                }
                mayEnd.withLock { $0 = true }
                for id in ids {
                    let job = try await database.finished(id)
                    #expect(job.crashCount == 0)
                }
            }
            #expect(running.current.most == 4)
        }
    }
}

extension Database {
    /// Those that wait for a lock on the table.
    fileprivate func waitingClaims() async throws -> Int {
        try await count(
            """
            SELECT count(*)
            FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%ORDER BY priority, turn, id%'
            """
        )
    }
}
