import EventLoop

/// What a worker has to say for the log.
public enum WorkerNote: Sendable {
    case attempt(JobReport)
    case problem(String)
}

/// One attempt, as the log tells it.
public struct JobReport: Sendable {
    public let job: JobID
    public let kind: String
    public let queue: String
    public let attempt: Int
    public let worker: String
    /// The stored word, or `lease_lost` when nothing was stored.
    public let outcome: String
    public let error: String?
    public let duration: Duration
    public let requestID: String?

    init(_ job: RunningJob, worker: String, stored: FinishedAttempt?) {
        self.job = job.claimed.id
        kind = job.claimed.kind
        queue = job.claimed.queue
        attempt = job.claimed.attempt
        self.worker = worker
        outcome = stored?.outcome.rawValue ?? "lease_lost"
        error = stored?.error
        duration = MonotonicTime.current - job.began
        requestID = job.claimed.requestID
    }
}
