import EventLoop
import Glibc
import Postgres
import Synchronization

/// Runs `body` on a loop of its own with a database of its own, migrated by the folder `migrations`.
///
/// The database is a clone of a template made once per state of that folder; it is dropped afterwards.
public func withDatabase<Value: Sendable>(
    connectionsPerLoop: Int = 8,
    _ body: @escaping @Sendable (Database, EventLoop) async throws -> Value
) async throws -> Value {
    try await withLoop { loop in
        try await TestServer(on: loop).withClone(migratedBy: migrationsFolder) { url in
            try await TestServer.run(on: url, connectionsPerLoop, loop, body)
        }
    }
}

/// Like `withDatabase`, with a database that has no tables.
public func withEmptyDatabase<Value: Sendable>(
    connectionsPerLoop: Int = 8,
    _ body: @escaping @Sendable (Database, EventLoop) async throws -> Value
) async throws -> Value {
    try await withLoop { loop in
        try await TestServer(on: loop).withClone(migratedBy: nil) { url in
            try await TestServer.run(on: url, connectionsPerLoop, loop, body)
        }
    }
}

private let migrationsFolder = #filePath.replacing("Tests/Support/TestDatabase.swift", with: "migrations")

private struct TestServer {
    private static let templatePrefix = "atelier_template_"
    private static let clonePrefix = "atelier_test_"

    /// Tests run side by side, and a server has a hundred connections in all.
    private static let slots = Slots(count: 6)

    let loop: EventLoop
    let url: String
    let admin: Database

    init(on loop: EventLoop) {
        self.loop = loop
        guard let value = getenv("TEST_DATABASE_URL") else {
            fatalError("TEST_DATABASE_URL is not set; script/test starts a server and sets it")
        }
        url = String(cString: value)
        admin = Database(DatabaseConfiguration(url: url, statementTimeout: .seconds(60)), loops: [loop])
    }

    static func run<Value>(
        on url: String,
        _ connectionsPerLoop: Int,
        _ loop: EventLoop,
        _ body: (Database, EventLoop) async throws -> Value
    ) async throws -> Value {
        let database = Database(DatabaseConfiguration(url: url, connectionsPerLoop: connectionsPerLoop), loops: [loop])
        defer { database.close() }
        return try await body(database, loop)
    }

    func withClone<Value>(migratedBy folder: String?, _ body: (String) async throws -> Value) async throws -> Value {
        while !Self.slots.take() { try await loop.sleep(for: .milliseconds(5)) }
        defer {
            admin.close()
            Self.slots.giveBack()
        }
        let name = Self.clonePrefix + UUID.timeOrdered().description.replacing("-", with: "")
        if let folder {
            let template = try await template(of: folder)
            _ = try await admin.execute("CREATE DATABASE \(.identifier(name)) TEMPLATE \(.identifier(template))")
        } else {
            _ = try await admin.execute("CREATE DATABASE \(.identifier(name)) TEMPLATE template0")
        }
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body(address(of: name)))
        } catch {
            outcome = .failure(error)
        }
        // Also when the test was cancelled.
        await drop(name)
        return try outcome.get()
    }

    private func drop(_ name: String) async {
        let admin = admin
        await loop.spawn { _ = try? await admin.execute("DROP DATABASE IF EXISTS \(.identifier(name)) WITH (FORCE)") }
            .value
    }

    /// The name of the migrated template, which is made first if it is not there.
    private func template(of folder: String) async throws -> String {
        let name = Self.templatePrefix + (try contentHash(of: folder))
        if try await exists(name) { return name }
        // The lock is held by this transaction's connection; databases are made on another.
        try await admin.transaction { transaction in
            _ = try await transaction.execute("SELECT pg_advisory_xact_lock(hashtext('atelier test template'))")
            if try await exists(name) { return }
            try await dropStale()
            let unfinished = name + "_unfinished"
            _ = try await admin.execute("DROP DATABASE IF EXISTS \(.identifier(unfinished)) WITH (FORCE)")
            _ = try await admin.execute("CREATE DATABASE \(.identifier(unfinished)) TEMPLATE template0")
            let database = Database(DatabaseConfiguration(url: address(of: unfinished)), loops: [loop])
            if access(folder, F_OK) == 0 { _ = try await Migrator(folder: folder).up(on: database) }
            database.close()
            // A backend may take a moment to go after its client has.
            _ = try await admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = \(unfinished)"
            )
            _ = try await admin.execute("ALTER DATABASE \(.identifier(unfinished)) RENAME TO \(.identifier(name))")
        }
        return name
    }

    private func exists(_ name: String) async throws -> Bool {
        try await !admin.execute("SELECT 1 FROM pg_database WHERE datname = \(name)").isEmpty
    }

    /// Templates of other states of the folder after a day, and clones that a killed test left after an hour.
    private func dropStale() async throws {
        let stale = try await admin.execute(
            """
            SELECT datname
            FROM pg_database, pg_stat_file('base/' || oid || '/PG_VERSION', true) AS file
            WHERE starts_with(datname, \(Self.templatePrefix)) AND file.modification < now() - interval '1 day'
                OR starts_with(datname, \(Self.clonePrefix)) AND file.modification < now() - interval '1 hour'
            LIMIT 100
            """
        ).map { (name: String) in name }
        for name in stale { await drop(name) }
    }

    /// The same address with another database in its place: a URL's path, or one more keyword.
    private func address(of database: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return "\(url) dbname=\(database)" }
        let rest = url[scheme.upperBound...]
        let query = rest.firstIndex(of: "?") ?? rest.endIndex
        let path = rest[..<query].firstIndex(of: "/") ?? query
        return url[..<path] + "/\(database)" + rest[query...]
    }
}

private final class Slots: Sendable {
    private let free: Mutex<Int>

    init(count: Int) { free = Mutex(count) }

    func take() -> Bool {
        free.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    func giveBack() { free.withLock { $0 += 1 } }
}

/// FNV-1a over names and contents: it tells states of a folder apart, not friends from foes.
private func contentHash(of folder: String) throws -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    for name in fileNames(in: folder) where name.hasSuffix(".sql") {
        for byte in name.utf8 { add(byte) }
        add(0)
        guard let file = fopen("\(folder)/\(name)", "re") else { throw SystemError("fopen") }
        defer { fclose(file) }
        while case let byte = getc(file), byte != EOF { add(UInt8(truncatingIfNeeded: byte)) }
    }
    return String(hash, radix: 16)
}

private func fileNames(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        names.append(
            withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        )
    }
    return names.sorted()
}
