import EventLoop
import Postgres
import Support
import Testing

@testable import Jobs

@Suite("A limit over all workers")
struct LimitTests {
    /// Counts what runs, seen from inside the jobs.
    private final class Gauge: Sendable {
        private let state = Shared((now: 0, most: 0))

        func enter() { state.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }
        func leave() { state.withLock { $0.now -= 1 } }
        var now: Int { state.current.now }
        var most: Int { state.current.most }
    }

    @Test(arguments: [1, 5])
    func `is never exceeded by several workers, and is reached`(mostRunning: Int) async throws {
        try await withStage { database, loop in
            let gauge = Gauge()
            let prefix = "jobs-\(UUID.random())"
            try await database.enqueue(150)
            let workers = try (0..<3).map { _ in
                try TestWorker(on: database, prefix: prefix) { settings in
                    settings.queues[0].concurrency = 4
                    settings.queues[0].mostRunning = mostRunning
                } play: { _ in
                    gauge.enter()
                    try await rest(.milliseconds(Int.random(in: 0...4)))
                    gauge.leave()
                    return .completed("")
                }
            }
            try await database.allFinished(within: .seconds(30))
            for worker in workers { try await worker.stop(on: loop) }
            #expect(gauge.most == mostRunning)
            #expect(workers.flatMap(\.problems) == [])
            let attempts = try await database.count("SELECT count(*) FROM job_attempts")
            #expect(attempts == 150)
        }
    }

    @Test func `counts the jobs of a worker that has vanished, until they are rescued`() async throws {
        try await withStage { database, loop in
            let gauge = Gauge()
            let isOver = Shared(false)
            let setUp: @Sendable (inout WorkerSettings) -> Void = { settings in
                settings.queues[0].mostRunning = 4
                settings.lease = .milliseconds(1500)
            }
            try await database.enqueue(4)
            let doomed = try TestWorker(on: database, setUp) { _ in
                try await rest(.seconds(60))
                return .completed("")
            }
            try await until(on: loop) {
                try await database.count("SELECT count(*) FROM jobs WHERE state = 'processing'") == 4
            }
            let more = try await database.enqueue(2)
            doomed.vanish()
            try await whileWorking(on: database, loop, setUp) { attempt in
                gauge.enter()
                while !isOver.current { try await rest(.milliseconds(2)) }
                gauge.leave()
                return .completed("\(attempt.number)")
            } _: { _ in
                // Nothing begins before the first of them is given back.
                try await until(on: loop) {
                    let (running, crashed) =
                        try await database.query(
                            """
                            SELECT (SELECT count(*) FROM jobs WHERE state = 'processing'),
                                (SELECT count(*) FROM job_attempts WHERE outcome = 'crashed')
                            """
                        ).one { (running: Int, crashed: Int) in (running, crashed) } ?? (0, 0)
                    #expect(running <= 4)
                    #expect(gauge.now <= crashed)
                    return crashed == 4 && gauge.now == 4
                }
                isOver.withLock { $0 = true }
                for id in more { _ = try await database.finished(id) }
                try await database.allFinished()
            }
            #expect(gauge.most == 4)
        }
    }

    @Test func `of nothing lets nothing begin`() async throws {
        try await withStage { database, _ in
            try await database.enqueue(3)
            try await database.registerQueues(["test"])
            var claim = Claim(queue: "test", limit: 10, token: .random(), worker: "w", lease: .seconds(60))
            claim.mostRunning = 0
            let none = try await database.claimJobs(claim)
            #expect(none.isEmpty)
            claim.mostRunning = 2
            let two = try await database.claimJobs(claim)
            #expect(two.count == 2)
            // Fewer than run already, as after a change of settings.
            claim.mostRunning = 1
            let noneMore = try await database.claimJobs(claim)
            #expect(noneMore.isEmpty)
        }
    }

    @Test func `does not count the jobs of other queues`() async throws {
        try await withStage { database, _ in
            try await database.enqueue(3) { job, _ in job.queue = "other" }
            let others = try await database.claimJobs(
                Claim(queue: "other", limit: 10, token: .random(), worker: "w", lease: .seconds(60))
            )
            #expect(others.count == 3)
            try await database.enqueue(3)
            try await database.registerQueues(["test"])
            var claim = Claim(queue: "test", limit: 10, token: .random(), worker: "w", lease: .seconds(60))
            claim.mostRunning = 2
            let two = try await database.claimJobs(claim)
            #expect(two.count == 2)
        }
    }
}
