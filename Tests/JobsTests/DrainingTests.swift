import EventLoop
import JSON
import Jobs
import Postgres
import Support
import Testing

@Suite("Draining a worker")
struct DrainingTests {
    private func workers(_ database: Database) async throws -> Int {
        try await database.count("SELECT count(*) FROM workers")
    }

    @Test func `lets running jobs end, takes no more, and leaves nothing behind`() async throws {
        try await withStage { database, loop in
            let ids = try await database.enqueue(2)
            let (hasBegun, mayEnd) = (Shared(false), Shared(false))
            let worker = try TestWorker(on: database) {
                $0.queues[0].concurrency = 1
            } play: { _ in
                hasBegun.withLock { $0 = true }
                while !mayEnd.current { try await rest(.milliseconds(2)) }
                return .completed("")
            }
            try await until(on: loop) { hasBegun.current }
            try await until(on: loop) { try await self.workers(database) == 1 }
            worker.worker.drain()
            worker.worker.drain()
            try await until(on: loop) {
                try await database.count("SELECT count(*) FROM workers WHERE is_draining") == 1
            }
            mayEnd.withLock { $0 = true }
            try await worker.stop(on: loop)
            let jobs = [try await database.job(ids[0]), try await database.job(ids[1])]
            #expect(jobs.map(\.state).sorted() == ["completed", "pending"])
            #expect(jobs.map(\.attempt).sorted() == [0, 1])
            let left = try await workers(database)
            #expect(left == 0)
        }
    }

    @Test(arguments: [true, false])
    func `hands back what does not end in time, at the cost of nothing`(listens: Bool) async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne { $0.maxRetries = 0 }
            let isOver = Shared(false)
            let worker = try TestWorker(on: database) {
                $0.drainLimit = .milliseconds(50)
            } play: { attempt in
                try await attempt.remember(["step": 1])
                while !isOver.current {
                    if listens { try await rest(.milliseconds(5)) } else { try await restUndisturbed(.milliseconds(5)) }
                }
                return .completed("too late")
            }
            try await until(on: loop) {
                try await database.count("SELECT count(*) FROM jobs WHERE checkpoint IS NOT NULL") == 1
            }
            worker.worker.drain()
            try await until(on: loop) { worker.hasEnded }
            let job = try await database.job(id)
            #expect(job.state == "pending")
            #expect(job.retryCount == 0)
            #expect(job.crashCount == 0)
            #expect(job.error == nil)
            isOver.withLock { $0 = true }
            try await worker.stop(on: loop)

            try await whileWorking(on: database, loop) { attempt in
                .completed("\(attempt.number) \(attempt.checkpoint?["step"]?.int ?? 0)")
            } _: { _ in
                let job = try await database.finished(id)
                #expect(job.state == "completed")
            }
            let made = try await database.made(id)
            #expect(made == "2 1")
            let attempts = try await database.attempts(id)
            #expect(attempts.map(\.outcome) == ["handed_back", "completed"])
        }
    }

    @Test func `a claim on its way is waited for, and its jobs are handed back unrun`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            let runs = Tally()
            let started = Promise<TestWorker>(on: loop)
            try await database.transaction { transaction in
                _ = try await transaction.execute("LOCK TABLE jobs IN EXCLUSIVE MODE")
                let worker = try TestWorker(on: database) { attempt in
                    runs.add(attempt.job)
                    return .completed("")
                }
                started.succeed(worker)
                try await until(on: loop) {
                    try await database.count(
                        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'jobs'::regclass"
                    ) > 0
                }
                worker.worker.drain()
                // So that the drain has begun when the claim arrives.
                try await rest(.milliseconds(50))
            }
            let worker = try await started.value()
            try await worker.stop(on: loop)
            let job = try await database.job(id)
            #expect(job.state == "pending")
            #expect(runs[id] == 0)
        }
    }

    @Test func `a worker told to stop before it has begun ends at once`() async throws {
        try await withStage { database, loop in
            let worker = try TestWorker(on: database) { _ in .completed("") }
            worker.worker.drain()
            try await worker.stop(on: loop)
            let left = try await workers(database)
            #expect(left == 0)
        }
    }

    @Test func `is what cancelling its task means`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            let worker = try TestWorker(on: database) {
                $0.drainLimit = .zero
            } play: { _ in
                try await rest(.seconds(60))
                return .completed("")
            }
            _ = try await database.reached(id) { $0.state == "processing" }
            worker.cancel()
            try await until(on: loop) { worker.hasEnded }
            worker.vanish()
            let job = try await database.job(id)
            #expect(job.state == "pending")
        }
    }
}
