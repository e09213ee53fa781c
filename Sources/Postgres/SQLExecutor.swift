/// Where statements run: a `Database` or one `Transaction`, so that a query written once serves both.
public protocol SQLExecutor {
    /// Reads. On a `Database` these share one read-only connection; the order among them is not promised.
    func query(_ sql: SQL) async throws(PostgresError) -> Rows

    /// Writes, or reads that must not share a connection. On a `Database` each is a transaction of its own.
    func execute(_ sql: SQL) async throws(PostgresError) -> Rows
}
