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

    /// Made once: it is most of the statement's text.
    private static let lines = Turns.lines(of: "new")

    /// Stores jobs: the insert *is* the enqueue. Splice it into the statement, or run it in the transaction, of the
    /// fact that the jobs follow from.
    public static func insert(_ jobs: [NewJob]) -> SQL {
        """
        WITH new AS MATERIALIZED (
            SELECT id, kind, queue, arguments, owner, priority, max_retries, time_limit_ms, request_id,
                greatest(run_at, now()) AS run_at
            FROM \(jobs.count == 1 ? values(of: jobs[0]) : arrays(of: jobs))
                AS new (id, kind, queue, arguments, owner, priority, run_at, max_retries, time_limit_ms, request_id)
        ), \(lines)
        INSERT INTO jobs (id, kind, queue, arguments, owner, priority, turn, run_at, state, max_retries, time_limit,
            request_id)
        SELECT id, kind, queue, arguments::jsonb, owner, priority, \(Turns.turn), run_at,
            CASE WHEN run_at > now() THEN 'scheduled' ELSE 'pending' END::job_state, max_retries,
            time_limit_ms * interval '1 millisecond', nullif(request_id, '')
        FROM new
        JOIN lines USING (queue, owner, priority)
        """
    }
    /// For any number, in one statement.
    private static func arrays(of jobs: [NewJob]) -> SQL {
        """
        unnest(
            \(jobs.map(\.id.rawValue))::uuid[], \(jobs.map(\.kind))::text[], \(jobs.map(\.queue))::text[],
            \(jobs.map(\.arguments.text))::text[], \(jobs.map(\.owner))::text[], \(jobs.map(\.priority))::bigint[],
            \(jobs.map { $0.runAt ?? .whenever })::timestamptz[], \(jobs.map(\.maxRetries))::bigint[],
            \(jobs.map { milliseconds($0.timeLimit) })::bigint[], \(jobs.map { $0.requestID ?? "" })::text[]
        )
        """
    }

    /// For one, with a plan that is made once. Not knowing the length of an array, the planner expects ten rows, finds
    /// that too dear, and plans each time anew: half a millisecond, more than all the rest.
    private static func values(of job: NewJob) -> SQL {
        """
        (VALUES (
            \(job.id), \(job.kind), \(job.queue), \(job.arguments.text), \(job.owner), \(job.priority),
            \(job.runAt ?? .whenever), \(job.maxRetries), \(milliseconds(job.timeLimit)), \(job.requestID ?? "")
        ))
        """
    }
}

extension Timestamp {
    /// Long ago, so that now is later.
    fileprivate static let whenever = Timestamp(microseconds: 0)
}
