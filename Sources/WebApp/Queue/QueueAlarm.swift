import Postgres

/// Something that makes the queue slow and that somebody has to do something about.
struct QueueAlarm: Sendable {
    /// A stable word for programs.
    let code: String
    let title: String
    /// What it does to the queue, and what to do.
    let message: String

    static let longestTransaction: Duration = .seconds(60)
    static let mostDeadRows = 100_000
}

extension QueueAlarm {
    /// While any transaction might still see a row's earlier versions, none of them are cleared away, and claiming steps
    /// over more of them with every job.
    fileprivate static func oldTransaction(_ transaction: OldTransaction) -> QueueAlarm {
        let who = transaction.application.isEmpty ? transaction.user : "\(transaction.application), \(transaction.user)"
        let doing = transaction.state == "active" ? "running a statement" : transaction.state
        return QueueAlarm(
            code: "old_transaction",
            title: "A transaction has been open for \(LiveFigures.words(transaction.age))",
            message:
                "It is held by process \(transaction.process) (\(who); \(doing)). Until it ends PostgreSQL keeps every"
                + " old version of every job, and each claim gets slower. End it where it was begun, or with"
                + " SELECT pg_terminate_backend(\(transaction.process))."
        )
    }

    fileprivate static func deadRows(_ count: Int, vacuumed: Duration?) -> QueueAlarm {
        let last = vacuumed.map { "\(LiveFigures.words($0)) ago" } ?? "never"
        return QueueAlarm(
            code: "dead_rows",
            title: "\(grouped(count)) old versions of jobs wait to be cleared away",
            message:
                "Autovacuum last ran on the jobs: \(last). If a transaction has been open for long, end it first; then"
                + " run VACUUM jobs, and see that autovacuum is on."
        )
    }
}

private struct OldTransaction {
    let process: Int
    let application: String
    let user: String
    let state: String
    let age: Duration
}

extension Database {
    func queueAlarms(
        openFor limit: Duration = QueueAlarm.longestTransaction
    ) async throws(PostgresError) -> [QueueAlarm] {
        var alarms: [QueueAlarm] = []
        if let transaction = try await oldTransaction(openFor: limit) { alarms.append(.oldTransaction(transaction)) }
        let table = try await query(
            """
            SELECT pg_stat_get_dead_tuples('jobs'::regclass),
                now() - greatest(pg_stat_get_last_autovacuum_time('jobs'::regclass),
                    pg_stat_get_last_vacuum_time('jobs'::regclass))
            """
        ).one { (dead: Int, vacuumed: Duration?) in (dead, vacuumed) }
        if let (dead, vacuumed) = table, dead > QueueAlarm.mostDeadRows {
            alarms.append(.deadRows(dead, vacuumed: vacuumed))
        }
        return alarms
    }

    /// The oldest of this database that keeps old versions and has been open for longer than the limit.
    private func oldTransaction(openFor limit: Duration) async throws(PostgresError) -> OldTransaction? {
        try await query(
            """
            SELECT pid, coalesce(application_name, ''), coalesce(usename::text, ''), coalesce(state, 'idle'),
                now() - xact_start
            FROM pg_stat_activity
            WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
                AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
                AND xact_start < now() - \(limit)
            ORDER BY xact_start
            LIMIT 1
            """
        ).one { (process: Int, application: String, user: String, state: String, age: Duration) in
            OldTransaction(process: process, application: application, user: user, state: state, age: age)
        }
    }
}
