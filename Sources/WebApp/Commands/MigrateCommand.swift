import EventLoop
import Postgres

/// `atelier migrate …`
struct MigrateCommand {
    let configuration: Configuration

    func run(_ action: Command.MigrateAction) throws {
        try onLoop { loop in
            let database = try Database(DatabaseConfiguration(url: configuration.databaseURL), loops: [loop])
            defer { database.close() }
            let migrator = Migrator(folder: configuration.migrationsPath)
            if case .new(let name) = action {
                print("wrote \(try migrator.new(name))")
                return
            }
            try await database.waitUntilReachable(upTo: .seconds(60)) { print("waiting for the database: \($0)") }
            switch action {
            case .up:
                let applied = try await migrator.up(database)
                print(applied.isEmpty ? "the database is up to date" : applied.map { "applied \($0)" }.joined(separator: "\n"))
            case .down(let count):
                let undone = try await migrator.down(database, count)
                print(undone.isEmpty ? "nothing to take back" : undone.map { "took back \($0)" }.joined(separator: "\n"))
            case .status:
                for migration in try await migrator.status(database) { print(migration) }
            case .history:
                for entry in try await migrator.history(database) { print(entry) }
            case .new:
                break
            }
        }
    }
}

/// Runs `body` on an event loop of its own and waits for it.
func onLoop(_ body: @escaping @Sendable (EventLoop) async throws -> Void) throws {
    let loop = try EventLoop()
    let outcome = LoopOutcome()
    loop.spawn { [loop] in
        do {
            try await body(loop)
        } catch {
            outcome.error = error
        }
        loop.stop()
    }
    loop.run()
    if let error = outcome.error { throw error }
}

private final class LoopOutcome: @unchecked Sendable {
    // @unchecked: written on the loop, read after it has ended on the same thread.
    var error: (any Error)?
}
