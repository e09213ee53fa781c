import EventLoop
import JSON
import Jobs
import Postgres
import Support
import Testing

@Suite("Running jobs")
struct RunningTests {
    @Test func `a job runs once, and what it made is stored with its end`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne { $0.requestID = "request-1" }
            let runs = Tally()
            try await whileWorking(on: database, loop) { attempt in
                runs.add(attempt.job)
                return .completed("\(attempt.number) \(attempt.retryCount) \(attempt.requestID ?? "")")
            } _: { worker in
                let job = try await database.finished(id)
                #expect(job.state == "completed")
                #expect(job.progress == 1)
                #expect(job.retryCount == 0)
                #expect(job.error == nil)
                #expect(!job.isLeased)
                let started = try #require(job.startedAt)
                let finished = try #require(job.finishedAt)
                #expect(job.createdAt <= started && started <= finished && finished == job.updatedAt)
                let made = try await database.made(id)
                #expect(made == "1 0 request-1")
                try await until(on: loop) { worker.reports.count == 1 }
                #expect(worker.reports.first?.outcome == "completed")
                #expect(worker.reports.first?.worker == worker.worker.name)
            }
            #expect(runs[id] == 1)
            let attempts = try await database.attempts(id)
            #expect(attempts == [StoredAttempt(1, "completed")])
        }
    }

    @Test func `jobs of several kinds that end together are all stored`() async throws {
        try await withStage { database, loop in
            let ids = try await database.enqueue(20) { job, number in
                if number % 2 == 1 { job.kind = OtherProbe.kind }
            }
            try await whileWorking(on: database, loop) {
                $0.queues[0].concurrency = 20
            } play: { _ in
                .completed("it")
            } _: { _ in
                try await database.allFinished()
            }
            for (number, id) in ids.enumerated() {
                let made = try await database.made(id)
                #expect(made == (number % 2 == 1 ? "other it" : "it"))
            }
        }
    }

    @Test func `the lower priority comes first, then the older job`() async throws {
        try await withStage { database, loop in
            let ids = try await database.enqueue(6) { job, number in job.priority = number < 3 ? 1 : 0 }
            let seen = Shared<[JobID]>([])
            try await whileWorking(on: database, loop) {
                $0.queues[0].concurrency = 1
            } play: { attempt in
                seen.withLock { $0.append(attempt.job) }
                return .completed("")
            } _: { _ in
                try await database.allFinished()
            }
            // Equal times are told apart by the ids.
            #expect(seen.current == ids[3...].sorted() + ids[..<3].sorted())
        }
    }

    @Test func `no more run at once than there are places, and every place is filled again`() async throws {
        try await withStage { database, loop in
            try await database.enqueue(30)
            let running = Shared((now: 0, most: 0))
            try await whileWorking(on: database, loop) {
                $0.queues[0].concurrency = 4
            } play: { _ in
                running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                try await rest(.milliseconds(3))
                running.withLock { $0.now -= 1 }
                return .completed("")
            } _: { _ in
                try await database.allFinished()
            }
            #expect(running.withLock { $0.most } == 4)
        }
    }

    @Test func `several workers share a queue, and no job runs twice`() async throws {
        try await withStage { database, loop in
            let runs = Tally()
            let prefix = "jobs-\(UUID.random())"
            let workers = try (0..<3).map { _ in
                try TestWorker(on: database, prefix: prefix) {
                    $0.lease = .seconds(60)
                } play: { attempt in
                    runs.add(attempt.job)
                    return .completed("")
                }
            }
            let ids = try await database.enqueue(300)
            try await database.allFinished()
            for worker in workers { try await worker.stop(on: loop) }
            #expect(runs.all == Dictionary(uniqueKeysWithValues: ids.map { ($0, 1) }))
            let made = try await database.count("SELECT count(*) FROM made")
            #expect(made == 300)
            #expect(workers.flatMap(\.problems) == [])
            #expect(Set(workers.map(\.worker.name)).count == 3)
        }
    }

    @Test func `a kind nobody knows is waited for, then failed with its name`() async throws {
        try await withStage { database, loop in
            let ids = try await database.enqueue(2) { job, number in
                job.kind = "unknown"
                job.maxRetries = number
            }
            try await whileWorking(on: database, loop) { _ in
                .completed("")
            } _: { _ in
                let failed = try await database.finished(ids[0])
                #expect(failed.state == "failed")
                #expect(failed.error == "no worker of this version runs jobs of the kind unknown")
                let waiting = try await database.reached(ids[1]) { $0.retryCount == 1 }
                #expect(waiting.state == "scheduled")
            }
        }
    }

    @Test(arguments: [#"{"unreadable": true}"#, #"{"huge": 1e999}"#])
    func `arguments that cannot be read fail their job, and no other`(arguments: String) async throws {
        try await withStage { database, loop in
            let ids = try await database.enqueue(3)
            _ = try await database.execute("UPDATE jobs SET arguments = \(arguments)::text::jsonb WHERE id = \(ids[1])")
            try await whileWorking(on: database, loop) { _ in
                .completed("")
            } _: { _ in
                try await database.allFinished()
            }
            for (id, state) in zip(ids, ["completed", "failed", "completed"]) {
                let job = try await database.job(id)
                #expect(job.state == state)
                #expect(job.retryCount == 0)
            }
            let error = try await database.job(ids[1]).error
            #expect(error?.contains("cannot be read") == true)
        }
    }

    @Test func `progress is shown while a job runs, and what is no number is not`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            let reported = Shared(0.25)
            try await whileWorking(on: database, loop) { attempt in
                while true {
                    let progress = reported.withLock { $0 }
                    if progress > 1 { return .completed("") }
                    attempt.report(progress: progress)
                    attempt.report(progress: .nan)
                    try await rest(.milliseconds(5))
                }
            } _: { _ in
                let first = try await database.reached(id) { $0.progress == 0.25 }
                reported.withLock { $0 = 0.5 }
                let second = try await database.reached(id) { $0.progress == 0.5 }
                #expect(first.updatedAt < second.updatedAt)
                reported.withLock { $0 = 2 }
                _ = try await database.finished(id)
            }
        }
    }
}
