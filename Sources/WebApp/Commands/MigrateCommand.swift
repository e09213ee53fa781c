import EventLoop
import Postgres

/// `atelier migrate …`
struct MigrateCommand {
    let configuration: Configuration

    func run(_ action: Command.MigrateAction) throws {
        try onLoop { loop in
            let database = Database(DatabaseConfiguration(url: configuration.databaseURL), loops: [loop])
            defer { database.close() }
            let migrator = Migrator(folder: configuration.migrationsPath)
            if case .new(let name) = action {
                print("wrote \(try migrator.new(name))")
                return
            }
            try await database.waitUntilReachable(upTo: .seconds(60)) { print("waiting for the database: \($0)") }
            switch action {
            case .up:
                report(try await migrator.up(on: database), "applied", nothing: "the database is up to date")
            case .down(let count):
                report(try await migrator.down(count, on: database), "took back", nothing: "nothing to take back")
            case .status:
                for migration in try await migrator.status(of: database) {
                    print("\(migration.state)  \(migration.version)_\(migration.name)")
                }
            case .history:
                for migration in try await migrator.history(of: database) {
                    print("\(migration.appliedAt?.description ?? "applied by another tool")  \(Self.name(migration))")
                }
            case .new:
                break
            }
        }
    }

    private func report(_ migrations: [AppliedMigration], _ verb: String, nothing: String) {
        if migrations.isEmpty { print(nothing) }
        for migration in migrations { print("\(verb) \(Self.name(migration))") }
    }

    private static func name(_ migration: AppliedMigration) -> String {
        migration.name.map { "\(migration.version)_\($0)" } ?? migration.version
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
