import EventLoop

/// The table `schema_migrations` and the changes it records, within one session.
struct MigrationLedger {
    struct Record {
        let migration: AppliedMigration
        /// SHA-256 of the file, in hexadecimal; `nil` when another tool applied it.
        let checksum: String?
    }

    private let session: ScriptSession
    private let statementTimeout: Duration

    init(_ session: ScriptSession, statementTimeout: Duration) {
        self.session = session
        self.statementTimeout = statementTimeout
    }

    /// Makes the table, or adds our columns to dbmate's.
    func prepare() async throws(MigrationError) {
        try await books { session throws(PostgresError) in
            try await session.run("CREATE TABLE IF NOT EXISTS schema_migrations (version varchar(128) PRIMARY KEY)")
            try await session.run(
                """
                ALTER TABLE schema_migrations
                    ADD COLUMN IF NOT EXISTS name text,
                    ADD COLUMN IF NOT EXISTS checksum text,
                    ADD COLUMN IF NOT EXISTS applied_at timestamptz,
                    ADD COLUMN IF NOT EXISTS duration interval
                """
            )
        }
    }

    /// By version; empty when there is no table yet.
    func applied() async throws(MigrationError) -> [String: Record] {
        try await books { session throws(PostgresError) in
            let columns = try await session.run(
                "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('schema_migrations') AND attnum > 0"
            ).one { (count: Int) in count }
            if columns == 0 { return [:] }
            // Through jsonb, because dbmate's table lacks our columns.
            let records = try await session.run(
                """
                SELECT version, row->>'name', row->>'checksum',
                    (row->>'applied_at')::timestamptz, (row->>'duration')::interval
                FROM (SELECT version, to_jsonb(m) AS row FROM schema_migrations m) AS rows
                """
            ).map {
                (version: String, name: String?, checksum: String?, appliedAt: Timestamp?, duration: Duration?) in
                Record(
                    migration: AppliedMigration(
                        version: version,
                        name: name,
                        appliedAt: appliedAt,
                        duration: duration
                    ),
                    checksum: checksum
                )
            }
            return Dictionary(records.map { ($0.migration.version, $0) }) { first, _ in first }
        }
    }

    /// Throws when the file of an applied migration was edited or is missing.
    func check(_ files: [MigrationFile], against applied: [String: Record]) async throws(MigrationError) {
        let versions = Set(files.map(\.version))
        for version in applied.keys.sorted() where !versions.contains(version) {
            let name = applied[version]?.migration.name.map { "_\($0).sql" } ?? ""
            throw MigrationError(.missing, "this migration was applied, but its file is gone", file: version + name)
        }
        for file in files where try await isEdited(file, since: applied[file.version]) {
            throw MigrationError(
                .edited,
                "the file was changed after it was applied: undo that, and write a new migration",
                file: file.fileName
            )
        }
    }

    func isEdited(_ file: MigrationFile, since record: Record?) async throws(MigrationError) -> Bool {
        guard let checksum = record?.checksum else { return false }
        return try await checksum != self.checksum(of: file)
    }

    private func checksum(of file: MigrationFile) async throws(MigrationError) -> String? {
        try await books { session throws(PostgresError) in
            try await session.run("SELECT encode(sha256(\(file.content)), 'hex')").one { (sum: String) in sum }
        }
    }

    func apply(_ file: MigrationFile) async throws(MigrationError) -> AppliedMigration {
        let checksum = try await checksum(of: file)
        let started = MonotonicTime.current
        let name = file.name
        let version = file.version
        return try await change(file, file.up) { session throws(PostgresError) in
            let duration = MonotonicTime.current - started
            let row = try await session.run(
                """
                INSERT INTO schema_migrations (version, name, checksum, applied_at, duration)
                VALUES (\(version), \(name), \(checksum), clock_timestamp(), \(duration))
                RETURNING applied_at, duration
                """
            ).one { (appliedAt: Timestamp, duration: Duration) in (appliedAt, duration) }
            return AppliedMigration(version: version, name: name, appliedAt: row?.0, duration: row?.1)
        }
    }

    func revert(_ file: MigrationFile) async throws(MigrationError) -> AppliedMigration {
        guard let down = file.down else {
            throw MigrationError(.irreversible, "there is no “-- migrate:down”", file: file.fileName)
        }
        let version = file.version
        let name = file.name
        return try await change(file, down) { session throws(PostgresError) in
            let row = try await session.run(
                "DELETE FROM schema_migrations WHERE version = \(version) RETURNING applied_at, duration"
            ).one { (appliedAt: Timestamp?, duration: Duration?) in (appliedAt, duration) }
            return AppliedMigration(version: version, name: name, appliedAt: row?.0, duration: row?.1)
        }
    }

    /// Runs a section and records it, in one transaction if the section allows one.
    private func change(
        _ file: MigrationFile,
        _ section: MigrationFile.Section,
        recording record: (ScriptSession) async throws(PostgresError) -> AppliedMigration
    ) async throws(MigrationError) -> AppliedMigration {
        guard section.isTransactional else {
            var splitter = StatementSplitter(section.text)
            for range in splitter.statements() { try await run(file, section, range) }
            return try await books(record)
        }
        _ = try await books { session throws(PostgresError) in try await session.run("BEGIN") }
        do throws(MigrationError) {
            try await run(file, section, section.text.indices)
            guard session.isInTransaction else {
                throw MigrationError(
                    .malformed,
                    "the file ends its transaction itself: remove that, or say transaction:false",
                    file: file.fileName
                )
            }
            let applied = try await books(record)
            _ = try await books { session throws(PostgresError) in try await session.run("COMMIT") }
            return applied
        } catch {
            _ = try? await session.run("ROLLBACK")
            throw error
        }
    }

    private func run(
        _ file: MigrationFile,
        _ section: MigrationFile.Section,
        _ range: Range<Int>
    ) async throws(MigrationError) {
        do {
            try await session.run(script: Array(section.text[range]), within: statementTimeout + .seconds(2))
        } catch {
            let line = error.position.map { section.line(of: $0, inStatementAt: range.lowerBound) }
            throw MigrationError(.failed, error.description, file: file.fileName, line: line)
        }
    }

    private func books<Value>(
        _ body: (ScriptSession) async throws(PostgresError) -> Value
    ) async throws(MigrationError) -> Value {
        do {
            return try await body(session)
        } catch {
            throw MigrationError(error)
        }
    }
}
