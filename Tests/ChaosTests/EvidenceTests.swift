import EventLoop
import Glibc
import Postgres
import Support
import Testing

@testable import ChaosCheck

@Suite("The evidence of script/chaos")
struct EvidenceTests {
    @Test func `tells a job's story as the database noted it`() async throws {
        try await withJob { database, evidence async throws in
            #expect(Checker(evidence).check().all.map(\.words) == [])
            #expect(evidence.jobs.map(\.state) == ["completed"])
            #expect(evidence.jobs.map(\.prompt) == ["a fox"])
            #expect(evidence.attempts.map(\.outcome) == ["crashed", "completed"])
            #expect(evidence.moves.map(\.to) == ["pending", "processing", "pending", "processing", "completed"])
            #expect(evidence.moves.map(\.attempt) == [0, 1, 1, 2, 2])
            #expect(evidence.pictures.map(\.file) == ["fox.png"])
            let story = Checker(evidence).story(of: evidence.jobs[0].id)
            #expect(story.contains("processing → completed, attempt 2"))
            #expect(story.contains("attempt 1 by host:10:abc ends: crashed"))
        }
    }

    struct Harm: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let kind: Finding.Kind
        let statement: SQL
    }

    @Test(arguments: [
        Harm(testDescription: "a job is lost", kind: .lost, statement: "DELETE FROM jobs"),
        Harm(
            testDescription: "an attempt is lost",
            kind: .wrong,
            statement: "DELETE FROM job_attempts WHERE number = 1"
        ),
        Harm(
            testDescription: "an attempt overlaps",
            kind: .overlap,
            statement: "UPDATE job_attempts SET started_at = started_at - interval '1 hour' WHERE number = 2"
        ),
        Harm(
            testDescription: "an attempt completes again",
            kind: .doubled,
            statement: "UPDATE job_attempts SET outcome = 'completed'"
        ),
        Harm(testDescription: "a picture is lost", kind: .wrong, statement: "DELETE FROM pictures"),
        Harm(
            testDescription: "a file is lost",
            kind: .rowWithoutFile,
            statement: "UPDATE pictures SET file = 'other.png'"
        ),
        Harm(
            testDescription: "a job begins again",
            kind: .stuck,
            statement: "UPDATE jobs SET state = 'pending', finished_at = NULL"
        ),
    ])
    func `shows what was done to the database`(harm: Harm) async throws {
        try await withJob { database, evidence async throws in
            _ = try await database.execute("ALTER TABLE jobs DISABLE TRIGGER jobs_transition")
            _ = try await database.execute(harm.statement)
            var evidence = evidence
            try await evidence.gather(from: database)
            let findings = Checker(evidence).check()
            #expect(findings.count(harm.kind) > 0, "\(findings.all)")
        }
    }

    @Test func `lists stored files, with the predictions that signed them`() throws {
        var template = Array("/tmp/chaos-files.XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        defer { system("rm -rf '\(folder)'") }
        for name in ["/ab", "/tmp"] { mkdir(folder + name, 0o755) }
        let picture = signed(FakeReplicate.smallestPNG, "fake0000000000000000000001")
        for (name, bytes) in [("ab/ab1.png", picture), ("ab/.ab2.png.1.swept", [1, 2]), ("tmp/half", [1])] {
            let file = try #require(fopen("\(folder)/\(name)", "we"))
            fwrite(bytes, 1, bytes.count, file)
            fclose(file)
        }
        var evidence = Evidence()
        try evidence.gather(filesIn: folder)
        #expect(evidence.files.map(\.name) == [".ab2.png.1.swept", "ab1.png"])
        #expect(evidence.files.map(\.bytes) == [2, picture.count])
        #expect(evidence.files.map(\.signature) == [nil, "fake0000000000000000000001"])
    }

    /// A job that two workers have run, in a database that keeps its own account of it.
    private func withJob(_ body: @escaping @Sendable (Database, Evidence) async throws -> Void) async throws {
        try await withDatabase { database, _ in
            try await database.beginAudit()
            let id = UUID.timeOrdered()
            _ = try await database.batch([
                "INSERT INTO jobs (id, kind, queue) VALUES (\(id), 'generate_picture', 'canvas')",
                "INSERT INTO generations (id, prompt, model) VALUES (\(id), 'a fox', 'atelier/canvas')",
            ])
            for number in 1...2 {
                _ = try await database.execute(
                    """
                    UPDATE jobs
                    SET state = 'processing', attempt = \(number)::integer, lease_token = gen_random_uuid(),
                        lease_until = now(), started_at = now()
                    WHERE id = \(id)
                    """
                )
                let outcome = number == 1 ? "crashed" : "completed"
                _ = try await database.batch([
                    """
                    UPDATE jobs
                    SET state = \(number == 1 ? "pending" : "completed")::job_state, crash_count = 1, lease_token = NULL,
                        lease_until = NULL, finished_at = CASE WHEN \(number)::integer = 2 THEN now() END
                    WHERE id = \(id)
                    """,
                    """
                    INSERT INTO job_attempts (job_id, number, worker, started_at, ended_at, outcome)
                    SELECT id, attempt, 'host:10:abc', started_at, now(), \(outcome) FROM jobs WHERE id = \(id)
                    """,
                ])
            }
            _ = try await database.execute(
                """
                INSERT INTO pictures (generation_id, position, file, thumbnail, width, height, bytes)
                VALUES (\(id), 0, 'fox.png', 'fox.png', 1, 1, 5)
                """
            )
            var evidence = Evidence()
            evidence.submissions = [Submission(prompt: "a fox", job: id.description)]
            evidence.files = [StoredFile(name: "fox.png", bytes: 5, changedAt: 0)]
            try await evidence.gather(from: database)
            try await body(database, evidence)
        }
    }
}
