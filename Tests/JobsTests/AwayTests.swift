import EventLoop
import JSON
import Jobs
import Postgres
import Redis
import Support
import Testing

@Suite("Redis goes away")
struct RedisAwayTests {
    @Test func `jobs go on without it, and more quickly with it again`() async throws {
        try await withStage { database, loop in
            let server = try RedisServer()
            defer { server.stop() }
            try await whileWorking(on: database, loop, redis: server.url) { settings in
                settings.pollInterval = .seconds(3600)
                settings.pollIntervalWithoutWakeUps = .milliseconds(20)
                settings.rescueInterval = .seconds(3600)
            } play: { _ in
                .completed("")
            } _: { worker in
                let redis = try Redis(url: server.url, loops: [loop])
                try await until(on: loop) { redis.isAvailable }

                // Woken, because nothing else would in time.
                let first = try await database.enqueueOne()
                try await until(on: loop) {
                    worker.worker.testChannels.announceWork(in: "test", on: redis)
                    return try await database.job(first).hasFinished
                }

                server.kill()
                // The worker may still wait, in the belief that it will be woken.
                worker.nudge()
                let second = try await database.enqueueOne()
                _ = try await database.finished(second)

                try server.start()
                try await until(on: loop, within: .seconds(20)) { redis.isAvailable }
                let third = try await database.enqueueOne()
                try await until(on: loop, within: .seconds(20)) {
                    worker.worker.testChannels.announceWork(in: "test", on: redis)
                    return try await database.job(third).hasFinished
                }
                #expect(worker.problems == [])
            }
        }
    }
}

@Suite("PostgreSQL goes away")
struct DatabaseAwayTests {
    @Test func `a job ends before its lease does, and is done when the database is back`() async throws {
        try await withThrowawayDatabase { server, database, loop in
            let lease = Duration.milliseconds(2500)
            let id = try await database.enqueueOne()
            let isBack = Shared(false)
            let stopped = Shared<MonotonicTime?>(nil)
            try await whileWorking(on: database, loop) { settings in
                (settings.lease, settings.heartbeat, settings.crashLimit) = (lease, .milliseconds(500), 100)
            } play: { attempt in
                if isBack.current { return .completed("at last") }
                do {
                    try await rest(.seconds(60))
                } catch {
                    stopped.withLock { $0 = .current }
                    #expect(!attempt.mustNotGoOn)
                }
                return .completed("of no use")
            } _: { worker in
                _ = try await database.reached(id) { $0.state == "processing" }
                // Frozen instead of killed: no error tells the worker that its heartbeats go nowhere.
                server.freeze()
                let frozenAt = MonotonicTime.current
                try await until(on: loop) { (stopped.current ?? frozenAt) > frozenAt }
                #expect((stopped.current ?? frozenAt) - frozenAt < lease)
                try await until(on: loop) { worker.reports.last?.outcome == "lease_lost" }
                isBack.withLock { $0 = true }
                server.thaw()
                let job = try await database.finished(id, within: .seconds(20))
                #expect(job.state == "completed")
                #expect(job.retryCount == 0)
                #expect(job.crashCount > 0)
                let made = try await database.made(id)
                #expect(made == "at last")
            }
        }
    }

    @Test func `what ends meanwhile is stored when it is back, without another run`() async throws {
        try await withThrowawayDatabase { server, database, loop in
            let ids = try await database.enqueue(2)
            let isAway = Shared(false)
            try await whileWorking(on: database, loop) {
                $0.lease = .seconds(60)
            } play: { attempt in
                while !isAway.current { try await rest(.milliseconds(5)) }
                if attempt.job == ids[0] { try await attempt.remember(["prediction": "p1"]) }
                return .completed("meanwhile")
            } _: { worker in
                for id in ids { _ = try await database.reached(id) { $0.state == "processing" } }
                server.kill()
                isAway.withLock { $0 = true }
                try await until(on: loop) { !worker.problems.isEmpty }
                try server.start()
                for id in ids {
                    let job = try await eventually(within: .seconds(20), on: loop) {
                        (try? await database.job(id)).flatMap { $0.hasFinished ? $0 : nil }
                    }
                    #expect(job.state == "completed")
                    #expect(job.attempt == 1)
                    let made = try await database.made(id)
                    #expect(made == "meanwhile")
                }
                try await until(on: loop) { worker.reports.map(\.outcome) == ["completed", "completed"] }
                let remembered = try await database.count("SELECT count(*) FROM jobs WHERE checkpoint IS NOT NULL")
                #expect(remembered == 1)
            }
        }
    }
}
