/// Where the database is and how long to wait for it.
public struct DatabaseConfiguration: Sendable {
    /// A URL or a keyword string, as libpq reads it:
    /// <https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING>.
    public var url: String
    /// For writes and transactions, beside the one connection for reads.
    public var connectionsPerLoop: Int
    /// For each statement, kept by the server; a server that stays silent beyond it counts as lost.
    public var statementTimeout: Duration
    /// How long a transaction may do nothing before the server ends it.
    public var idleInTransactionTimeout: Duration
    /// How long a statement may wait for a connection.
    public var acquireTimeout: Duration
    /// From name look-up to a session ready for use.
    public var connectTimeout: Duration
    /// Off behind a pooler that hands out connections per transaction.
    ///
    /// Then nothing is kept in a session: no prepared statements, no settings. Time limits are set in each transaction;
    /// give the role a `statement_timeout` for single statements.
    public var usesPreparedStatements: Bool
    /// Each statement is planned once, for any values and tables of any size: by indexes. Else the server plans those
    /// with arrays or limits anew each time, which can take longer than running them. Only for statements whose best plan
    /// is the same for all values.
    public var plansOnce: Bool
    /// Shown in `pg_stat_activity`.
    public var applicationName: String

    public init(
        url: String,
        connectionsPerLoop: Int = 8,
        statementTimeout: Duration = .seconds(10),
        idleInTransactionTimeout: Duration = .seconds(30),
        acquireTimeout: Duration = .seconds(5),
        connectTimeout: Duration = .seconds(5),
        usesPreparedStatements: Bool = true,
        plansOnce: Bool = false,
        applicationName: String = "atelier"
    ) {
        self.url = url
        self.connectionsPerLoop = max(1, connectionsPerLoop)
        self.statementTimeout = statementTimeout
        self.idleInTransactionTimeout = idleInTransactionTimeout
        self.acquireTimeout = acquireTimeout
        self.connectTimeout = connectTimeout
        self.usesPreparedStatements = usesPreparedStatements
        self.plansOnce = plansOnce
        self.applicationName = applicationName
    }

    /// After so long without a byte an answer is not coming: the server should have given up a while ago.
    var silenceLimit: Duration { statementTimeout + .seconds(1) }
}

extension Duration {
    /// As PostgreSQL's settings count time limits; at least 1, because 0 means none.
    var settingMilliseconds: Int64 {
        max(1, components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
    }
}
