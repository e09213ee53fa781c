import EventLoop
import JSON
import Postgres
import Support
import Testing

@testable import Jobs

@Suite("What a waiting job has under way outside")
struct UnderWayTests {
    @Test(arguments: ["snoozed", "retried", "crashed"])
    func `takes one of the limited places until the job has gone on with it`(end: String) async throws {
        try await withStage { database, loop in
            let starts = Shared<[JobID]>([])
            let first = try await database.enqueueOne()
            let second = try await database.enqueueOne()
            if end == "crashed" {
                try await database.registerQueues(["test"])
                var claim = Claim(queue: "test", limit: 1, token: .random(), worker: "w", lease: .milliseconds(500))
                claim.mostRunning = 1
                let claimed = try await database.claimJobs(claim)
                let note = CheckpointNote(
                    lease: try #require(claimed.first?.lease),
                    checkpoint: ["p": 1],
                    providerRef: nil
                )
                _ = try await database.storeCheckpoints([note])
            }
            try await whileWorking(on: database, loop) { settings in
                settings.queues[0].mostRunning = 1
                settings.retry = RetryRule(base: 1)
            } play: { attempt in
                starts.withLock { $0.append(attempt.job) }
                guard attempt.job == first, attempt.number == 1 else { return .completed("") }
                try await attempt.remember(["p": 1])
                if end == "retried" { throw JobError.transient("once more", retryAfter: .milliseconds(300)) }
                return .snoozed(.milliseconds(300), reason: "later")
            } _: { _ in
                _ = try await database.finished(first)
                _ = try await database.finished(second)
            }
            #expect(starts.current == (end == "crashed" ? [first, second] : [first, first, second]))
        }
    }

    @Test func `takes none once it is given up, or was nothing`() async throws {
        try await withStage { database, loop in
            try await whileWorking(on: database, loop) { settings in
                settings.queues[0].mostRunning = 1
            } play: { attempt in
                guard attempt.number == 1 else { return .completed("") }
                try await attempt.remember(["p": 1])
                try await attempt.remember([:])
                return .snoozed(.seconds(600), reason: "later")
            } _: { _ in
                let waiting = try await database.enqueueOne()
                _ = try await database.reached(waiting) { $0.state == "scheduled" }
                let next = try await database.enqueueOne()
                _ = try await database.reached(next) { $0.attempt == 1 }
            }
        }
    }
}
