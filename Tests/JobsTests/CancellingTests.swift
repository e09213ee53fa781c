import EventLoop
import Jobs
import Postgres
import Redis
import Support
import Testing

@Suite("Cancelling jobs")
struct CancellingTests {
    /// Rests for long, unless cancelled.
    private static let longJob: @Sendable (Attempt) async throws -> JobOutcome<String> = { _ in
        try await rest(.seconds(60))
        return .completed("never")
    }

    @Test func `a job that waits never begins`() async throws {
        try await withStage { database, loop in
            let ids = try await database.enqueue(2)
            _ = try await database.execute(
                "UPDATE jobs SET state = 'processing', lease_token = gen_random_uuid(), lease_until = now() WHERE id = \(ids[1])"
            )
            _ = try await database.execute(
                """
                UPDATE jobs
                SET state = 'scheduled', run_at = now() + interval '1 hour', error = 'busy', lease_token = NULL,
                    lease_until = NULL
                WHERE id = \(ids[1])
                """
            )
            for id in ids {
                let outcome = try await database.cancelJob(id)
                #expect(outcome == .cancelled)
                let again = try await database.cancelJob(id)
                #expect(again == .alreadyFinished)
            }
            let unknown = try await database.cancelJob(.next())
            #expect(unknown == .unknownJob)
            let runs = Tally()
            try await whileWorking(on: database, loop) { attempt in
                runs.add(attempt.job)
                return .completed("")
            } _: { _ in
                let last = try await database.enqueueOne()
                _ = try await database.finished(last)
                for id in ids {
                    let job = try await database.job(id)
                    #expect(job.state == "cancelled")
                    #expect(job.error == "cancelled")
                    #expect(job.finishedAt == job.updatedAt)
                    #expect(runs[id] == 0)
                }
            }
        }
    }

    @Test(arguments: [true, false])
    func `a running job stops, with and without Redis`(hasRedis: Bool) async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            let mustNotGoOn = Shared<Bool?>(nil)
            try await whileWorking(on: database, loop, redis: hasRedis ? environment("TEST_REDIS_URL") : nil) {
                settings in
                // With Redis nothing else would tell in time.
                if hasRedis { (settings.lease, settings.heartbeat) = (.seconds(600), .seconds(60)) }
            } play: { attempt in
                do {
                    return try await Self.longJob(attempt)
                } catch {
                    mustNotGoOn.withLock { $0 = attempt.mustNotGoOn }
                    throw error
                }
            } _: { worker in
                let running = try await database.reached(id) { $0.state == "processing" }
                let outcome = try await database.cancelJob(id)
                #expect(outcome == .requested)
                let asked = try await database.job(id)
                #expect(asked.cancelRequested)
                #expect(asked.updatedAt > running.updatedAt)
                if hasRedis {
                    let redis = try Redis(url: environment("TEST_REDIS_URL"), loops: [loop])
                    try await until(on: loop) { redis.isAvailable }
                    try await until(on: loop) {
                        redis.announceCancellation(of: [id], on: worker.worker.testChannels)
                        return try await database.job(id).hasFinished
                    }
                }
                let job = try await database.finished(id, within: .seconds(5))
                #expect(job.state == "cancelled")
                #expect(job.error == "cancelled")
                #expect(job.retryCount == 0)
            }
            #expect(mustNotGoOn.current == true)
            let attempts = try await database.attempts(id)
            #expect(attempts == [StoredAttempt(1, "cancelled", "cancelled")])
        }
    }

    @Test func `a run that does not listen is left behind`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            let isOver = Shared(false)
            try await whileWorking(on: database, loop) { _ in
                while !isOver.current { try await restUndisturbed(.milliseconds(5)) }
                return .completed("too late")
            } _: { worker in
                _ = try await database.reached(id) { $0.state == "processing" }
                _ = try await database.cancelJob(id)
                let job = try await database.finished(id, within: .seconds(5))
                #expect(job.state == "cancelled")
                isOver.withLock { $0 = true }
                try await until(on: loop) { worker.reports.map(\.outcome) == ["cancelled"] }
            }
            let made = try await database.made(id)
            #expect(made == nil)
        }
    }

    @Test(arguments: ["retried", "snoozed"])
    func `a job that asked for another attempt gets none`(end: String) async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            let isCancelled = Shared(false)
            try await whileWorking(on: database, loop) { settings in
                // The worker itself does not learn of it.
                (settings.lease, settings.heartbeat) = (.seconds(600), .seconds(60))
            } play: { attempt in
                while !isCancelled.current { try await rest(.milliseconds(2)) }
                if end == "retried" { throw JobError.transient("busy") }
                return .snoozed(.zero, reason: "not yet")
            } _: { _ in
                _ = try await database.reached(id) { $0.state == "processing" }
                _ = try await database.cancelJob(id)
                isCancelled.withLock { $0 = true }
                let job = try await database.finished(id)
                #expect(job.state == "cancelled")
                #expect(job.error == "cancelled")
                #expect(job.retryCount == 0)
            }
        }
    }

    @Test func `a message over Redis alone cancels nothing`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            let isOver = Shared(false)
            try await whileWorking(on: database, loop) { _ in
                while !isOver.current { try await rest(.milliseconds(2)) }
                return .completed("in spite of it")
            } _: { worker in
                _ = try await database.reached(id) { $0.state == "processing" }
                let redis = try Redis(url: environment("TEST_REDIS_URL"), loops: [loop])
                let channels = worker.worker.testChannels
                try await until(on: loop) { redis.isAvailable }
                for message in ["\(id)", "nonsense", ""] { redis.publish(channels.cancellations, message) }
                try await redis.command("PING")
                try await rest(.milliseconds(100))
                isOver.withLock { $0 = true }
                let job = try await database.finished(id)
                #expect(job.state == "completed")
            }
        }
    }
}
