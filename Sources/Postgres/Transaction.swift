import EventLoop

/// Several statements that happen together or not at all; lent to the closure of `Database.transaction`.
///
/// It stays with the task it was lent to, and one statement runs at a time.
public final class Transaction: SQLExecutor {
    public enum Isolation: Sendable {
        /// Each statement sees what was committed before it; the server's usual default.
        case readCommitted
        /// All statements see one moment; a write over a newer one throws `.serializationFailure`.
        case repeatableRead
        /// As if transactions ran one after another; any statement or the commit may throw `.serializationFailure`.
        case serializable
    }

    private let connection: Connection
    private let database: LoopDatabase
    private let isolation: Isolation
    private var hasBegun = false
    private var hasEnded = false

    init(on connection: Connection, of database: LoopDatabase, isolation: Isolation) {
        self.connection = connection
        self.database = database
        self.isolation = isolation
    }

    public func query(_ sql: SQL) async throws(PostgresError) -> Rows { try await run(sql) }

    /// A lost connection throws `.unavailable`: nothing of the transaction has happened.
    public func execute(_ sql: SQL) async throws(PostgresError) -> Rows { try await run(sql) }

    /// The first statement takes `BEGIN` along, so that beginning costs no round trip.
    private func run(_ sql: SQL) async throws(PostgresError) -> Rows {
        try sql.check()
        if hasEnded { throw PostgresError(.other, "the transaction has ended") }
        let statements = hasBegun ? [sql] : opening + [sql]
        hasBegun = true
        do {
            let limit = database.configuration.silenceLimit
            let rows = try await connection.run(statements, on: database.loop, silenceLimit: limit)
            return rows[statements.count - 1]
        } catch {
            if error.isStaleStatement { connection.forget(sql) }
            throw error.withNothingDone
        }
    }

    private var opening: [SQL] {
        let begin: SQL =
            switch isolation {
            case .readCommitted: "BEGIN ISOLATION LEVEL READ COMMITTED"
            case .repeatableRead: "BEGIN ISOLATION LEVEL REPEATABLE READ"
            case .serializable: "BEGIN ISOLATION LEVEL SERIALIZABLE"
            }
        let configuration = database.configuration
        // Through a pooler the session has no settings of ours.
        guard !configuration.usesPreparedStatements else { return [begin] }
        return [
            begin,
            .setting("statement_timeout", configuration.statementTimeout),
            .setting("idle_in_transaction_session_timeout", configuration.idleInTransactionTimeout),
        ]
    }

    /// Not interrupted by cancellation: a commit on its way must be waited for.
    func commit() async throws(PostgresError) {
        hasEnded = true
        guard hasBegun else { return }
        let rows = try await connection.finish("COMMIT", silenceLimit: database.configuration.silenceLimit)
        // The server answers so to a commit after an error, without calling it one.
        guard rows?.command != "ROLLBACK" else {
            throw PostgresError(.transactionAborted, "an error within the transaction was ignored; it was rolled back")
        }
    }

    /// Leaves the connection clean, or closed.
    func rollback() async {
        hasEnded = true
        guard connection.isInTransaction else { return }
        _ = try? await connection.finish("ROLLBACK", silenceLimit: .seconds(5))
    }
}

extension Database {
    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws or its task is cancelled.
    ///
    /// Throws what `body` throws; of its own `.unavailable` (nothing has happened), `.connectionLost` (the connection
    /// died under the commit: it may have happened), and what a commit can run into.
    public func transaction<Value>(
        _ isolation: Transaction.Isolation = .readCommitted,
        _ body: (Transaction) async throws -> Value
    ) async throws -> Value {
        let here = here
        let connection = try await here.pool.acquire()
        defer { here.pool.release(connection) }
        let transaction = Transaction(on: connection, of: here, isolation: isolation)
        do {
            let value = try await body(transaction)
            if Task.isCancelled { throw PostgresError.cancelled }
            try await transaction.commit()
            return value
        } catch {
            await transaction.rollback()
            throw error
        }
    }
}
