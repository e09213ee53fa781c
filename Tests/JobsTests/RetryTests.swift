import EventLoop
import JSON
import Postgres
import Support
import Testing

@testable import Jobs

@Suite("Putting a job back")
struct RetryTests {
    @Test(arguments: ["failed", "cancelled"])
    func `runs it again as if it were new, and its story goes on`(end: String) async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne { $0.maxRetries = 2 }
            let isMended = Shared(false)
            try await whileWorking(on: database, loop) { attempt in
                if isMended.current { return .completed("attempt \(attempt.number), retries \(attempt.retryCount)") }
                if end == "cancelled" { return .cancelled(reason: "of no use") }
                throw JobError.transient("out of order")
            } _: { _ in
                let ended = try await database.finished(id)
                #expect(ended.state == end)
                #expect(ended.retryCount == (end == "failed" ? 2 : 0))
                isMended.withLock { $0 = true }
                let outcome = try await database.retryJob(id)
                #expect(outcome == .queued)
                let job = try await database.reached(id) { $0.state == "completed" }
                #expect(job.retryCount == 0)
                #expect(job.crashCount == 0)
                #expect(job.error == nil)
                #expect(job.attempt == (end == "failed" ? 4 : 2))
            }
            let made = try await database.made(id)
            #expect(made == (end == "failed" ? "attempt 4, retries 0" : "attempt 2, retries 0"))
            let attempts = try await database.attempts(id)
            #expect(attempts.count == (end == "failed" ? 4 : 2))
        }
    }

    @Test func `gives all its chances back`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne { $0.maxRetries = 1 }
            try await whileWorking(on: database, loop) { settings in
                settings.retry = RetryRule(base: 0.02, mostSnoozes: 2)
            } play: { attempt in
                if attempt.number % 2 == 1 { return .snoozed(.zero, reason: "not yet") }
                throw JobError.transient("out of order")
            } _: { _ in
                for round in 1...2 {
                    let job = try await database.reached(id) { $0.state == "failed" && $0.attempt == 4 * round }
                    #expect(job.error == "out of order")
                    #expect(job.retryCount == 1)
                    if round == 1 { _ = try await database.retryJob(id) }
                }
            }
        }
    }

    @Test func `is refused for what waits, runs or is completed`() async throws {
        try await withStage { database, _ in
            let ids = try await database.enqueue(4) { job, number in
                job.queue = "queue \(number)"
                if number == 3 { job.runAt = .now + .seconds(60) }
            }
            for number in 1...2 {
                let claim = Claim(
                    queue: "queue \(number)",
                    limit: 1,
                    token: .random(),
                    worker: "w",
                    lease: .seconds(60)
                )
                let claimed = try await database.claimJobs(claim)
                if number == 2 {
                    _ = try await database.finish(claimed.map { FinishedAttempt($0, .completed) }, storing: [])
                }
            }
            let unknown = JobID.next()
            let outcomes = try await database.retryJobs(ids + [unknown])
            #expect(outcomes.count == 4)
            #expect(outcomes.values.allSatisfy { $0 == .notEndedBadly })
            let one = try await database.retryJob(unknown)
            #expect(one == .unknownJob)
        }
    }

    @Test func `asked for twice in the same moment happens once`() async throws {
        try await withStage { database, _ in
            let id = try await database.enqueueOne()
            _ = try await database.cancelJob(id)
            async let first = database.retryJob(id)
            async let second = database.retryJob(id)
            let outcomes = try await [first, second]
            #expect(Set(outcomes) == [.queued, .notEndedBadly])
        }
    }

    @Test func `ends for good once the job is completed`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            _ = try await database.cancelJob(id)
            _ = try await database.retryJob(id)
            try await whileWorking(on: database, loop) { _ in
                .completed("")
            } _: { _ in
                _ = try await database.reached(id) { $0.state == "completed" }
            }
            let again = try await database.retryJob(id)
            #expect(again == .notEndedBadly)
        }
    }
}
