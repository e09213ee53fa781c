/// Why migrations did not run, or stopped.
public struct MigrationError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The folder or a file cannot be read or written.
        case unreadable
        /// A file's name or its `-- migrate:` lines are not as they should be.
        case malformed
        /// A file was changed after it was applied.
        case edited
        /// The file of an applied migration is gone.
        case missing
        /// There is no `-- migrate:down` to go back by.
        case irreversible
        /// Another process is migrating and did not end in time.
        case locked
        /// PostgreSQL refused a statement of the file.
        case failed
        /// The database is away; later it may be there.
        case away
        /// The database refused what keeps the books.
        case database
    }

    public let code: Code
    public let message: String
    public let file: String?
    /// From 1.
    public let line: Int?
    /// What this run had done before it stopped; that stays.
    public internal(set) var done: [AppliedMigration] = []

    init(_ code: Code, _ message: String, file: String? = nil, line: Int? = nil) {
        self.code = code
        self.message = message
        self.file = file
        self.line = line
    }

    init(_ error: PostgresError) {
        self.init([.unavailable, .connectionLost].contains(error.code) ? .away : .database, error.description)
    }

    /// `20261121T0900_create_jobs.sql:12: relation "jobs" already exists (42P07)`
    public var description: String {
        let place = file.map { file in line.map { "\(file):\($0): " } ?? "\(file): " }
        return (place ?? "") + message
    }
}
