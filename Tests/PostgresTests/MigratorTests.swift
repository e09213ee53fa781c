import EventLoop
import Glibc
import Postgres
import Support
import Testing

@Suite("Migrations")
struct MigratorTests {
    static let notes = """
        -- Notes of all kinds.
        -- migrate:up
        CREATE TABLE notes (id int);
        INSERT INTO notes VALUES (1);

        -- migrate:down
        DROP TABLE notes;
        """
    static let sizes = """
        -- migrate:up
        ALTER TABLE notes ADD COLUMN size int;
        -- migrate:down
        ALTER TABLE notes DROP COLUMN size;
        """

    @Test func `apply each file once, in the order of versions`() async throws {
        try await withEmptyDatabase { database, _ in
            let folder = try Folder([
                "20260102T0000_add_size.sql": Self.sizes, "20260101T0000_create_notes.sql": Self.notes,
            ])
            defer { folder.remove() }
            let first = try await folder.migrator.up(on: database)
            #expect(first.map(\.version) == ["20260101T0000", "20260102T0000"])
            #expect(first.map(\.name) == ["create_notes", "add_size"])
            #expect(first.allSatisfy { $0.appliedAt != nil && $0.duration != nil })
            let second = try await folder.migrator.up(on: database)
            #expect(second.isEmpty)
            let rows = try await database.query("SELECT id, size FROM notes").count
            #expect(rows == 1)
            let history = try await folder.migrator.history(of: database)
            #expect(history == first)
        }
    }

    @Test func `go back, newest first`() async throws {
        try await withEmptyDatabase { database, _ in
            let folder = try Folder(["1_create_notes.sql": Self.notes, "2_add_size.sql": Self.sizes])
            defer { folder.remove() }
            _ = try await folder.migrator.up(on: database)
            let back = try await folder.migrator.down(on: database)
            #expect(back.map(\.version) == ["2"])
            let status = try await folder.migrator.status(of: database)
            #expect(status.map(\.state) == [.applied, .pending])
            let rest = try await folder.migrator.down(9, on: database)
            #expect(rest.map(\.version) == ["1"])
            let history = try await folder.migrator.history(of: database)
            #expect(history.isEmpty)
        }
    }

    @Test func `status and history change nothing`() async throws {
        try await withEmptyDatabase { database, _ in
            let folder = try Folder(["1_create_notes.sql": Self.notes])
            defer { folder.remove() }
            let status = try await folder.migrator.status(of: database)
            #expect(status.map(\.state) == [.pending])
            #expect(status.map(\.name) == ["create_notes"])
            let history = try await folder.migrator.history(of: database)
            #expect(history.isEmpty)
            let tables = try await database.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").count
            #expect(tables == 0)
        }
    }

    @Test func `refuse when an applied file was edited or is gone`() async throws {
        try await withEmptyDatabase { database, _ in
            let folder = try Folder(["1_create_notes.sql": Self.notes])
            defer { folder.remove() }
            _ = try await folder.migrator.up(on: database)
            try folder.write("2_add_size.sql", Self.sizes)

            try folder.write("1_create_notes.sql", Self.notes + "\n-- A new remark.")
            for run in [
                { try await folder.migrator.up(on: database) }, { try await folder.migrator.down(on: database) },
            ] {
                let error = await #expect(throws: MigrationError.self) { _ = try await run() }
                #expect(error?.code == .edited)
                #expect(error?.file == "1_create_notes.sql")
            }
            let edited = try await folder.migrator.status(of: database)
            #expect(edited.map(\.state) == [.edited, .pending])

            folder.delete("1_create_notes.sql")
            let error = await #expect(throws: MigrationError.self) { _ = try await folder.migrator.up(on: database) }
            #expect(error?.code == .missing)
            #expect(error?.file == "1_create_notes.sql")
            let missing = try await folder.migrator.status(of: database)
            #expect(missing.map(\.state) == [.missing, .pending])
        }
    }

