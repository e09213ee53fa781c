import EventLoop
import Postgres
import Support
import Testing

private struct Note: Equatable {
    let id: Int
    let size: Int?
}

extension SQLExecutor {
    fileprivate func notes(limit: Int) async throws(PostgresError) -> [Note] {
        try await query("SELECT id, size FROM notes ORDER BY id LIMIT \(limit)").map { (id: Int, size: Int?) in
            Note(id: id, size: size)
        }
    }
}

@Suite("Transactions")
struct TransactionTests {
    private struct ChangedMyMind: Error {}

    private static func withNotes(
        connectionsPerLoop: Int = 8,
        _ body: @escaping @Sendable (Database, EventLoop) async throws -> Void
    ) async throws {
        try await withEmptyDatabase(connectionsPerLoop: connectionsPerLoop) { database, loop in
            _ = try await database.execute("CREATE TABLE notes (id int PRIMARY KEY, size int)")
            try await body(database, loop)
        }
    }

    private static func count(_ database: some SQLExecutor) async throws -> Int? {
        try await database.query("SELECT count(*) FROM notes").one { (count: Int) in count }
    }

    @Test func `a query written once serves a database and a transaction`() async throws {
        try await Self.withNotes { database, _ in
            _ = try await database.execute("INSERT INTO notes VALUES (1, 10), (2, NULL)")
            let outside = try await database.notes(limit: 5)
            let inside = try await database.transaction { transaction in try await transaction.notes(limit: 5) }
            #expect(outside == [Note(id: 1, size: 10), Note(id: 2, size: nil)])
            #expect(inside == outside)
        }
    }

    @Test func `commit when the closure returns`() async throws {
        try await Self.withNotes { database, _ in
            let within = try await database.transaction { transaction in
                _ = try await transaction.execute("INSERT INTO notes VALUES (1)")
                let outside = try await Self.count(database)
                #expect(outside == 0)
                return try await Self.count(transaction)
            }
            #expect(within == 1)
            let after = try await Self.count(database)
            #expect(after == 1)
        }
    }

    @Test func `roll back when it throws, and throw the same`() async throws {
        try await Self.withNotes(connectionsPerLoop: 1) { database, _ in
            await #expect(throws: ChangedMyMind.self) {
                try await database.transaction { transaction in
                    _ = try await transaction.execute("INSERT INTO notes VALUES (1)")
                    throw ChangedMyMind()
                }
            }
            let error = await #expect(throws: PostgresError.self) {
                try await database.transaction { transaction in
                    _ = try await transaction.execute("INSERT INTO notes VALUES (1)")
                    _ = try await transaction.execute("INSERT INTO notes VALUES (1)")
                }
            }
            #expect(error?.code == .uniqueViolation)
            // On the one connection there is.
            _ = try await database.execute("INSERT INTO notes VALUES (2)")
            let count = try await Self.count(database)
            #expect(count == 1)
        }
    }

    @Test func `roll back when their task is cancelled between statements`() async throws {
        try await Self.withNotes(connectionsPerLoop: 1) { database, loop in
            let entered = Promise<Void>(on: loop)
            let task = loop.spawn {
                try? await database.transaction { transaction in
                    _ = try await transaction.execute("INSERT INTO notes VALUES (1)")
                    entered.succeed(())
                    try await loop.sleep(for: .seconds(60))
                }
            }
            try await entered.value(within: .seconds(5))
            task.cancel()
            await task.value
            let count = try await database.execute("SELECT count(*) FROM notes").one { (count: Int) in count }
            #expect(count == 0)
        }
    }

    @Test func `roll back when their task is cancelled within a statement`() async throws {
        try await Self.withNotes(connectionsPerLoop: 1) { database, loop in
            let entered = Promise<Void>(on: loop)
            let task = loop.spawn {
                try? await database.transaction { transaction in
                    _ = try await transaction.execute("INSERT INTO notes VALUES (1)")
                    entered.succeed(())
                    _ = try await transaction.execute("SELECT pg_sleep(60)")
                }
            }
            try await entered.value(within: .seconds(5))
            task.cancel()
            await task.value
            // The key is free again as soon as the server has noticed that the client is gone.
            _ = try await database.execute("INSERT INTO notes VALUES (1)")
            let count = try await Self.count(database)
            #expect(count == 1)
        }
    }

    @Test func `do not commit for a task that was cancelled`() async throws {
        try await Self.withNotes { database, loop in
            let task = loop.spawn {
                try? await database.transaction { transaction in
                    _ = try? await transaction.execute("INSERT INTO notes VALUES (1)")
                    withUnsafeCurrentTask { $0?.cancel() }
                }
            }
            await task.value
            let count = try await Self.count(database)
            #expect(count == 0)
        }
    }

    @Test func `an error that the closure swallows still fails the commit`() async throws {
        try await Self.withNotes { database, _ in
            let error = await #expect(throws: PostgresError.self) {
                try await database.transaction { transaction in
                    _ = try await transaction.execute("INSERT INTO notes VALUES (1)")
                    _ = try? await transaction.execute("INSERT INTO notes VALUES (1)")
                }
            }
            #expect(error?.code == .transactionAborted)
            let count = try await Self.count(database)
            #expect(count == 0)
        }
    }

    @Test func `serializable ones that contradict each other do not both commit`() async throws {
        try await Self.withNotes { database, loop in
            _ = try await database.execute("INSERT INTO notes VALUES (1, 10), (2, 20)")
            let error = await #expect(throws: PostgresError.self) {
                try await database.transaction(.serializable) { first in
                    _ = try await first.query("SELECT sum(size) FROM notes")
                    try await database.transaction(.serializable) { second in
                        _ = try await second.query("SELECT sum(size) FROM notes")
                        _ = try await second.execute("INSERT INTO notes VALUES (3, 30)")
                    }
                    _ = try await first.execute("INSERT INTO notes VALUES (4, 30)")
                }
            }
            #expect(error?.code == .serializationFailure)
            let count = try await Self.count(database)
            #expect(count == 3)
        }
    }

    @Test func `of two that wait for each other one is told`() async throws {
        try await Self.withNotes { database, loop in
            _ = try await database.execute("INSERT INTO notes VALUES (1, 0), (2, 0)")
            let codes = await withTaskGroup(of: PostgresError.Code?.self) { group in
                let (one, two) = (Promise<Void>(on: loop), Promise<Void>(on: loop))
                for (mine, other, ready, awaited) in [(1, 2, one, two), (2, 1, two, one)] {
                    group.addTask {
                        do {
                            try await database.transaction { transaction in
                                _ = try await transaction.execute("UPDATE notes SET size = 1 WHERE id = \(mine)")
                                ready.succeed(())
                                while !awaited.isResolved { try await loop.sleep(for: .milliseconds(1)) }
                                _ = try await transaction.execute("UPDATE notes SET size = 1 WHERE id = \(other)")
                            }
                            return nil
                        } catch {
                            return (error as? PostgresError)?.code
                        }
                    }
                }
                return await group.reduce(into: [PostgresError.Code?]()) { $0.append($1) }
            }
            #expect(codes.contains(.deadlock))
            #expect(codes.contains(nil))
        }
    }

    @Test func `one without statements needs no server, and one that ended takes no more`() async throws {
        try await Self.withNotes { database, _ in
            let value = try await database.transaction { _ in 7 }
            #expect(value == 7)
            let escaped = try await database.transaction { transaction in transaction }
            let error = await #expect(throws: PostgresError.self) { _ = try await escaped.query("SELECT 1") }
            #expect(error?.code == .other)
        }
    }
}
