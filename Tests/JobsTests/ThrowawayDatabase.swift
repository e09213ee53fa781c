import EventLoop
import Postgres
import Support

/// Runs `body` on a server of its own, with the tables of the queue and one for what jobs make.
func withThrowawayDatabase(
    _ body: @escaping @Sendable (ThrowawayServer, Database, EventLoop) async throws -> Void
) async throws {
    let server = try ThrowawayServer()
    defer { server.remove() }
    try await withLoop { loop in
        var configuration = DatabaseConfiguration(url: server.url, acquireTimeout: .seconds(3))
        configuration.statementTimeout = .seconds(30)
        let first = Database(configuration, loops: [loop])
        try await first.waitUntilReachable(upTo: .seconds(20))
        let migrations = #filePath.replacing("Tests/JobsTests/ThrowawayDatabase.swift", with: "migrations")
        _ = try await Migrator(folder: migrations).up(on: first)
        _ = try await first.execute("CREATE TABLE made (job uuid PRIMARY KEY, what text NOT NULL)")
        // What is committed must outlive a kill. For sessions that begin from now on.
        _ = try await first.execute("ALTER DATABASE atelier SET synchronous_commit = on")
        first.close()
        let database = Database(configuration, loops: [loop])
        defer { database.close() }
        try await body(server, database, loop)
    }
}
