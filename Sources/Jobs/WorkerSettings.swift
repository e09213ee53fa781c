/// How a worker works.
public struct WorkerSettings: Sendable {
    /// Jobs of one queue that this worker runs at the same time.
    public struct Queue: Sendable {
        public var name: String
        public var concurrency: Int
        /// The same over all workers, such as what a provider's account allows; `nil`: as many as there are places.
        public var mostRunning: Int?

        public init(name: String, concurrency: Int, mostRunning: Int? = nil) {
            self.name = name
            self.concurrency = concurrency
            self.mostRunning = mostRunning
        }
    }

    public var queues: [Queue]
    public var retry = RetryRule()
    /// A job whose worker is silent for so long is given to another.
    public var lease: Duration = .seconds(15)
    /// The time between renewals; a few fit into a lease.
    public var heartbeat: Duration = .seconds(3)
    /// The longest time between looks at the queue, when no wake-up comes.
    public var pollInterval: Duration = .seconds(1)
    /// The same while Redis is away.
    public var pollIntervalWithoutWakeUps: Duration = .milliseconds(200)
    /// How long running jobs may go on once the worker is told to stop; then they are handed back.
    public var drainLimit: Duration = .seconds(20)
    /// How long a run may take to notice that it was told to stop; then its job goes on without it. With a heartbeat
    /// before it, a cancellation takes so long at most.
    public var stopGrace: Duration = .milliseconds(1500)
    /// How long the end of an attempt is tried to be stored while the database is away.
    public var storeLimit: Duration = .seconds(60)
    /// How often the jobs of silent workers, and those whose time has come, are looked for.
    public var rescueInterval: Duration = .seconds(1)
    /// A job that has outlived so many workers is failed: it may be what kills them.
    public var crashLimit = 3
    /// How long jobs are kept once they have ended, but for completed ones whose kind is kept for good; `nil`: for ever.
    public var retention: Duration? = .seconds(30 * 86_400)
    public var pruneInterval: Duration = .seconds(60)
    /// How long a request's key stands for what it has led to.
    public var idempotencyKeysLast: Duration = .seconds(86_400)
    /// Starts every Redis channel's name, so that installations can share a server.
    public var channelPrefix = "atelier"

    public init(queues: [Queue]) {
        self.queues = queues
    }
}
