import JSON
import Postgres

/// A job that is not stored yet.
public struct NewJob: Sendable {
    public var id: JobID
    public var kind: String
    public var queue: String
    public var arguments: JSON
    /// Lower is sooner.
    public var priority: Int
    public var maxRetries: Int
    public var timeLimit: Duration
    /// The request that asked for it, for the log.
    public var requestID: String?

    public init(
        id: JobID = .next(),
        kind: String,
        queue: String,
        arguments: JSON = .object([:]),
        priority: Int = 0,
        maxRetries: Int = 3,
        timeLimit: Duration = .seconds(600),
        requestID: String? = nil
    ) {
        self.id = id
        self.kind = kind
        self.queue = queue
        self.arguments = arguments
        self.priority = priority
        self.maxRetries = maxRetries
        self.timeLimit = timeLimit
        self.requestID = requestID
    }

    /// Stores jobs: the insert *is* the enqueue. Splice it into the statement, or run it in the transaction, of the
    /// fact that the jobs follow from.
    public static func insert(_ jobs: [NewJob]) -> SQL {
        """
        INSERT INTO jobs (id, kind, queue, arguments, priority, max_retries, time_limit, request_id)
        SELECT id, kind, queue, arguments::jsonb, priority, max_retries, time_limit_ms * interval '1 millisecond',
            nullif(request_id, '')
        FROM unnest(
            \(jobs.map(\.id.rawValue))::uuid[], \(jobs.map(\.kind))::text[], \(jobs.map(\.queue))::text[],
            \(jobs.map(\.arguments.text))::text[], \(jobs.map(\.priority))::bigint[],
            \(jobs.map(\.maxRetries))::bigint[], \(jobs.map { milliseconds($0.timeLimit) })::bigint[],
            \(jobs.map { $0.requestID ?? "" })::text[]
        ) AS new (id, kind, queue, arguments, priority, max_retries, time_limit_ms, request_id)
        """
    }
}
