import JSON
import Postgres

/// A kind of work that is queued in PostgreSQL and done by a worker, at least once: make the second run harmless.
///
/// The stored arguments are identifiers, never copies of rows.
public protocol Job: Sendable {
    /// What a run may use: the application's dependencies.
    associatedtype Context: Sendable
    /// What a completed run leaves to be stored.
    associatedtype Product: Sendable

    /// Stored with every job: never rename it.
    static var kind: String { get }

    init(id: JobID, arguments: JSON) throws

    /// Does the work. Throwing means failed: a `JobError` says whether it may be tried again, and any other error may.
    ///
    /// No transaction may stay open across an outside call. Cancellation means that the outcome no longer matters or
    /// that the time is up: stop soon.
    func run(_ context: Context, _ attempt: Attempt) async throws -> JobOutcome<Product>

    /// Winds up outside what a cancelled job has begun and left word of in its checkpoint, such as a prediction that goes
    /// on. Not called for what a run has wound up itself; may be called twice.
    static func abandon(_ id: JobID, checkpoint: JSON, _ context: Context) async throws

    /// A completed job is part of what the application keeps, and is never pruned.
    static var isKeptWhenCompleted: Bool { get }

    /// A statement that stores the products of a batch, in the statement that completes their jobs.
    ///
    /// It must join the relation `finished_jobs (id)`, which has only the jobs whose lease still held. `nil` when there
    /// is nothing to store.
    static func store(_ products: [(id: JobID, product: Product)]) -> SQL?
}

extension Job {
    public static func abandon(_ id: JobID, checkpoint: JSON, _ context: Context) async throws {}
    public static var isKeptWhenCompleted: Bool { false }
}

/// How a run ended, when it did not fail.
public enum JobOutcome<Product: Sendable>: Sendable {
    case completed(Product)
    /// Try again after a while, without using up a retry.
    case snoozed(Duration, reason: String)
    case cancelled(reason: String)
}

/// A failure, in words fit for the person who asked for the job.
public struct JobError: Error, Sendable, Hashable, CustomStringConvertible {
    public let message: String
    /// Whether the same attempt might succeed later.
    public let isTransient: Bool
    /// The least time to wait, in the words of whoever refused.
    public let retryAfter: Duration?
    /// Whether waiting for it uses up a retry. What is paid for already is not given up because somebody says “later”.
    public var usesRetry: Bool

    public init(_ message: String, isTransient: Bool, retryAfter: Duration? = nil, usesRetry: Bool = true) {
        self.message = message
        self.isTransient = isTransient
        self.retryAfter = retryAfter
        self.usesRetry = usesRetry
    }

    public static func permanent(_ message: String) -> JobError { JobError(message, isTransient: false) }

    public static func transient(_ message: String, retryAfter: Duration? = nil) -> JobError {
        JobError(message, isTransient: true, retryAfter: retryAfter)
    }

    public var description: String { message }
}