    @Test func `leave nothing of a file that fails, and say where it did`() async throws {
        try await withEmptyDatabase { database, _ in
            let broken = """
                -- migrate:up
                CREATE TABLE half (id int);
                -- “Ünïcödé” counts in characters.
                ALTER TABLE half
                    ADD COLUMN é nonsense;
                """
            let folder = try Folder(["1_create_notes.sql": Self.notes, "2_break.sql": broken])
            defer { folder.remove() }
            let error = await #expect(throws: MigrationError.self) { _ = try await folder.migrator.up(on: database) }
            #expect(error?.code == .failed)
            #expect(error?.description == "2_break.sql:5: type \"nonsense\" does not exist (42704)")
            #expect(error?.done.map(\.version) == ["1"])
            let half = try await database.query("SELECT 1 WHERE to_regclass('half') IS NOT NULL").count
            #expect(half == 0)
            let status = try await folder.migrator.status(of: database)
            #expect(status.map(\.state) == [.applied, .pending])
        }
    }

    @Test func `run statement by statement outside a transaction when told so`() async throws {
        try await withEmptyDatabase { database, _ in
            let concurrent = """
                -- migrate:up transaction:false
                CREATE INDEX CONCURRENTLY notes_id ON notes (id); -- one; two
                /* a; /* nested; */ b; */
                DO $body$ BEGIN PERFORM 'a;b', $$c;d$$; END $body$;
                INSERT INTO notes VALUES (2) ;
                SELECT E'\\';', 'it''s;', ";" FROM (SELECT 1 AS ";") AS "a;b";
                -- migrate:down transaction:false
                DROP INDEX CONCURRENTLY notes_id;
                DROP INDEX CONCURRENTLY
                    no_such_index;
                """
            let folder = try Folder(["1_create_notes.sql": Self.notes, "2_index.sql": concurrent])
            defer { folder.remove() }
            let applied = try await folder.migrator.up(on: database)
            #expect(applied.count == 2)
            let rows = try await database.query("SELECT id FROM notes ORDER BY id").map { (id: Int) in id }
            #expect(rows == [1, 2])
            let error = await #expect(throws: MigrationError.self) { _ = try await folder.migrator.down(on: database) }
            #expect(error?.code == .failed)
            #expect(error?.file == "2_index.sql")
            // What came before the failure has happened; the migration still counts as applied.
            let index = try await database.query("SELECT 1 WHERE to_regclass('notes_id') IS NOT NULL").count
            #expect(index == 0)
            let history = try await folder.migrator.history(of: database)
            #expect(history.count == 2)
        }
    }

