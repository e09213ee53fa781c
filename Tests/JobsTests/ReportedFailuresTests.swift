import EventLoop
import Postgres
import Redis
import Support
import Testing

@testable import Jobs

/// What other queues were reported to fail at, as far as no other suite shows it; `docs/jobs.md` lists them all.
@Suite("Failures reported of other queues")
struct ReportedFailuresTests {
    @Test func `upkeep that hangs on a lock is cut off, and goes on when the lock is gone`() async throws {
        try await withStage { database, loop in
            var impatient = database.configuration
            impatient.statementTimeout = .milliseconds(200)
            let quick = Database(impatient, loops: [loop])
            defer { quick.close() }
            try await whileWorking(on: quick, loop) { settings in
                settings.retry = RetryRule(base: 0.05)
            } play: { attempt in
                if attempt.number == 1 { throw JobError.transient("once more") }
                return .completed("")
            } _: { worker in
                let id = try await database.transaction { transaction in
                    _ = try await transaction.execute("LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE")
                    try await until(on: loop) {
                        worker.problems.contains { $0.hasPrefix("cannot look after the queue") }
                            && worker.problems.contains { $0.hasPrefix("cannot claim jobs") }
                    }
                    let job = NewJob(kind: Probe.kind, queue: "test")
                    _ = try await transaction.execute(NewJob.insert([job]))
                    return job.id
                }
                let job = try await database.finished(id)
                #expect(job.state == "completed")
                #expect(job.retryCount == 1)
            }
        }
    }

    @Test func `a lock that lingers on one waiting job holds up no other`() async throws {
        try await withStage { database, loop in
            let ids = try await database.enqueue(5)
            try await database.transaction { transaction in
                _ = try await transaction.execute("SELECT id FROM jobs WHERE id = \(ids[0]) FOR UPDATE")
                try await whileWorking(on: database, loop) { _ in
                } play: { _ in
                    .completed("")
                } _: { _ in
                    for id in ids.dropFirst() { _ = try await database.finished(id) }
                    let held = try await database.job(ids[0])
                    #expect(held.state == "pending")
                }
            }
            try await whileWorking(on: database, loop) { _ in
            } play: { _ in
                .completed("")
            } _: { _ in
                _ = try await database.finished(ids[0])
            }
        }
    }

    @Test func `a job that starts much later than a lease lasts runs once`() async throws {
        try await withStage { database, loop in
            let starts = Shared(0)
            let due = Timestamp.now + .milliseconds(1500)
            let id = try await database.enqueueOne { $0.runAt = due }
            let waiting = try await database.job(id)
            #expect(waiting.state == "scheduled")
            let prefix = "jobs-\(UUID.random())"
            let workers = try (0..<2).map { _ in
                try TestWorker(on: database, prefix: prefix) { settings in
                    (settings.lease, settings.heartbeat) = (.milliseconds(300), .milliseconds(50))
                } play: { _ in
                    starts.withLock { $0 += 1 }
                    return .completed("")
                }
            }
            let job = try await database.finished(id)
            #expect(starts.current == 1)
            #expect(job.attempt == 1)
            #expect(try #require(job.startedAt) >= due)
            for worker in workers { try await worker.stop(on: loop) }
        }
    }

    @Test(arguments: ["frozen", "full", "emptied"])
    func `a Redis that is no help costs only time`(fault: String) async throws {
        try await withStage { database, loop in
            let server = try RedisServer("--maxmemory", fault == "full" ? "1" : "0", "--maxmemory-policy", "noeviction")
            defer { server.stop() }
            try await whileWorking(on: database, loop, redis: server.url) { _ in
            } play: { _ in
                .completed("")
            } _: { worker in
                let redis = try Redis(url: server.url, loops: [loop])
                try await until(on: loop) { redis.isAvailable }
                switch fault {
                case "frozen": server.freeze()
                case "emptied":
                    server.kill()
                    try server.start()
                default: break
                }
                let ids = try await database.enqueue(20)
                worker.worker.testChannels.announceWork(in: "test", on: redis)
                for id in ids {
                    let job = try await database.finished(id)
                    #expect(job.attempt == 1)
                }
                if fault == "frozen" { server.thaw() }
            }
        }
    }

    @Test func `a wake-up that many hear does not send all of them at once`() async throws {
        try await withStage { database, loop in
            let prefix = "jobs-\(UUID.random())"
            let workers = try (0..<4).map { _ in
                try TestWorker(on: database, prefix: prefix) { settings in
                    settings.pollInterval = .seconds(3600)
                    settings.pollIntervalWithoutWakeUps = .seconds(3600)
                } play: { _ in
                    .completed("")
                }
            }
            // Each knows of the others after a heartbeat.
            try await until(on: loop) { workers.allSatisfy { $0.worker.otherWorkers == 3 } }
            let redis = try Redis(url: environment("TEST_REDIS_URL"), loops: [loop])
            let id = try await database.enqueueOne()
            try await until(on: loop) {
                workers[0].worker.testChannels.announceWork(in: "test", on: redis)
                return try await database.job(id).hasFinished
            }
            for worker in workers { try await worker.stop(on: loop) }
        }
    }

    @Test func `being told to come later uses up no retry of what is paid for`() async throws {
        try await withStage { database, loop in
            try await whileWorking(on: database, loop) { settings in
                settings.retry = RetryRule(base: 0.05, mostSnoozes: 5)
            } play: { attempt in
                if attempt.number <= 4 {
                    throw JobError("too many requests", isTransient: true, usesRetry: false)
                }
                return .completed("")
            } _: { _ in
                let id = try await database.enqueueOne { $0.maxRetries = 0 }
                let job = try await database.finished(id)
                #expect(job.state == "completed")
                #expect(job.retryCount == 0)
                let attempts = try await database.attempts(id)
                #expect(attempts.prefix(4).allSatisfy { $0.outcome == "snoozed" && $0.error == "too many requests" })
            }
        }
    }

    @Test func `waiting ends after so many times`() async throws {
        try await withStage { database, loop in
            try await whileWorking(on: database, loop) { settings in
                settings.retry = RetryRule(base: 0.05, mostSnoozes: 3)
            } play: { _ in
                .snoozed(.zero, reason: "not yet")
            } _: { _ in
                let id = try await database.enqueueOne()
                let job = try await database.finished(id)
                #expect(job.state == "failed")
                #expect(job.attempt == 4)
                #expect(job.error == "waited 3 times, the last time because: not yet")
            }
        }
    }
}
