import JSON
import Postgres
import Support
import Testing

@testable import Jobs

@Suite("Enqueuing jobs")
struct EnqueuingTests {
    private struct ChangeOfMind: Error {}

    @Test func `happens with the transaction that it is part of, or not at all`() async throws {
        try await withStage { database, loop in
            let kept = NewJob(kind: "probe", queue: "test")
            let dropped = NewJob(kind: "probe", queue: "test")
            let runs = Tally()
            try await whileWorking(on: database, loop) { attempt in
                runs.add(attempt.job)
                return .completed("")
            } _: { _ in
                try await database.transaction { transaction in
                    _ = try await transaction.execute(NewJob.insert([kept]))
                    try await rest(.milliseconds(100))
                    #expect(runs.total == 0)
                }
                try? await database.transaction { transaction in
                    _ = try await transaction.execute(NewJob.insert([dropped]))
                    throw ChangeOfMind()
                }
                _ = try await database.finished(kept.id)
            }
            #expect(runs.all == [kept.id: 1])
        }
    }

    @Test func `any number goes into one statement, which may be part of another`() async throws {
        try await withStage { database, _ in
            var jobs = (0..<500).map { NewJob(kind: "probe", queue: "q\($0 % 2)", arguments: ["n": .integer($0)]) }
            jobs[7].requestID = "r7"
            jobs[7].timeLimit = .milliseconds(1500)
            jobs[7].priority = -3
            jobs[7].maxRetries = 9
            _ = try await database.execute(
                "WITH enqueued AS (\(NewJob.insert(jobs))) INSERT INTO made (job, what) VALUES (\(jobs[0].id), 'with it')"
            )
            let stored = try await database.query(
                """
                SELECT kind, queue, arguments, priority, max_retries, time_limit, request_id
                FROM jobs
                WHERE id = \(jobs[7].id)
                """
            ).map {
                (
                    kind: String,
                    queue: String,
                    arguments: JSON,
                    priority: Int,
                    retries: Int,
                    limit: Duration,
                    request: String?
                )
                in
                "\(kind) \(queue) \(arguments) \(priority) \(retries) \(limit) \(request ?? "none")"
            }
            #expect(stored == ["probe q1 {\"n\":7} -3 9 1.5 seconds r7"])
            let others = try await database.count("SELECT count(*) FROM jobs WHERE request_id IS NULL AND priority = 0")
            #expect(others == 499)
            _ = try await database.execute(NewJob.insert([]))
            let count = try await database.count("SELECT count(*) FROM jobs")
            #expect(count == 500)
        }
    }
}

@Suite("States of a job")
struct StateTests {
    static let states = ["pending", "scheduled", "processing", "completed", "failed", "cancelled"]
    static let legal = [
        "pending": ["pending", "processing", "cancelled"],
        "scheduled": ["scheduled", "pending", "cancelled"],
        "processing": ["processing", "pending", "scheduled", "completed", "failed", "cancelled"],
        "completed": ["completed"], "failed": ["failed", "pending"], "cancelled": ["cancelled", "pending"],
    ]

