import EventLoop
import Glibc
import HTTPClient
import JSON
import Postgres
import Support
import Testing

@testable import WebApp

/// The program itself, in processes of its own.
@Suite("The program")
struct ProcessTests {
    @Test func `a job survives kill -9 of the process that runs it`() async throws {
        try await withProgram(["ATELIER_JOB_LEASE": "2"]) { program async throws in
            try await program.start()
            let id = try await program.generate(#"{"width":2048,"height":2048,"style":"marble"}"#)
            try await program.wait(for: id, status: "processing")
            await program.end(SIGKILL)

            try await program.start()
            let job = try await program.wait(for: id, status: "completed")
            #expect(job["error_message"] == .null)
            let file = try #require(job["media_path"]?.string)
            let picture = try await program.get("/images/\(file)")
            #expect(picture.status == 200)
        }
    }

    @Test func `everything is still there after a restart`() async throws {
        try await withProgram { program async throws in
            try await program.start()
            let id = try await program.generate(#"{"width":64,"height":64}"#)
            let before = try await program.wait(for: id, status: "completed")
            #expect(await program.end(SIGTERM) == 0)

            try await program.start()
            #expect(try await program.job(id) == before)
            let file = try #require(before["media_path"]?.string)
            #expect(try await program.get("/history").text.contains("/images/\(file)"))
        }
    }

    @Test func `one id leads through the log from the request to its job`() async throws {
        try await withProgram { program async throws in
            try await program.start()
            let id = try await program.generate(#"{"width":64,"height":64}"#, requestID: "follow-me.1")
            try await program.wait(for: id, status: "completed")
            func lines(_ message: String) -> [JSON] {
                program.log.split(separator: "\n").compactMap { try? JSON(parsing: String($0)) }
                    .filter { $0["message"]?.string == message && $0["request_id"]?.string == "follow-me.1" }
            }
            try await program.wait { !lines("job").isEmpty }
            #expect(lines("request").map { $0["http.response.status_code"]?.int } == [202])
            #expect(lines("job").map { $0["job_id"]?.string } == [id])
            #expect(lines("job").map { $0["outcome"]?.string } == ["completed"])
        }
    }

    @Test func `a stop finishes what runs`() async throws {
        try await withProgram { program async throws in
            try await program.start()
            let id = try await program.generate(#"{"width":640,"height":640}"#)
            try await program.wait(for: id, status: "processing")
            #expect(await program.end(SIGTERM) == 0)
            try await program.start(["serve"])
            #expect(try await program.job(id)["status"]?.string == "completed")
        }
    }

    @Test func `a taken port, a bad setting and a missing migration are each one clear sentence`() async throws {
        try await withProgram { program async throws in
            try await program.start()
            #expect(
                try await program.output(of: ["serve"])
                    == "atelier: port \(program.port) is taken by another program; set PORT to a free one\n"
            )
            let bad = try await program.output(of: ["serve"], ["PORT": "http", "MAX_RETRIES": "many"])
            #expect(bad.hasPrefix("atelier: The configuration cannot be used:\n"))
            #expect(bad.contains("PORT must be a whole number") && bad.contains("MAX_RETRIES must be"))
            let folder = try await program.output(of: ["serve"], ["STORAGE_PATH": "/proc/nowhere", "PORT": "0"])
            #expect(folder.contains("/proc/nowhere"))
            let unknown = try await program.output(of: ["fly"])
            #expect(unknown.hasPrefix("atelier: There is no command “fly”."))
            let help = try await program.output(of: ["--help"])
            #expect(help.hasPrefix("Usage: atelier"))
            _ = try await program.output(of: ["migrate", "down", "100"])
            let old = try await program.output(of: ["serve"], ["PORT": "0"])
            #expect(old.contains("atelier: the database is older than this program"))
        }
    }

    @Test(.enabled(if: canMount, "needs the right to mount"))
    func `a full disk fails the job in plain words and leaves nothing half written`() async throws {
        try await withProgram(["MAX_RETRIES": "0"]) { program async throws in
            // A disk of 400 KB that only this process sees.
            let disk = program.folder + "/storage"
            mkdir(disk, 0o755)
            try await program.start(inside: [
                "unshare", "--mount", "sh", "-c", "mount -t tmpfs -o size=400k tmpfs \(disk) && exec \"$0\" \"$@\"",
            ])
            let small = try await program.generate(#"{"width":128,"height":128}"#)
            try await program.wait(for: small, status: "completed")
            let large = try await program.generate(#"{"width":1024,"height":1024,"style":"nebula"}"#)
            let failed = try await program.wait(for: large, status: "failed")
            let message = failed["error_message"]?.string ?? ""
            #expect(message.contains("The picture cannot be kept") && message.contains("full"), "\(message)")
            #expect(failed["media_path"] == .null)
            // What failed takes no room: small pictures still fit.
            let after = try await program.generate(#"{"width":128,"height":128,"seed":4}"#)
            try await program.wait(for: after, status: "completed")
        }
    }

    @Test func `without its database it says so, answers 503, and recovers by itself`() async throws {
        try await withFolder { folder in
            try await withProgram(["DATABASE_URL": "postgresql://atelier@/atelier?host=\(folder)/postgres"]) {
                program async throws in
                try await program.start(waitingFor: "/healthz")
                let away = try await program.get("/api/v1/jobs")
                #expect(away.status == 503)
                #expect(away.headers["retry-after"] != nil)
                #expect(try await program.get("/api/v1/health").status == 503)
                #expect(try await program.get("/history").text.contains("Back in a moment"))
                #expect(program.log.contains("waiting for the database"))

                let services = "\(projectFolder)/script/services"
                try await program.run(services, ["start", folder], ["THROWAWAY": "1"])
                try await program.run(program.path, ["migrate", "up"])
                try await program.wait { try await program.get("/api/v1/jobs").status == 200 }
                let id = try await program.generate(#"{"width":64,"height":64}"#)
                try await program.wait(for: id, status: "completed")

                try await program.run(services, ["stop", folder], [:])
                #expect(try await program.get("/api/v1/jobs").status == 503)
                try await program.run(services, ["start", folder], ["THROWAWAY": "1"])
                try await program.wait { try await program.get("/api/v1/status/\(id)").status == 200 }
                try await program.run(services, ["stop", folder], [:])
            }
        }
    }
}

/// One installation of the program: a database, a folder, a port.
final class Program: @unchecked Sendable {
    // @unchecked: used by one test's task.

    let path: String
    let port: Int
    let folder: String
    private let loop: EventLoop
    private let client: HTTPClient
    private let settings: [String: String]
    private var process: ChildProcess?

    init(_ settings: [String: String], folder: String, on loop: EventLoop) throws {
        self.loop = loop
        self.folder = folder
        client = HTTPClient(loops: [loop])
        path = CommandLine.arguments[0].split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/atelier"
        port = try freePort()
        self.settings = [
            "PORT": "\(port)", "STORAGE_PATH": folder + "/storage", "REDIS_URL": environment("TEST_REDIS_URL"),
            "ATELIER_REDIS_PREFIX": "test-\(port)", "ATELIER_PUBLIC_PATH": projectFolder + "/Public",
            "ATELIER_MIGRATIONS_PATH": projectFolder + "/migrations",
        ].merging(settings) { $1 }
    }

    /// Starts it and waits until it answers.
    func start(
        _ arguments: [String] = ["serve", "--with-worker"],
        inside wrapper: [String] = [],
        waitingFor path: String = "/readyz"
    ) async throws {
        let process = try begin(arguments, inside: wrapper)
        try await wait {
            if let status = process.exitStatus() {
                throw Browser.Failure(description: "the program ended with \(status): \(process.output)")
            }
            return try await self.get(path).status == 200
        }
    }

    @discardableResult
    func begin(_ arguments: [String], inside wrapper: [String] = []) throws -> ChildProcess {
        let command = wrapper + [path] + arguments
        let process = try ChildProcess(command[0], Array(command.dropFirst()), environment: settings, folder: "/")
        self.process = process
        return process
    }

    var hasEnded: Bool { process?.exitStatus() != nil }

    /// Sends a signal and waits for the end; answers the exit status.
    @discardableResult
    func end(_ signal: Int32) async -> Int32? {
        process?.kill(signal)
        let status = try? await eventually(on: loop) { self.process?.exitStatus() }
        process = nil
        return status
    }

    var log: String { process?.output ?? "" }

    /// Runs it to its end, and answers what it wrote.
    func output(of arguments: [String], _ more: [String: String] = [:]) async throws -> String {
        let process = try ChildProcess(path, arguments, environment: settings.merging(more) { $1 }, folder: "/")
        _ = try await eventually(on: loop) { process.exitStatus() }
        return process.output
    }

    /// Runs another program, which must succeed.
    func run(_ path: String, _ arguments: [String], _ more: [String: String] = [:]) async throws {
        let process = try ChildProcess(path, arguments, environment: settings.merging(more) { $1 })
        let status = try await eventually(within: .seconds(60), on: loop) { process.exitStatus() }
        guard status == 0 else { throw Browser.Failure(description: "\(path) \(arguments): \(process.output)") }
    }

    struct Page: Sendable {
        var status = 0
        var text = ""
        var headers = ResponseHeaders()
    }

    /// Status 0: nothing answers.
    func get(_ target: String) async throws -> Page {
        guard
            let response = try? await client.send(
                ClientRequest("GET", "http://127.0.0.1:\(port)\(target)", network: .unrestricted)
            )
        else { return Page() }
        return Page(
            status: response.status,
            text: String(decoding: response.body, as: UTF8.self),
            headers: response.headers
        )
    }

    func generate(_ parameters: String, requestID: String = "test") async throws -> String {
        var request = ClientRequest("POST", "http://127.0.0.1:\(port)/api/v1/generate", network: .unrestricted)
        request.headers = [("Content-Type", "application/json"), ("X-Request-Id", requestID)]
        request.body = Array(#"{"prompt":"a lighthouse","model":"atelier/canvas","parameters":\#(parameters)}"#.utf8)
        let answer = try JSON(parsing: try await client.send(request).body)
        return try #require(answer["job_id"]?.string, "\(answer)")
    }

    func job(_ id: String) async throws -> JSON {
        try JSON(parsing: try await get("/api/v1/status/\(id)").text)
    }

    @discardableResult
    func wait(for id: String, status: String) async throws -> JSON {
        try await eventually(within: .seconds(60), on: loop) {
            let job = try await self.job(id)
            return job["status"]?.string == status ? job : nil
        }
    }

    func wait(until isTrue: () async throws -> Bool) async throws {
        _ = try await eventually(within: .seconds(60), on: loop) { try await isTrue() ? true : nil }
    }
}

func withProgram(
    _ settings: [String: String] = [:],
    _ body: @escaping @Sendable (Program) async throws -> Void
) async throws {
    try await withDatabase { database, loop in
        try await withFolder { folder in
            var values = settings
            values["DATABASE_URL"] = values["DATABASE_URL"] ?? database.configuration.url
            let program = try Program(values, folder: folder, on: loop)
            do {
                try await body(program)
            } catch {
                let log = program.log
                await program.end(SIGKILL)
                Issue.record("\(error)\n\(log.suffix(2000))")
            }
            await program.end(SIGKILL)
        }
    }
}

private let canMount = {
    guard let probe = try? ChildProcess("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]) else {
        return false
    }
    for _ in 0..<500 {
        if let status = probe.exitStatus() { return status == 0 }
        usleep(10_000)
    }
    return false
}()
