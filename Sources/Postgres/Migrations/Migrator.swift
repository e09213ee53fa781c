import EventLoop

/// A migration that the database has.
public struct AppliedMigration: Sendable, Hashable {
    public let version: String
    /// This and the rest are `nil` when another tool applied it.
    public let name: String?
    public let appliedAt: Timestamp?
    public let duration: Duration?
}

/// A migration as folder and database know it.
public struct MigrationStatus: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        case pending
        case applied
        /// Applied, and its file was changed since.
        case edited
        /// Applied, and its file is gone.
        case missing
    }

    public let version: String
    public let name: String
    public let state: State
    public let appliedAt: Timestamp?
}

/// Brings a database's schema forward by the files of a folder, each once, in the order of their versions.
///
/// The files have dbmate's format and the table `schema_migrations` has its primary key, so either tool can go on where
/// the other stopped. Sessions are needed: not through a pooler that hands out connections per transaction.
public struct Migrator: Sendable {
    /// How long to wait for another process that migrates.
    public var lockWait: Duration
    /// How long a statement may wait for a table that others use; all who come after it wait as well.
    public var tableLockTimeout: Duration
    public var statementTimeout: Duration
    private let folder: MigrationFolder

    public init(
        folder: String,
        lockWait: Duration = .seconds(60),
        tableLockTimeout: Duration = .seconds(10),
        statementTimeout: Duration = .seconds(3600)
    ) {
        self.folder = MigrationFolder(path: folder)
        self.lockWait = lockWait
        self.tableLockTimeout = tableLockTimeout
        self.statementTimeout = statementTimeout
    }

    /// Applies what is pending, each file in a transaction of its own unless it says `transaction:false`.
    ///
    /// Applies nothing when the file of an applied migration was edited or is missing.
    public func up(on database: Database) async throws(MigrationError) -> [AppliedMigration] {
        let files = try folder.files()
        return try await withLock(on: database) { ledger throws(MigrationError) in
            try await ledger.prepare()
            let applied = try await ledger.applied()
            try await ledger.check(files, against: applied)
            var done: [AppliedMigration] = []
            for file in files where applied[file.version] == nil {
                do throws(MigrationError) {
                    done.append(try await ledger.apply(file))
                } catch {
                    var error = error
                    error.done = done
                    throw error
                }
            }
            return done
        }
    }

    /// Takes back the newest `count` migrations; returns them.
    public func down(_ count: Int = 1, on database: Database) async throws(MigrationError) -> [AppliedMigration] {
        let files = try folder.files()
        return try await withLock(on: database) { ledger throws(MigrationError) in
            try await ledger.prepare()
            let applied = try await ledger.applied()
            try await ledger.check(files, against: applied)
            var done: [AppliedMigration] = []
            for file in files.reversed() where applied[file.version] != nil && done.count < count {
                do throws(MigrationError) {
                    done.append(try await ledger.revert(file))
                } catch {
                    var error = error
                    error.done = done
                    throw error
                }
            }
            return done
        }
    }

    /// Everything in the folder or applied, in the order of versions. Changes nothing.
    public func status(of database: Database) async throws(MigrationError) -> [MigrationStatus] {
        let files = try folder.files()
        let session = try await open(database)
        defer { session.close() }
        let ledger = MigrationLedger(session, statementTimeout: statementTimeout)
        let applied = try await ledger.applied()
        var statuses: [MigrationStatus] = []
        for file in files {
            let record = applied[file.version]
            let isEdited = try await ledger.isEdited(file, since: record)
            statuses.append(
                MigrationStatus(
                    version: file.version,
                    name: file.name,
                    state: record == nil ? .pending : isEdited ? .edited : .applied,
                    appliedAt: record?.migration.appliedAt
                )
            )
        }
        let versions = Set(files.map(\.version))
        for (version, record) in applied where !versions.contains(version) {
            statuses.append(
                MigrationStatus(
                    version: version,
                    name: record.migration.name ?? "",
                    state: .missing,
                    appliedAt: record.migration.appliedAt
                )
            )
        }
        return statuses.sorted { $0.version < $1.version }
    }

    /// What was applied, in the order of versions. Changes nothing.
    public func history(of database: Database) async throws(MigrationError) -> [AppliedMigration] {
        let session = try await open(database)
        defer { session.close() }
        let applied = try await MigrationLedger(session, statementTimeout: statementTimeout).applied()
        return applied.values.map(\.migration).sorted { $0.version < $1.version }
    }

    /// Writes an empty migration and returns its path. The version is the time in UTC, to the minute.
    public func new(_ name: String, at time: Timestamp = .now) throws(MigrationError) -> String {
        try folder.create(name, at: time)
    }

    private func open(_ database: Database) async throws(MigrationError) -> ScriptSession {
        do {
            return try await ScriptSession.open(on: database.here)
        } catch {
            throw MigrationError(error)
        }
    }

    /// Two processes that start at once migrate one after the other. The lock goes with the session.
    private func withLock<Value>(
        on database: Database,
        _ body: (MigrationLedger) async throws(MigrationError) -> Value
    ) async throws(MigrationError) -> Value {
        let session = try await open(database)
        defer { session.close() }
        do throws(PostgresError) {
            try await session.run("SELECT set_config('statement_timeout', \(statementTimeout.setting), false)")
            try await session.run("SELECT set_config('lock_timeout', \(tableLockTimeout.setting), false)")
            try await lock(session, on: database.here.loop)
        } catch {
            throw error.code == .lockTimeout ? MigrationError(.locked, error.message) : MigrationError(error)
        }
        return try await body(MigrationLedger(session, statementTimeout: statementTimeout))
    }

    private func lock(_ session: ScriptSession, on loop: EventLoop) async throws(PostgresError) {
        // "atelier" in ASCII; any number does that nobody else locks in the same database.
        let key = 0x61_7465_6C69_6572
        let deadline = MonotonicTime.current.advanced(by: lockWait)
        // Asked again and again: waiting within PostgreSQL would hold a snapshot, for which a concurrent
        // CREATE INDEX CONCURRENTLY of the other process would wait in turn.
        while try await session.run("SELECT pg_try_advisory_lock(\(key))").one({ (isOurs: Bool) in isOurs }) != true {
            guard MonotonicTime.current < deadline else {
                throw PostgresError(.lockTimeout, "another process is migrating since \(lockWait)")
            }
            do {
                try await loop.sleep(for: .milliseconds(50))
            } catch {
                throw .cancelled
            }
        }
    }
}

extension Duration {
    fileprivate var setting: String { String(settingMilliseconds) }
}
