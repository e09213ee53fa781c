import JSON
import Postgres

/// A job that is not stored yet.
public struct NewJob: Sendable {
    public var id: JobID
    public var kind: String
    public var queue: String
    public var arguments: JSON
    /// Who asks for it: owners take turns.
    public var owner: String
    /// Lower is sooner, whoever asks.
    public var priority: Int
    /// `nil`: as soon as may be.
    public var runAt: Timestamp?
    public var maxRetries: Int
    public var timeLimit: Duration
    /// The request that asked for it, for the log.
    public var requestID: String?

    public init(
        id: JobID = .next(),
        kind: String,
        queue: String,
        arguments: JSON = .object([:]),
        owner: String = "",
        priority: Int = 0,
        runAt: Timestamp? = nil,
        maxRetries: Int = 3,
        timeLimit: Duration = .seconds(600),
        requestID: String? = nil
    ) {
        self.id = id
        self.kind = kind
        self.queue = queue
        self.arguments = arguments
        self.owner = owner
        self.priority = priority
        self.runAt = runAt
        self.maxRetries = maxRetries
        self.timeLimit = timeLimit
        self.requestID = requestID
    }

    /// Stores jobs: the insert *is* the enqueue. Splice it into the statement, or run it in the transaction, of the
    /// fact that the jobs follow from.
    public static func insert(_ jobs: [NewJob]) -> SQL {
        """
        WITH new AS MATERIALIZED (
            SELECT id, kind, queue, arguments, owner, priority, max_retries, time_limit_ms, request_id,
                greatest(run_at, now()) AS run_at
            FROM unnest(
                \(jobs.map(\.id.rawValue))::uuid[], \(jobs.map(\.kind))::text[], \(jobs.map(\.queue))::text[],
                \(jobs.map(\.arguments.text))::text[], \(jobs.map(\.owner))::text[], \(jobs.map(\.priority))::bigint[],
                \(jobs.map { $0.runAt ?? Timestamp(microseconds: 0) })::timestamptz[], \(jobs.map(\.maxRetries))::bigint[],
                \(jobs.map { milliseconds($0.timeLimit) })::bigint[], \(jobs.map { $0.requestID ?? "" })::text[]
            ) AS new (id, kind, queue, arguments, owner, priority, run_at, max_retries, time_limit_ms, request_id)
        ), \(Turns.lines(of: "new"))
        INSERT INTO jobs (id, kind, queue, arguments, owner, priority, turn, run_at, state, max_retries, time_limit,
            request_id)
        SELECT id, kind, queue, arguments::jsonb, owner, priority, \(Turns.turn), run_at,
            CASE WHEN run_at > now() THEN 'scheduled' ELSE 'pending' END::job_state, max_retries,
            time_limit_ms * interval '1 millisecond', nullif(request_id, '')
        FROM new
        JOIN lines USING (queue, owner, priority)
        """
    }
}

/// How owners take turns: jobs of one priority are begun in the order of their turns, and those of one owner stand in
/// different ones. Whoever asks for a hundred pictures gets every second place beside somebody who asks for one.
enum Turns {
    /// The relation `lines (queue, owner, priority, first)`: for each owner with jobs in `relation`, the turn of the
    /// next one. That is behind the owner's last waiting job, or else in the turn that is being begun.
    static func lines(of relation: SQL) -> SQL {
        """
        lines AS MATERIALIZED (
            SELECT queue, owner, priority, coalesce(
                (
                    SELECT j.turn + 1
                    FROM jobs j
                    WHERE j.state = 'pending' AND j.queue = asking.queue AND j.owner = asking.owner
                        AND j.priority = asking.priority
                    ORDER BY j.turn DESC
                    LIMIT 1
                ), (
                    SELECT j.turn
                    FROM jobs j
                    WHERE j.state = 'pending' AND j.queue = asking.queue AND j.priority = asking.priority
                    ORDER BY j.turn
                    LIMIT 1
                ), 0) AS first
            FROM (SELECT DISTINCT queue, owner, priority FROM \(relation)) AS asking
        )
        """
    }

    /// The turn of a row of the relation, beside its `lines`.
    static let turn: SQL = "first + row_number() OVER (PARTITION BY queue, owner, priority ORDER BY id) - 1"
}
