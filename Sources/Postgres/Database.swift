import EventLoop

/// A PostgreSQL database, used from tasks on any of the given loops, each with connections of its own.
///
/// Reads of a loop share one pipelined, read-only connection; writes and transactions lease one from a small pool.
/// Connections are made when first needed and again, with backoff, when they are lost. `close` ends them; without it
/// they last as long as their loops.
public final class Database: Sendable, SQLExecutor {
    public let configuration: DatabaseConfiguration
    private let loops: [LoopDatabase]

    public init(_ configuration: DatabaseConfiguration, loops: [EventLoop]) {
        self.configuration = configuration
        let target = Result { () throws(PostgresError) in
            var target = try DialTarget(configuration)
            // A pooler between would refuse them.
            if configuration.usesPreparedStatements { target.setOptions(configuration.sessionSettings) }
            return target
        }
        self.loops = loops.map { LoopDatabase(on: $0, target: target, configuration: configuration) }
    }

    /// The state of the loop that runs the calling task.
    var here: LoopDatabase {
        guard let current = EventLoop.current else { preconditionFailure("a database is used from tasks on its loops") }
        let found =
            loops.indices.contains(current.index) && loops[current.index].loop === current
            ? loops[current.index] : loops.first { $0.loop === current }
        guard let found else { preconditionFailure("the database does not know the loop “\(current.name)”") }
        found.start()
        return found
    }

    public func query(_ sql: SQL) async throws(PostgresError) -> Rows {
        try await here.reads.query(sql)
    }

    /// One round trip. A statement whose connection dies in flight throws `.connectionLost`: it may have happened.
    public func execute(_ sql: SQL) async throws(PostgresError) -> Rows {
        try await batch([sql])[0]
    }

    /// Runs the statements in order in one transaction and one round trip: all of them or none.
    ///
    /// Returns the rows of each. Throws `.connectionLost` when the connection dies in flight.
    public func batch(_ statements: [SQL]) async throws(PostgresError) -> [Rows] {
        for statement in statements { try statement.check() }
        let here = here
        let connection = try await here.pool.acquire()
        defer { here.pool.release(connection) }
        let limit = configuration.silenceLimit
        do {
            return try await connection.run(statements, on: here.loop, silenceLimit: limit)
        } catch {
            guard error.isStaleStatement else { throw error }
            // Nothing has happened: preparing again is all it needs.
            for statement in statements { connection.forget(statement) }
            return try await connection.run(statements, on: here.loop, silenceLimit: limit)
        }
    }

    /// Runs a slow read on a connection of its own, with its own time limit for the server.
    ///
    /// - Parameter alongIndexes: planned anew for its own values, because a plan that suits most costs a hundred times
    ///   too much where a word is rare; and by indexes wherever there is one, half of them in memory, because the planner
    ///   takes the comparing of words for cheaper than it is.
    public func report(_ sql: SQL, timeout: Duration, alongIndexes: Bool = false) async throws(PostgresError) -> Rows {
        try sql.check()
        let here = here
        let connection = try await here.pool.acquire()
        defer { here.pool.release(connection) }
        let statements: [SQL] = [
            "BEGIN READ ONLY", alongIndexes ? .alongIndexes(timeout) : .setting("statement_timeout", timeout), sql,
            "COMMIT",
        ]
        do {
            let rows = try await connection.run(statements, on: here.loop, silenceLimit: timeout + .seconds(2))
            return rows[2]
        } catch {
            if connection.isInTransaction { _ = try? await connection.finish("ROLLBACK", silenceLimit: .seconds(5)) }
            throw error.withNothingDone
        }
    }

    /// Throws `.unavailable` when the database does not answer within the limit.
    public func ping(within limit: Duration) async throws(PostgresError) {
        _ = try await here.reads.query("SELECT 1", within: limit)
    }

    /// Returns once the database answers; throws the last reason after `limit`, or `.cancelled`.
    ///
    /// `onWait` is told each time the reason for waiting changes.
    public func waitUntilReachable(
        upTo limit: Duration,
        onWait: (_ message: String) -> Void = { _ in }
    ) async throws(PostgresError) {
        let deadline = MonotonicTime.current.advanced(by: limit)
        var reason: String?
        while true {
            do {
                let rest = deadline - MonotonicTime.current
                return try await ping(within: max(.milliseconds(1), min(.seconds(1), rest)))
            } catch {
                if error.code == .cancelled || MonotonicTime.current >= deadline { throw error }
                let message = here.dialer.lastFailure?.message ?? error.message
                if reason != message { onWait(message) }
                reason = message
            }
            do {
                try await here.loop.sleep(for: .milliseconds(100))
            } catch {
                throw .cancelled
            }
        }
    }

    /// Ends all connections; what waits gets `.unavailable`. Any thread; on another loop it happens soon.
    public func close() {
        for database in loops {
            if database.loop.isCurrent { database.close() } else { database.loop.execute { database.close() } }
        }
    }
}

extension DatabaseConfiguration {
    /// A plan for a table that is nearly empty must not read it whole when it has grown: not by itself, nor along an index
    /// to join it.
    private static let plannedOnce = [
        ("plan_cache_mode", "force_generic_plan"), ("enable_seqscan", "off"), ("enable_hashjoin", "off"),
        ("enable_mergejoin", "off"), ("jit", "off"),
    ]

    /// What every session starts with.
    var sessionSettings: [(String, String)] {
        [
            ("timezone", "UTC"),
            ("statement_timeout", "\(statementTimeout.settingMilliseconds)"),
            ("idle_in_transaction_session_timeout", "\(idleInTransactionTimeout.settingMilliseconds)"),
            // The server ends a statement whose client has gone, within so many milliseconds.
            ("client_connection_check_interval", "1000"),
        ] + (plansOnce ? Self.plannedOnce : [])
    }
}

extension SQL {
    /// For the rest of the transaction.
    fileprivate static func alongIndexes(_ limit: Duration) -> SQL {
        """
        SELECT set_config('statement_timeout', \(String(limit.settingMilliseconds)), true),
            set_config('plan_cache_mode', 'force_custom_plan', true), set_config('random_page_cost', '2', true),
            set_config('enable_seqscan', 'off', true)
        """
    }

    /// For the rest of the transaction.
    static func setting(_ name: String, _ limit: Duration) -> SQL {
        "SELECT set_config(\(name), \(String(limit.settingMilliseconds)), true)"
    }
}
