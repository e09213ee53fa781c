import EventLoop
import Postgres
import Redis
import Support
import Testing

@testable import Jobs

@Suite("Pausing a queue")
struct PauseTests {
    @Test func `lets running jobs end and none begin, whichever worker comes`() async throws {
        try await withStage { database, loop in
            let mayEnd = Shared(false)
            let play: @Sendable (Attempt) async throws -> JobOutcome<String> = { _ in
                while !mayEnd.current { try await rest(.milliseconds(2)) }
                return .completed("")
            }
            let running = try await database.enqueueOne()
            try await whileWorking(on: database, loop, play: play) { _ in
                _ = try await database.reached(running) { $0.state == "processing" }
                let isKnown = try await database.pauseQueue("test")
                #expect(isKnown)
                let again = try await database.pauseQueue("test")
                #expect(again)
                let waiting = try await database.enqueue(3)
                mayEnd.withLock { $0 = true }
                let ended = try await database.finished(running)
                #expect(ended.state == "completed")
                try await rest(.milliseconds(150))
                for id in waiting {
                    let job = try await database.job(id)
                    #expect(job.state == "pending")
                }
            }
            // A new worker does not end the pause.
            try await whileWorking(on: database, loop, play: play) { _ in
                try await until(on: loop) { try await database.count("SELECT count(*) FROM workers") == 1 }
                try await rest(.milliseconds(150))
                let begun = try await database.count("SELECT count(*) FROM jobs WHERE attempt > 0")
                #expect(begun == 1)
                let isKnown = try await database.resumeQueue("test")
                #expect(isKnown)
                try await database.allFinished()
            }
        }
    }

    @Test(arguments: [nil, 3])
    func `resuming wakes the workers at once`(mostRunning: Int?) async throws {
        try await withStage { database, loop in
            try await whileWorking(on: database, loop) { settings in
                settings.queues[0].mostRunning = mostRunning
                (settings.pollInterval, settings.pollIntervalWithoutWakeUps) = (.seconds(3600), .seconds(3600))
            } play: { _ in
                .completed("")
            } _: { worker in
                try await until(on: loop) { try await database.count("SELECT count(*) FROM queues") == 1 }
                _ = try await database.pauseQueue("test")
                let ids = try await database.enqueue(10)
                // It has looked, and now it waits for long.
                worker.nudge()
                try await rest(.milliseconds(100))
                let redis = try Redis(url: environment("TEST_REDIS_URL"), loops: [loop])
                try await until(on: loop) { redis.isAvailable }
                _ = try await database.resumeQueue("test")
                worker.worker.testChannels.announceWork(in: "test", on: redis)
                for id in ids { _ = try await database.finished(id, within: .seconds(10)) }
            }
        }
    }

    @Test func `concerns that queue only`() async throws {
        try await withStage { database, loop in
            let others = try await database.enqueue(3) { job, _ in job.queue = "other" }
            let held = try await database.enqueue(3)
            try await database.registerQueues(["test", "other"])
            _ = try await database.pauseQueue("test")
            try await whileWorking(on: database, loop) { settings in
                settings.queues.append(.init(name: "other", concurrency: 2))
            } play: { _ in
                .completed("")
            } _: { _ in
                for id in others { _ = try await database.finished(id) }
                for id in held {
                    let job = try await database.job(id)
                    #expect(job.state == "pending")
                }
            }
        }
    }

    @Test func `of a queue that nobody works is refused`() async throws {
        try await withDatabase { database, _ in
            let paused = try await database.pauseQueue("unknown")
            #expect(!paused)
            let resumed = try await database.resumeQueue("unknown")
            #expect(!resumed)
        }
    }

    @Test func `waiting jobs can be cancelled meanwhile, and scheduled ones come due`() async throws {
        try await withStage { database, loop in
            try await database.registerQueues(["test"])
            _ = try await database.pauseQueue("test")
            let waiting = try await database.enqueueOne()
            let scheduled = try await database.enqueueOne { $0.runAt = .now + .milliseconds(50) }
            try await whileWorking(on: database, loop) { _ in
                .completed("")
            } _: { _ in
                let outcome = try await database.cancelJob(waiting)
                #expect(outcome == .cancelled)
                let due = try await database.reached(scheduled) { $0.state == "pending" }
                #expect(due.attempt == 0)
            }
        }
    }
}
