import JSON
import Postgres
import Support
import Testing

@testable import Jobs

@Suite("What attempts remember")
struct RememberingTests {
    @Test func `is stored for all that remember at once`() async throws {
        try await withStage { database, loop in
            let jobs = try await database.enqueue(10)
            try await whileWorking(on: database, loop) { attempt in
                try await attempt.remember(["job": .string("\(attempt.job)")], providerRef: "p\(attempt.job)")
                return .completed("")
            } _: { _ in
                for job in jobs { _ = try await database.finished(job) }
            }
            let remembered = try await database.count(
                """
                SELECT count(*)
                FROM jobs j
                JOIN job_attempts a ON a.job_id = j.id AND a.provider_ref = 'p' || j.id
                WHERE j.checkpoint->>'job' = j.id::text
                """
            )
            #expect(remembered == 10)
        }
    }

    @Test func `fails alone when it cannot be stored`() async throws {
        try await withStage { database, loop in
            let jobs = try await database.enqueue(10)
            try await whileWorking(on: database, loop) { attempt in
                do {
                    try await attempt.remember([attempt.job == jobs[3] ? "NUL\0" : "fine": 1])
                    return .completed("remembered")
                } catch {
                    return .completed(error is PostgresError ? "refused" : "\(error)")
                }
            } _: { _ in
                for job in jobs { _ = try await database.finished(job) }
            }
            for job in jobs {
                let made = try await database.made(job)
                #expect(made == (job == jobs[3] ? "refused" : "remembered"))
            }
        }
    }

    @Test(arguments: [1, 2])
    func `names something outside that belongs to one job, however many want it at once`(workers: Int) async throws {
        try await withStage { database, loop in
            let jobs = try await database.enqueue(10)
            @Sendable func play(_ attempt: Attempt) async throws -> JobOutcome<String> {
                do {
                    try await attempt.remember(["its": 1], providerRef: "the one")
                    // Once more is no trouble.
                    try await attempt.remember(["its": 2], providerRef: "the one")
                    return .completed("has it")
                } catch is ReferenceTaken {
                    return .completed("has it not")
                }
            }
            try await whileWorking(on: database, loop, play: play) { _ in
                if workers == 2 {
                    try await whileWorking(on: database, loop, play: play) { _ in
                        for job in jobs { _ = try await database.finished(job) }
                    }
                }
                for job in jobs { _ = try await database.finished(job) }
            }
            var made: [String?] = []
            for job in jobs { made.append(try await database.made(job)) }
            #expect(made.count { $0 == "has it" } == 1)
            #expect(made.count { $0 == "has it not" } == 9)
            let remembering = try await database.count("SELECT count(*) FROM jobs WHERE checkpoint IS NOT NULL")
            #expect(remembering == 1)
        }
    }

    @Test func `is the latest of what one attempt says at once`() async throws {
        try await withStage { database, loop in
            let jobs = [try await database.enqueueOne()]
            try await whileWorking(on: database, loop) { attempt in
                async let first: Void = attempt.remember(["step": 1])
                async let second: Void = attempt.remember(["step": 2])
                _ = try await (first, second)
                return .completed("")
            } _: { _ in
                _ = try await database.finished(jobs[0])
            }
            let step = try await database.count("SELECT (checkpoint->'step')::bigint FROM jobs")
            #expect(step == 2)
        }
    }
}
