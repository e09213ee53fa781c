import EventLoop
import Jobs
import Postgres
import Support
import Testing

@Suite("Failing jobs")
struct FailingTests {
    private struct Surprise: Error {}

    @Test func `a permanent error fails the job at once, in its own words`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            try await whileWorking(on: database, loop) { _ in
                throw JobError.permanent("no such model")
            } _: { worker in
                let job = try await database.finished(id)
                #expect(job.state == "failed")
                #expect(job.error == "no such model")
                #expect(job.retryCount == 0)
                #expect(worker.problems == [])
            }
            let attempts = try await database.attempts(id)
            #expect(attempts == [StoredAttempt(1, "failed", "no such model")])
        }
    }

    @Test func `a transient error is retried until the retries are used up, and the story tells all of it`()
        async throws
    {
        try await withStage { database, loop in
            let id = try await database.enqueueOne { $0.maxRetries = 2 }
            try await whileWorking(on: database, loop) { attempt in
                #expect(attempt.retryCount == attempt.number - 1)
                throw JobError.transient("busy \(attempt.number)")
            } _: { _ in
                let job = try await database.finished(id)
                #expect(job.state == "failed")
                #expect(job.error == "busy 3")
                #expect(job.retryCount == 2)
                #expect(job.attempt == 3)
            }
            let attempts = try await database.attempts(id)
            #expect(
                attempts == [
                    StoredAttempt(1, "retried", "busy 1"), StoredAttempt(2, "retried", "busy 2"),
                    StoredAttempt(3, "failed", "busy 3"),
                ]
            )
        }
    }

    @Test func `a job that waits for its next attempt tells why, and forgets it when that succeeds`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            try await whileWorking(on: database, loop) { attempt in
                guard attempt.number > 1 else { throw JobError.transient("busy", retryAfter: .milliseconds(300)) }
                return .completed("late")
            } _: { _ in
                let waiting = try await database.reached(id) { $0.state == "scheduled" }
                #expect(waiting.error == "busy")
                #expect(waiting.retryCount == 1)
                #expect(waiting.finishedAt == nil)
                let waited = try await database.query(
                    "SELECT run_at - updated_at >= interval '300 ms' FROM jobs WHERE id = \(id)"
                ).one { (waited: Bool) in waited }
                #expect(waited == true)
                let job = try await database.finished(id)
                #expect(job.state == "completed")
                #expect(job.error == nil)
                #expect(job.retryCount == 1)
            }
        }
    }

    @Test func `an error nobody expected says nothing of the inside, except in the log`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne { $0.maxRetries = 0 }
            try await whileWorking(on: database, loop) { _ in
                throw Surprise()
            } _: { worker in
                let job = try await database.finished(id)
                #expect(job.error == "an internal error; the log has the details")
                #expect(worker.problems.contains { $0.contains("Surprise") })
            }
        }
    }

    @Test func `any text of an error can be stored`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            let text = "a\0b{\"\\" + String(repeating: "é", count: 3000)
            try await whileWorking(on: database, loop) { _ in
                throw JobError.permanent(text)
            } _: { _ in
                let job = try await database.finished(id)
                #expect(job.error?.hasPrefix("a b{\"\\éé") == true)
                #expect(job.error?.count == 2000)
            }
        }
    }

    @Test func `snoozing uses no retry`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne { $0.maxRetries = 0 }
            try await whileWorking(on: database, loop) { attempt in
                switch attempt.number {
                case 1: .snoozed(.milliseconds(20), reason: "not yet")
                // More than any clock holds is a long wait, not a crash.
                case 2: .snoozed(.seconds(Int64.max), reason: "never")
                default: .completed("")
                }
            } _: { _ in
                let job = try await database.reached(id) { $0.error == "never" }
                #expect(job.state == "scheduled")
                #expect(job.retryCount == 0)
                _ = try await database.execute("UPDATE jobs SET run_at = now() WHERE id = \(id)")
                let finished = try await database.finished(id)
                #expect(finished.state == "completed")
                #expect(finished.retryCount == 0)
                #expect(finished.error == nil)
            }
            let attempts = try await database.attempts(id)
            #expect(attempts.map(\.outcome) == ["snoozed", "snoozed", "completed"])
        }
    }

    @Test func `a job may give itself up`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne()
            try await whileWorking(on: database, loop) { _ in
                .cancelled(reason: "it was deleted")
            } _: { _ in
                let job = try await database.finished(id)
                #expect(job.state == "cancelled")
                #expect(job.error == "it was deleted")
            }
        }
    }

    @Test func `a job beyond its time limit is stopped and tried again`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne {
                $0.timeLimit = .milliseconds(1050)
                $0.maxRetries = 1
            }
            let mustNotGoOn = Shared<[Bool]>([])
            try await whileWorking(on: database, loop) { attempt in
                guard attempt.number == 1 else { return .completed("") }
                do {
                    try await rest(.seconds(60))
                } catch {
                    mustNotGoOn.withLock { $0.append(attempt.mustNotGoOn) }
                    throw error
                }
                return .completed("")
            } _: { _ in
                let job = try await database.finished(id)
                #expect(job.state == "completed")
                #expect(job.retryCount == 1)
            }
            #expect(mustNotGoOn.current == [true])
            let attempts = try await database.attempts(id)
            #expect(attempts.first == StoredAttempt(1, "retried", "took longer than 1 seconds"))
        }
    }

    @Test func `a run that does not stop loses its job, but keeps its place until it has ended`() async throws {
        try await withStage { database, loop in
            let id = try await database.enqueueOne {
                $0.timeLimit = .milliseconds(50)
                $0.maxRetries = 0
            }
            let isOver = Shared(false)
            try await whileWorking(on: database, loop) {
                $0.queues[0].concurrency = 1
            } play: { attempt in
                if attempt.job == id {
                    while !isOver.current { try await restUndisturbed(.milliseconds(5)) }
                }
                return .completed("too late")
            } _: { worker in
                let job = try await database.finished(id)
                #expect(job.state == "failed")
                let next = try await database.enqueueOne()
                try await rest(.milliseconds(200))
                let waiting = try await database.job(next)
                #expect(waiting.state == "pending")
                isOver.withLock { $0 = true }
                let done = try await database.finished(next)
                #expect(done.state == "completed")
                try await until(on: loop) { worker.reports.map(\.outcome) == ["failed", "completed"] }
            }
            let made = try await database.made(id)
            #expect(made == nil)
        }
    }
}

