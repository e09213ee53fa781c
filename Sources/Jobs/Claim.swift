import Postgres

/// A job that this worker holds a lease on.
struct ClaimedJob: Sendable {
    let id: JobID
    let kind: String
    let queue: String
    /// Unread, so that what cannot be read is this job's trouble and not that of all claimed with it.
    let arguments: RawJSON
    let attempt: Int
    let retryCount: Int
    let snoozeCount: Int
    let maxRetries: Int
    let timeLimit: Duration
    let token: UUID
    let checkpoint: RawJSON?
    let requestID: String?
    let createdAt: Timestamp
    let place: QueuePlace

    var lease: LeaseKey { LeaseKey(job: id, token: token) }
}

/// Where a job stands in its queue.
struct QueuePlace: Sendable, Comparable {
    let priority: Int
    let turn: Int
    let id: JobID

    static func < (left: QueuePlace, right: QueuePlace) -> Bool {
        (left.priority, left.turn, left.id) < (right.priority, right.turn, right.id)
    }
}

/// What a worker asks a queue for.
struct Claim: Sendable {
    let queue: String
    let limit: Int
    /// Of the lease that all of them get.
    let token: UUID
    let worker: String
    let lease: Duration
    /// Jobs of the queue that may run at the same time, over all workers.
    var mostRunning: Int?
    /// What stands before it is not looked at: rows that were claimed already and cannot be cleared away yet, because
    /// some old transaction might still see them, would be read again and again.
    var from: QueuePlace?

    /// In one transaction; the rows of the last statement are the claimed jobs.
    ///
    /// Where the number of running jobs is limited over all workers, the queue's row is locked first, so that of several
    /// workers each counts what the one before it has begun. Jobs that have something under way outside count already
    /// while they wait: they come before all others, and the others get what room is left.
    ///
    /// The former are named by an expression that only their own small index fits. Before the table is analyzed for the
    /// first time, the planner takes half of all jobs for such, and would look for them in the whole queue.
    var statements: [SQL] {
        guard let mostRunning else { return [leasing(places("state = 'pending'", limit: "\(limit)"))] }
        let room: SQL = """
            greatest(0, least(
                \(limit) - (SELECT count(*) FROM resumed),
                \(mostRunning)
                    - (SELECT count(*) FROM jobs WHERE state = 'processing' AND queue = \(queue))
                    - (SELECT count(*) FROM jobs WHERE is_under_way AND queue = \(queue) AND \(Self.countsStill))
                    - (SELECT count(*) FROM resumed WHERE NOT counts_still)
            ))
            """
        let resumed = places("state::text = 'pending' AND is_under_way", limit: "\(limit)")
        let begun = places("state = 'pending' AND NOT is_under_way", limit: room)
        return [
            "SELECT FROM queues WHERE name = \(queue) FOR UPDATE",
            """
            WITH resumed AS MATERIALIZED (\(resumed)), begun AS MATERIALIZED (\(begun))
            \(leasing("SELECT place FROM resumed UNION ALL SELECT place FROM begun"))
            """,
        ]
    }

    /// What it has under way outside has ended when its time has.
    private static let countsStill: SQL = "started_at > now() - time_limit"

    /// The places in the table of waiting jobs, locked.
    private func places(_ condition: SQL, limit: SQL) -> SQL {
        let fromMark: SQL =
            if let from { "AND (priority, turn, id) >= (\(from.priority)::smallint, \(from.turn), \(from.id))" } else {
                ""
            }
        return """
            SELECT ctid AS place, \(Self.countsStill) AS counts_still
            FROM jobs
            WHERE \(condition) AND queue = \(queue) \(fromMark)
                AND NOT EXISTS (SELECT FROM queues WHERE name = \(queue) AND paused_at IS NOT NULL)
            ORDER BY priority, turn, id
            LIMIT \(limit)
            FOR UPDATE SKIP LOCKED
            """
    }

    /// The chosen rows are found again by their places in the table, not by way of an index. One that has moved meanwhile
    /// is left for the next claim.
    ///
    /// By the statement's clock and not the transaction's, which may have waited long for the lock of the queue: an
    /// attempt does not begin before the one before it has ended, and a lease does not begin with a part of it gone.
    ///
    /// As an array, which is made once: joined, the sub-select might be run again and lease too many, and for a limit
    /// that it does not know the planner expects a tenth of what waits, and reads the whole table.
    private func leasing(_ places: SQL) -> SQL {
        """
        UPDATE jobs j
        SET state = 'processing', attempt = j.attempt + 1, worker = \(worker), lease_token = \(token),
            lease_until = statement_timestamp() + \(lease), heartbeat_at = statement_timestamp(),
            started_at = statement_timestamp(), progress = 0, provider_ref = NULL, is_under_way = false,
            updated_at = statement_timestamp()
        WHERE j.ctid = ANY (ARRAY(SELECT place FROM (\(places)) AS chosen))
        RETURNING \(ClaimedJob.columns)
        """
    }
}

extension ClaimedJob {
    fileprivate static let columns: SQL = """
        j.id, j.kind, j.queue, j.arguments, j.attempt, j.retry_count, j.snooze_count, j.max_retries,
        (extract(epoch FROM j.time_limit) * 1000)::bigint, j.lease_token, j.checkpoint, j.request_id, j.created_at,
        j.priority, j.turn
        """
    fileprivate static let columnCount = 15

    /// The columns in the order of `columns`.
    fileprivate init(_ row: inout RowReader) throws(PostgresError) {
        id = JobID(rawValue: try row.uuid())
        kind = try row.string()
        queue = try row.string()
        arguments = try row.rawJSON()
        attempt = try row.int()
        retryCount = try row.int()
        snoozeCount = try row.int()
        maxRetries = try row.int()
        timeLimit = .milliseconds(try row.int())
        token = try row.uuid()
        checkpoint = try row.optionalRawJSON()
        requestID = try row.optionalString()
        createdAt = try row.timestamp()
        place = QueuePlace(priority: try row.int(), turn: try row.int(), id: id)
    }
}

extension Database {
    /// Leases jobs of a queue to a worker and begins their attempts.
    func claimJobs(_ claim: Claim) async throws(PostgresError) -> [ClaimedJob] {
        try await batch(claim.statements).last?.claimedJobs() ?? []
    }

    /// What a claim got whose answer was lost.
    func claimedJobs(with token: UUID, of queue: String) async throws(PostgresError) -> [ClaimedJob] {
        try await execute(
            """
            SELECT \(ClaimedJob.columns)
            FROM jobs j
            WHERE j.state = 'processing' AND j.queue = \(queue) AND j.lease_token = \(token)
            """
        ).claimedJobs()
    }
}

extension Rows {
    fileprivate func claimedJobs() throws(PostgresError) -> [ClaimedJob] {
        try read(ClaimedJob.columnCount) { row throws(PostgresError) in try ClaimedJob(&row) }
    }
}
