import EventLoop
import Postgres
import Support
import Testing

@Suite("Writes")
struct WriteTests {
    static let schema: SQL = """
        CREATE TABLE notes (
            id int PRIMARY KEY,
            size int NOT NULL CONSTRAINT size_is_positive CHECK (size > 0),
            parent int CONSTRAINT parent_exists REFERENCES notes,
            rank int CONSTRAINT one_rank UNIQUE DEFERRABLE INITIALLY DEFERRED
        )
        """

    @Test func `errors have a code to decide on and name the constraint`() async throws {
        try await withEmptyDatabase { database, _ in
            _ = try await database.execute(Self.schema)
            _ = try await database.execute("INSERT INTO notes VALUES (1, 1, NULL, 1)")
            let refused: [(SQL, PostgresError.Code, String?)] = [
                ("INSERT INTO notes VALUES (1, 1)", .uniqueViolation, "notes_pkey"),
                ("INSERT INTO notes VALUES (2, 0)", .checkViolation, "size_is_positive"),
                ("INSERT INTO notes VALUES (2, 1, 9)", .foreignKeyViolation, "parent_exists"),
                ("INSERT INTO notes VALUES (2, NULL)", .notNullViolation, nil),
                // Noticed at the commit only.
                ("INSERT INTO notes VALUES (2, 1, NULL, 1)", .uniqueViolation, "one_rank"),
                ("INSERT INTO nots VALUES (2)", .other, nil),
                ("SELECT '\u{1}'::jsonb", .other, nil),
            ]
            for (sql, code, constraint) in refused {
                let error = await #expect(throws: PostgresError.self) { _ = try await database.execute(sql) }
                #expect(error?.code == code)
                #expect(error?.constraint == constraint)
                #expect(error?.sqlState?.count == 5)
            }
            let count = try await database.query("SELECT count(*) FROM notes").one { (count: Int) in count }
            #expect(count == 1)
        }
    }

    @Test func `tell how many rows they touched`() async throws {
        try await withEmptyDatabase { database, _ in
            _ = try await database.execute(Self.schema)
            let inserted = try await database.execute(
                "INSERT INTO notes SELECT n, 1 FROM generate_series(1, \(5)) AS n RETURNING id"
            )
            #expect(inserted.affected == 5)
            #expect(inserted.count == 5)
            let updated = try await database.execute("UPDATE notes SET size = 2 WHERE id > \(2)").affected
            #expect(updated == 3)
            let none = try await database.execute("DELETE FROM notes WHERE id = \(99)")
            #expect(none.affected == 0)
            #expect(none.isEmpty)
        }
    }

    @Test func `a batch happens as a whole or not at all`() async throws {
        try await withEmptyDatabase { database, _ in
            _ = try await database.execute(Self.schema)
            let rows = try await database.batch([
                "INSERT INTO notes VALUES (1, 1)", "INSERT INTO notes VALUES (2, 1)", "SELECT count(*) FROM notes",
            ])
            let seen = try rows[2].one { (count: Int) in count }
            #expect(seen == 2)
            let error = await #expect(throws: PostgresError.self) {
                _ = try await database.batch([
                    "INSERT INTO notes VALUES (3, 1)", "INSERT INTO notes VALUES (1, 1)",
                    "INSERT INTO notes VALUES (4, 1)",
                ])
            }
            #expect(error?.code == .uniqueViolation)
            let count = try await database.query("SELECT count(*) FROM notes").one { (count: Int) in count }
            #expect(count == 2)
        }
    }

    @Test func `what PostgreSQL cannot store is refused before it is sent`() async throws {
        // There is no server: nothing is sent.
        try await withLoop { loop in
            let database = Database(DatabaseConfiguration(url: "host=/nowhere"), loops: [loop])
            defer { database.close() }
            let statements: [SQL] = ["SELECT \("a\0b")", "SELECT \(["a", "\0"])", "SELECT \(SQL("SELECT \("\0")"))"]
            for sql in statements {
                for run in [database.query, database.execute] {
                    let error = await #expect(throws: PostgresError.self) { _ = try await run(sql) }
                    #expect(error?.code == .invalidParameter)
                }
            }
        }
    }

    @Test func `who waits for a connection in vain is told in time`() async throws {
        try await withEmptyDatabase { original, loop in
            var configuration = original.configuration
            configuration.connectionsPerLoop = 2
            configuration.acquireTimeout = .milliseconds(100)
            let database = Database(configuration, loops: [loop])
            defer { database.close() }
            try await database.waitUntilReachable(upTo: .seconds(20))
            let release = Promise<Void>(on: loop)
            let entered = (1...2).map { _ in Promise<Void>(on: loop) }
            let holders = entered.map { entered in
                loop.spawn {
                    // Connecting may itself take longer than the short wait allowed here.
                    while !entered.isResolved {
                        try? await database.transaction { transaction in
                            _ = try await transaction.query("SELECT 1")
                            entered.succeed(())
                            try await release.wait(on: loop)
                        }
                    }
                }
            }
            for entered in entered { try await entered.value(within: .seconds(10)) }
            let started = MonotonicTime.current
            let error = await #expect(throws: PostgresError.self) { _ = try await database.execute("SELECT 1") }
            #expect(error?.code == .unavailable)
            #expect(MonotonicTime.current - started < .seconds(4))
            // Reads are not held up.
            let read = try await database.query("SELECT 1").count
            #expect(read == 1)
            release.succeed(())
            for holder in holders { await holder.value }
            let after = try await database.execute("SELECT 1").count
            #expect(after == 1)
        }
    }

    @Test func `waiting writes get the connections in turn`() async throws {
        try await withEmptyDatabase(connectionsPerLoop: 2) { database, _ in
            let backends = try await withThrowingTaskGroup(of: Int?.self) { group in
                for _ in 0..<200 {
                    group.addTask { try await database.execute("SELECT pg_backend_pid()").one { (pid: Int) in pid } }
                }
                return try await group.reduce(into: [Int?]()) { $0.append($1) }
            }
            #expect(backends.count == 200)
            #expect(Set(backends).count <= 2)
        }
    }

    @Test func `a closed database answers at once`() async throws {
        try await withEmptyDatabase { original, loop in
            let database = Database(original.configuration, loops: [loop])
            _ = try await database.query("SELECT 1")
            database.close()
            for run in [database.query, database.execute] {
                let error = await #expect(throws: PostgresError.self) { _ = try await run("SELECT 1") }
                #expect(error?.code == .unavailable)
            }
        }
    }
}

extension Promise {
    /// For any number of tasks.
    fileprivate func wait(on loop: EventLoop) async throws {
        while !isResolved { try await loop.sleep(for: .milliseconds(1)) }
    }
}
