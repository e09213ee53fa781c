import EventLoop
import Glibc
import HTTPServer
import JSON
import Jobs
import Postgres
import Redis
import Support
import Testing

@testable import WebApp

/// The whole application in this process, on a database, a Redis prefix and a folder of its own.
struct TestSite: Sendable {
    let app: App
    let loop: EventLoop
    private let handler: SiteHandler

    init(_ app: App, on loop: EventLoop) throws {
        self.app = app
        self.loop = loop
        handler = try SiteHandler(app)
    }

    func get(_ target: String, headers: [(String, String)] = []) async throws -> Answer {
        try await send(Request(.get, target, headers: headers))
    }

    /// As a browser posts a form of this site.
    func post(_ target: String, form: [(String, String)], headers: [(String, String)] = []) async throws -> Answer {
        let body = form.map { "\(encoded($0.0))=\(encoded($0.1))" }.joined(separator: "&")
        let standard = [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")]
        let kept = standard.filter { entry in !headers.contains { $0.0 == entry.0 } }
        return try await send(Request(.post, target, headers: kept + headers, body: Array(body.utf8)))
    }

    func post(
        _ target: String,
        json: String,
        type: String = "application/json",
        headers: [(String, String)] = [],
        from address: PeerAddress = .loopback
    ) async throws -> Answer {
        let fields = [("Content-Type", type)] + headers
        return try await send(Request(.post, target, headers: fields, body: Array(json.utf8), from: address))
    }

    func send(_ request: Request) async throws -> Answer {
        Answer(await handler.respond(to: request))
    }

    /// Answers over a real socket, at the address returned, until `body` has ended.
    func serving<Value>(port: Int = 0, _ body: (String) async throws -> Value) async throws -> Value {
        let handler = handler
        let server = HTTPServer(loops: [loop], limits: ServerLimits()) { await handler.respond(to: $0) }
        try server.start(host: "127.0.0.1", port: port)
        defer { server.stop() }
        return try await body("http://127.0.0.1:\(server.port)")
    }

    /// Runs a worker until `body` has ended.
    func working<Value>(
        _ change: (inout WorkerSettings) -> Void = { _ in },
        _ body: () async throws -> Value
    ) async throws -> Value {
        let worker = Worker(app, on: loop, change)
        let ended = Promise<Void>(on: loop)
        loop.spawn {
            await worker.run()
            ended.succeed(())
        }
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body())
        } catch {
            outcome = .failure(error)
        }
        worker.drain()
        await ended.settled()
        return try outcome.get()
    }

    /// Waits until the job has ended, and answers it as the API tells it.
    func finished(_ id: String, within limit: Duration = .seconds(30)) async throws -> JSON {
        try await eventually(within: limit, on: loop) {
            let job = try await get("/api/v1/status/\(id)").json
            return ["completed", "failed", "cancelled"].contains(job["status"]?.string ?? "") ? job : nil
        }
    }

    /// Asks over the API; answers the job's id.
    func generate(_ prompt: String, model: String = "atelier/canvas", parameters: JSON = [:]) async throws -> String {
        let body: JSON = ["prompt": .string(prompt), "model": .string(model), "parameters": parameters]
        let answer = try await post("/api/v1/generate", json: body.text)
        return try #require(answer.json["job_id"]?.string, "\(answer.status): \(answer.text)")
    }

    func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}

/// An answer, read.
struct Answer: Sendable {
    let status: Int
    let headers: ResponseHeaders
    let bytes: [UInt8]

    init(_ response: Response) {
        status = response.status.code
        headers = response.headers
        if case .bytes(let bytes) = response.body { self.bytes = bytes } else { bytes = [] }
    }

    /// What a browser would send back of the cookies it was given.
    var cookie: [(String, String)] {
        headers.pairs.filter { $0.name.lowercased() == "set-cookie" }
            .map { ("Cookie", String($0.value.prefix { $0 != ";" })) }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var json: JSON { (try? JSON(parsing: bytes)) ?? .null }

    /// The fields that a 422 names.
    var badFields: [String] {
        (json["detail"]?.array ?? []).compactMap { $0["loc"]?.array?.last?.string }
    }
}

/// Runs `body` with a whole site of its own; `settings` are environment variables.
func withSite<Value: Sendable>(
    _ settings: [String: String] = [:],
    _ body: @escaping @Sendable (TestSite) async throws -> Value
) async throws -> Value {
    try await withDatabase { database, loop in
        try await withFolder { folder in
            var values = settings
            values["DATABASE_URL"] = database.configuration.url
            values["REDIS_URL"] = values["REDIS_URL"] ?? environment("TEST_REDIS_URL")
            values["ATELIER_REDIS_PREFIX"] = "test-\(UUID.random())"
            values["STORAGE_PATH"] = folder
            values["ATELIER_PUBLIC_PATH"] = projectFolder + "/Public"
            let log = Log(descriptor: open("/dev/null", O_WRONLY | O_CLOEXEC))
            let app = try App(Configuration(values), loops: [loop], log: log)
            let listening = app.live.listen(on: app.redis, channels: app.channels)
            defer {
                listening.cancel()
                app.database.close()
                app.blocking.stop()
                log.close()
            }
            return try await body(TestSite(app, on: loop))
        }
    }
}

let projectFolder = #filePath.replacing("/Tests/WebAppTests/TestSite.swift", with: "")

func environment(_ name: String) -> String {
    guard let value = getenv(name) else {
        fatalError("\(name) is not set; script/test starts the services and sets it")
    }
    return String(cString: value)
}

/// A new folder that is removed afterwards.
func withFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    var template = Array("/tmp/atelier-site-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { removeFolder(folder) }
    return try await body(folder)
}

/// A folder of files and folders; what cannot be removed stays.
private func removeFolder(_ folder: String) {
    guard let listing = opendir(folder) else { return }
    while let entry = readdir(listing) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard name != ".", name != ".." else { continue }
        let path = "\(folder)/\(name)"
        if entry.pointee.d_type == UInt8(DT_DIR) { removeFolder(path) } else { unlink(path) }
    }
    closedir(listing)
    rmdir(folder)
}