@Suite("What cannot be stored")
struct UnstorableTests {
    @Test(arguments: ["poison", "with\0NUL"])
    func `fails its own job with a clear error, and holds up no other`(product: String) async throws {
        try await withStage { database, loop in
            let ids = try await database.enqueue(10)
            try await whileWorking(on: database, loop) { attempt in
                .completed(attempt.job == ids[4] ? product : "fine")
            } _: { worker in
                try await database.allFinished(within: .seconds(5))
                try await until(on: loop) { worker.reports.count == 10 }
                #expect(worker.problems.count == 1)
                #expect(worker.reports.filter { $0.outcome == "failed" }.map(\.job) == [ids[4]])
            }
            for id in ids {
                let job = try await database.job(id)
                #expect(job.state == (id == ids[4] ? "failed" : "completed"))
                #expect(job.attempt == 1)
                let made = try await database.made(id)
                #expect(made == (id == ids[4] ? nil : "fine"))
            }
            let error = try await database.job(ids[4]).error
            #expect(error == "what the job made could not be stored")
        }
    }

    @Test func `a connection that dies under the statement costs no attempt`() async throws {
        try await withStage { database, loop in
            // The first two tries to store something end their own session.
            _ = try await database.execute("CREATE SEQUENCE tries")
            _ = try await database.execute(
                """
                CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF nextval('tries') <= 2 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
                    RETURN NEW;
                END $$
                """
            )
            _ = try await database.execute(
                "CREATE TRIGGER die BEFORE INSERT ON made FOR EACH ROW EXECUTE FUNCTION die()"
            )
            let id = try await database.enqueueOne()
            try await whileWorking(on: database, loop) { _ in
                .completed("once")
            } _: { worker in
                let job = try await database.finished(id)
                #expect(job.state == "completed")
                #expect(job.attempt == 1)
                try await until(on: loop) { worker.reports.map(\.outcome) == ["completed"] }
            }
        }
    }
}
