import EventLoop
import Postgres
import Support
import Testing

@testable import Jobs

@Suite("Scheduled jobs")
struct ScheduledTests {
    @Test func `begin when their time has come, and not before`() async throws {
        try await withStage { database, loop in
            let due = try await database.clock(plus: .milliseconds(600))
            let later = try await database.enqueueOne { $0.runAt = due }
            let never = try await database.enqueueOne { $0.runAt = due + .seconds(3600) }
            let now = try await database.enqueueOne()
            try await whileWorking(on: database, loop) { _ in
                .completed("")
            } _: { _ in
                _ = try await database.finished(now)
                let job = try await database.finished(later)
                let startedAt = try #require(job.startedAt)
                #expect(startedAt >= due)
                #expect(job.attempt == 1)
                let waiting = try await database.job(never)
                #expect(waiting.state == "scheduled")
            }
        }
    }

    @Test(arguments: [Duration.seconds(-3600), .zero])
    func `whose time is past wait like any other`(offset: Duration) async throws {
        try await withStage { database, _ in
            let when = try await database.clock(plus: offset)
            let id = try await database.enqueueOne { $0.runAt = when }
            let job = try await database.job(id)
            #expect(job.state == "pending")
            let isNow = try await database.count("SELECT count(*) FROM jobs WHERE run_at = created_at")
            #expect(isNow == 1)
        }
    }

    @Test func `keep their time exactly, however far away it is`() async throws {
        try await withStage { database, _ in
            let when = Timestamp.now + .seconds(364 * 86_400)
            let id = try await database.enqueueOne { $0.runAt = when }
            let stored = try await database.query("SELECT run_at FROM jobs WHERE id = \(id)")
                .map { (at: Timestamp) in at }
            #expect(stored == [when])
        }
    }

    @Test func `that were cancelled never begin`() async throws {
        try await withStage { database, loop in
            let due = try await database.clock(plus: .milliseconds(200))
            let ids = try await database.enqueue(2) { job, _ in job.runAt = due }
            let outcome = try await database.cancelJob(ids[0])
            #expect(outcome == .cancelled)
            try await whileWorking(on: database, loop) { _ in
                .completed("")
            } _: { _ in
                _ = try await database.finished(ids[1])
                let job = try await database.job(ids[0])
                #expect(job.state == "cancelled")
                #expect(job.attempt == 0)
            }
        }
    }

    @Test func `come due in the order of their times, so many at once, and each once`() async throws {
        try await withStage { database, _ in
            let start = try await database.clock(plus: .milliseconds(50))
            let ids = try await database.enqueue(30) { job, number in
                job.runAt = start + .milliseconds(30 - number)
            }
            try await until(on: database.loopHere) {
                try await database.count("SELECT count(*) FROM jobs WHERE run_at <= now()") == 30
            }
            let first = try await database.stageDueJobs(limit: 10)
            #expect(Set(first) == Set(ids.suffix(10)))
            async let left = database.stageDueJobs(limit: 15)
            async let right = database.stageDueJobs(limit: 15)
            var staged = try await left + right
            staged += try await database.stageDueJobs(limit: 100)
            #expect(staged.count == 20)
            #expect(Set(staged) == Set(ids.prefix(20)))
        }
    }
}

extension Database {
    fileprivate var loopHere: EventLoop {
        guard let loop = EventLoop.current else { preconditionFailure("not on a loop") }
        return loop
    }
}
