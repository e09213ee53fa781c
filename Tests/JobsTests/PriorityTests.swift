import EventLoop
import Postgres
import Support
import Testing

@testable import Jobs

@Suite("Priorities")
struct PriorityTests {
    @Test func `decide before turns and age do, however late a job comes`() async throws {
        try await withStage { database, _ in
            let line = Line(database)
            try await line.ask("old", 5, priority: 0)
            try await line.ask("whenever", 2, priority: 10)
            try await line.begin()
            try await line.ask("urgent", 3, priority: -10)
            let rest = try await line.rest()
            #expect(rest == ["urgent", "urgent", "urgent", "old", "old", "old", "old", "whenever", "whenever"])
        }
    }

    @Test func `have turns of their own`() async throws {
        try await withStage { database, _ in
            let line = Line(database)
            try await line.ask("A", 50, priority: 0)
            try await line.ask("A", 3, priority: -10)
            try await line.begin()
            // The many of the one do not count among the few of the other.
            try await line.ask("B", 2, priority: -10)
            let rest = try await line.rest()
            #expect(rest.prefix(4) == ["A", "B", "A", "B"])
        }
    }

    @Test func `stay with a job that is scheduled, tried again, put back or handed back`() async throws {
        try await withStage { database, _ in
            let line = Line(database)
            try await line.ask("normal", 5)
            let due = try await database.clock(plus: .milliseconds(20))
            let ids = try await line.ask("urgent", 1, priority: -10, runAt: due)
            try await database.staged(1)
            for outcome in [AttemptOutcome.retried, .handedBack, .failed] {
                let begun = try await line.begin()
                #expect(begun == "urgent")
                try await line.end(outcome)
                if outcome == .failed { _ = try await database.retryJobs(ids) }
                try await line.stage()
            }
            let rest = try await line.rest()
            #expect(rest == ["urgent", "normal", "normal", "normal", "normal", "normal"])
        }
    }

    /// A worker that is busy looks for what comes late only where it was last, for a second at most.
    @Test func `are seen by a busy worker before long`() async throws {
        try await withStage { database, loop in
            let normal = try await database.enqueue(400)
            let served = Shared<[JobID]>([])
            try await whileWorking(on: database, loop) { settings in
                settings.queues[0].concurrency = 1
            } play: { attempt in
                served.withLock { $0.append(attempt.job) }
                try await rest(.milliseconds(10))
                return .completed("")
            } _: { _ in
                try await until(on: loop) { served.current.count >= 10 }
                let urgent = try await database.enqueueOne { $0.priority = -10 }
                let earlier = served.current.count
                _ = try await database.finished(urgent)
                let before = try #require(served.current.firstIndex(of: urgent))
                // Ten milliseconds each at least.
                #expect(before - earlier <= 105)
                _ = try await database.cancelJobs(normal)
                try await database.allFinished()
            }
        }
    }
}