    @Test func `change only along the drawn lines`() async throws {
        try await withDatabase { database, _ in
            for from in Self.states {
                for to in Self.states {
                    let id = JobID.next()
                    _ = try await database.execute(
                        """
                        INSERT INTO jobs (id, kind, queue, state, lease_token, lease_until, finished_at)
                        SELECT \(id), 'probe', 'test', s::job_state,
                            CASE WHEN s = 'processing' THEN gen_random_uuid() END,
                            CASE WHEN s = 'processing' THEN now() END,
                            CASE WHEN s IN ('completed', 'failed', 'cancelled') THEN now() END
                        FROM (SELECT \(from)::text) AS given (s)
                        """
                    )
                    let refusal: PostgresError?
                    do {
                        _ = try await database.execute(
                            """
                            UPDATE jobs
                            SET state = s::job_state,
                                lease_token = CASE WHEN s = 'processing' THEN coalesce(lease_token, gen_random_uuid()) END,
                                lease_until = CASE WHEN s = 'processing' THEN now() END,
                                finished_at = CASE WHEN s IN ('completed', 'failed', 'cancelled') THEN now() END
                            FROM (SELECT \(to)::text) AS given (s)
                            WHERE id = \(id)
                            """
                        )
                        refusal = nil
                    } catch {
                        refusal = error as? PostgresError
                    }
                    let isLegal = Self.legal[from]?.contains(to) == true
                    #expect((refusal == nil) == isLegal, "\(from) to \(to)")
                    if !isLegal { #expect(refusal?.constraint == "jobs_transition") }
                }
            }
        }
    }

    @Test func `a lease cannot be taken over while it is held`() async throws {
        try await withDatabase { database, _ in
            let id = try await database.enqueueOne()
            _ = try await database.claimTest(1, lease: .zero)
            let error = await #expect(throws: PostgresError.self) {
                try await database.execute(
                    "UPDATE jobs SET state = 'processing', lease_token = gen_random_uuid() WHERE id = \(id)"
                )
            }
            #expect(error?.constraint == "jobs_transition")
            let endless = await #expect(throws: PostgresError.self) {
                try await database.execute("UPDATE jobs SET lease_until = NULL WHERE id = \(id)")
            }
            #expect(endless?.constraint == "jobs_lease")
        }
    }
}

@Suite("Ending attempts")
struct EndingTests {
    private func claim(_ database: Database) async throws -> ClaimedJob {
        _ = try await database.enqueueOne()
        let claimed = try await database.claimTest(1, lease: .zero)
        return try #require(claimed.first)
    }

    @Test func `counts once, however often it is asked for, and can be asked about`() async throws {
        try await withStage { database, _ in
            let claimed = try await claim(database)
            let attempt = FinishedAttempt(claimed, .completed)
            let before = try await database.storedEnds(of: [attempt])
            #expect(before == [])
            let first = try await database.finish([attempt], storing: [])
            #expect(first == [claimed.lease])
            let second = try await database.finish([attempt], storing: [])
            #expect(second == [])
            let after = try await database.storedEnds(of: [attempt])
            #expect(after == [claimed.lease])
        }
    }

    @Test func `counts for nothing once the job was rescued`() async throws {
        try await withStage { database, _ in
            let claimed = try await claim(database)
            _ = try await database.rescueExpiredLeases(crashLimit: 3, limit: 10)
            let attempt = FinishedAttempt(claimed, .completed, product: "late")
            let product = Probe.store([(claimed.id, "late")])
            let late = try await database.finish([attempt], storing: product.map { [$0] } ?? [])
            #expect(late == [])
            let ended = try await database.storedEnds(of: [attempt])
            #expect(ended == [])
            let made = try await database.made(claimed.id)
            #expect(made == nil)
            let note = CheckpointNote(lease: claimed.lease, checkpoint: ["x": 1], providerRef: nil)
            let remembered = try await database.storeCheckpoints([note])
            #expect(remembered.isEmpty)
            let renewed = try await database.renew(
                [HeldLease(key: claimed.lease, progress: 0)],
                for: .seconds(60)
            )
            #expect(renewed == [:])
            let job = try await database.job(claimed.id)
            #expect(job.state == "pending")
        }
    }
}

@Suite("News of jobs")
struct JobChangeTests {
    @Test func `can be read again`() {
        let (first, second) = (JobID.next(), JobID.next())
        let changes = [
            JobChange(job: first), JobChange(job: second, progress: 0.25), JobChange(job: first, progress: 1),
        ]
        #expect(JobChange.parse(JobChange.message(changes)) == changes)
    }

    @Test(arguments: ["", "\n\n", "nonsense", "1234", " 5"])
    func `nonsense is no news`(message: String) {
        let job = JobID.next()
        #expect(JobChange.parse(message).isEmpty)
        #expect(JobChange.parse("\(message)\n\(job)\n\(job) 1001\n\(job) x") == [JobChange(job: job)])
    }
}