    @Test func `two at once wait for each other`() async throws {
        try await withEmptyDatabase { database, _ in
            let folder = try Folder([
                "1_create_notes.sql": Self.notes,
                "2_slow.sql": "-- migrate:up\nSELECT pg_sleep(0.2);\nINSERT INTO notes VALUES (2);",
            ])
            defer { folder.remove() }
            let counts = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<3 { group.addTask { try await folder.migrator.up(on: database).count } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(counts.sorted() == [0, 0, 2])
        }
    }

    @Test func `do not wait for another for ever`() async throws {
        try await withEmptyDatabase { database, loop in
            let folder = try Folder(["1_slow.sql": "-- migrate:up\nSELECT pg_sleep(30);"])
            defer { folder.remove() }
            let first = loop.spawn { _ = try? await folder.migrator.up(on: database) }
            let oid: SQL = "(SELECT oid FROM pg_database WHERE datname = current_database())"
            while try await database.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = \(oid)")
                .isEmpty
            {}
            var second = folder.migrator
            second.lockWait = .milliseconds(100)
            let impatient = second
            let error = await #expect(throws: MigrationError.self) { _ = try await impatient.up(on: database) }
            #expect(error?.code == .locked)
            first.cancel()
            await first.value
        }
    }

    @Test func `go on where dbmate stopped`() async throws {
        try await withEmptyDatabase { database, _ in
            _ = try await database.execute("CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY)")
            _ = try await database.execute("INSERT INTO schema_migrations VALUES ('1')")
            let folder = try Folder(["1_dbmate.sql": "-- migrate:up\nSELECT 1;", "2_create_notes.sql": Self.notes])
            defer { folder.remove() }
            let before = try await folder.migrator.status(of: database)
            #expect(before.map(\.state) == [.applied, .pending])
            let applied = try await folder.migrator.up(on: database)
            #expect(applied.map(\.version) == ["2"])
            // And dbmate where we stopped.
            _ = try await database.execute("INSERT INTO schema_migrations (version) VALUES ('3')")
            let history = try await folder.migrator.history(of: database)
            #expect(history.map(\.name) == [nil, "create_notes", nil])
        }
    }

    static let malformed: [(name: String, content: String, line: Int?)] = [
        ("1.sql", "-- migrate:up", nil), ("_x.sql", "-- migrate:up", nil), ("1_x.sql", "", nil),
        ("1_x.sql", "-- migrate:down\nSELECT 1;", 1), ("1_x.sql", "\nSELECT 1;\n-- migrate:up", 2),
        ("1_x.sql", "-- migrate:up\n-- migrate:up", 2), ("1_x.sql", "-- migrate:up\n\n-- migrate:sideways", 3),
        ("1_x.sql", "-- migrate:up transaction:maybe", 1),
        ("1_x.sql", "-- migrate:up\n-- migrate:down\n--migrate:down", 3),
        ("1_x.sql", "-- migrate:up\nCREATE TABLE half (id int);\nCOMMIT;", nil),
        ("1_x.sql", "-- migrate:up\nSELECT '\0';", nil),
    ]

    @Test(arguments: malformed)
    func `refuse a file that is not one`(name: String, content: String, line: Int?) async throws {
        try await withEmptyDatabase { database, _ in
            let folder = try Folder([name: content])
            defer { folder.remove() }
            let error = await #expect(throws: MigrationError.self) { _ = try await folder.migrator.up(on: database) }
            #expect(error?.code == .malformed)
            #expect(error?.file == name)
            #expect(error?.line == line)
        }
    }

    @Test func `refuse two files of one version, a way back that is not there, and a folder that is not`() async throws
    {
        try await withEmptyDatabase { database, _ in
            let folder = try Folder(["1_a.sql": "-- migrate:up\nSELECT 1;"])
            defer { folder.remove() }
            _ = try await folder.migrator.up(on: database)
            let back = await #expect(throws: MigrationError.self) { _ = try await folder.migrator.down(on: database) }
            #expect(back?.code == .irreversible)
            try folder.write("1_b.sql", "-- migrate:up")
            let twice = await #expect(throws: MigrationError.self) { _ = try await folder.migrator.up(on: database) }
            #expect(twice?.code == .malformed)
            let nowhere = await #expect(throws: MigrationError.self) {
                _ = try await Migrator(folder: "/nowhere").up(on: database)
            }
            #expect(nowhere?.code == .unreadable)
        }
    }

    @Test func `new ones are named after the minute`() throws {
        let folder = try Folder([:])
        defer { folder.remove() }
        let time = try #require(Timestamp("2026-11-21T09:00:59Z"))
        let path = try folder.migrator.new("Create “jobs”, fast!", at: time)
        #expect(path == "\(folder.path)/20261121T0900_create_jobs_fast.sql")
        for (name, time) in [("again", time), ("…", time + .seconds(60))] {
            let error = #expect(throws: MigrationError.self) { try folder.migrator.new(name, at: time) }
            #expect(error?.code == .malformed)
        }
    }

    @Test func `say that the database is away`() async throws {
        try await withLoop { loop in
            let database = Database(
                DatabaseConfiguration(url: "host=/nowhere", acquireTimeout: .milliseconds(50)),
                loops: [loop]
            )
            defer { database.close() }
            let folder = try Folder([:])
            defer { folder.remove() }
            let error = await #expect(throws: MigrationError.self) { _ = try await folder.migrator.up(on: database) }
            #expect(error?.code == .away)
        }
    }
}

/// A folder of migrations for one test.
private struct Folder: Sendable {
    let path: String
    var migrator: Migrator { Migrator(folder: path) }

    init(_ files: [String: String]) throws {
        var template = Array("/tmp/migrations.XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { throw SystemError("mkdtemp") }
        self.path = String(cString: path)
        for (name, content) in files { try write(name, content) }
    }

    func write(_ name: String, _ content: String) throws {
        guard let file = fopen("\(path)/\(name)", "we") else { throw SystemError("fopen") }
        fwrite(content, 1, content.utf8.count, file)
        fclose(file)
    }

    func delete(_ name: String) { unlink("\(path)/\(name)") }

    func remove() {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                delete(
                    withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
                )
            }
            closedir(directory)
        }
        rmdir(path)
    }
}
