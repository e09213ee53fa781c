import EventLoop
import Glibc
import HTTPClient
import JSON
import Postgres
import Support
import Testing

@testable import WebApp

/// The program itself, killed at the worst moments.
@Suite("Replicate and a program that is killed")
struct ReplicateProcessTests {
    @Test func `kill -9 while the model works, the next process goes on with the prediction`() async throws {
        try await withProgram { program, fake async throws in
            fake.script = .endless()
            try await program.start()
            let id = try await program.order()
            // Looked at once means stored before.
            try await program.wait { !fake.polls.isEmpty }
            await program.end(SIGKILL)
            fake.finishEverything()

            try await program.start()
            let job = try await program.wait(for: id, status: "completed")
            #expect(job.error == nil)
            #expect(fake.creates.count == 1)
            #expect(fake.lists.isEmpty)
            #expect(fake.cancels.isEmpty)
        }
    }

    @Test func `kill -9 while the creation is under way, the next process finds what it created`() async throws {
        try await withProgram { program, fake async throws in
            fake.script = .endless(first: .starting.delayed(milliseconds: 10_000))
            try await program.start()
            let id = try await program.order()
            try await program.wait { fake.predictionCount == 1 }
            await program.end(SIGKILL)
            fake.finishEverything()

            try await program.start()
            let job = try await program.wait(for: id, status: "completed")
            #expect(job.error == nil)
            #expect(fake.creates.count == 1)
            #expect(fake.lists.count == 1)
            #expect(fake.cancels.isEmpty)
        }
    }

    @Test func `the log tells of every failure, and never of the token`() async throws {
        try await withProgram { program, fake async throws in
            fake.creationAnswers = [.throttled(seconds: 0), .badGateway, .unauthenticated]
            try await program.start()
            let id = try await program.order()
            try await program.wait(for: id, status: "failed")
            fake.stop()
            let unreachable = try await program.order()
            try await program.wait { try await program.job(unreachable).retries ?? 0 > 0 }
            #expect(program.log.contains("Replicate is asked too often"))
            #expect(program.log.contains("Replicate failed with status 502"))
            #expect(program.log.contains("Replicate refused the token of this server"))
            try await program.wait { program.log.contains("Replicate cannot be reached") }
            #expect(!program.log.contains(replicateToken))
        }
    }

    private func withProgram(
        _ body: @escaping @Sendable (Program, FakeReplicate) async throws -> Void
    ) async throws {
        let fake = try FakeReplicate(token: replicateToken)
        defer { fake.stop() }
        try await withDatabase { database, loop in
            try await withFolder { folder in
                var settings = fake.settings
                settings["DATABASE_URL"] = database.configuration.url
                settings["ATELIER_JOB_LEASE"] = "2"
                settings["DEBUG"] = "true"
                let program = try Program(settings, folder: folder, on: loop)
                do {
                    try await body(program, fake)
                } catch {
                    Issue.record("\(error)\n\(program.log.suffix(2000))")
                }
                await program.end(SIGKILL)
            }
        }
    }
}

extension Program {
    fileprivate func order() async throws -> String {
        guard let loop = EventLoop.current else { preconditionFailure("tests of the program run on a loop") }
        var request = ClientRequest("POST", "http://127.0.0.1:\(port)/api/v1/generate", network: .unrestricted)
        request.headers = [("Content-Type", "application/json")]
        request.body = Array(#"{"prompt":"a lighthouse","model":"acme/painter"}"#.utf8)
        let answer = try JSON(parsing: try await HTTPClient(loops: [loop]).send(request).body)
        return try #require(answer["job_id"]?.string, "\(answer)")
    }
}
