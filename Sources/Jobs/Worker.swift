import EventLoop
import JSON
import Postgres
import Redis

/// Claims jobs and runs them, until it is told to drain. Everything happens on one loop.
///
/// What it promises: a job runs at least once; its outcome is stored once; a job that this worker has lost writes
/// nothing any more. See `docs/jobs.md` for the states.
public final class Worker<Context: Sendable>: @unchecked Sendable {
    // @unchecked: state is used on `loop` only; `drain` hops there.

    public let id = UUID.random()
    public let name: String
    let settings: WorkerSettings
    let database: Database
    let redis: Redis
    let loop: EventLoop
    let channels: JobChannels
    let log: @Sendable (WorkerNote) -> Void
    private let kinds: [String: JobKind<Context>]
    private let context: Context

    var running: [JobID: RunningJob] = [:]
    /// The last claim of the queue got all it asked for: more may wait.
    private var mayHaveMore: Set<String> = []
    private let wakeUp: Signal
    private let finisher: Finisher
    private(set) var isDraining = false
    private let drainBegan: Signal
    private let becameIdle: Signal

    public init(
        name: String,
        settings: WorkerSettings,
        kinds: [JobKind<Context>],
        context: Context,
        database: Database,
        redis: Redis,
        loop: EventLoop,
        log: @escaping @Sendable (WorkerNote) -> Void
    ) {
        self.name = name
        self.settings = settings
        self.kinds = Dictionary(uniqueKeysWithValues: kinds.map { ($0.name, $0) })
        self.context = context
        self.database = database
        self.redis = redis
        self.loop = loop
        self.log = log
        channels = JobChannels(prefix: settings.channelPrefix)
        wakeUp = Signal(on: loop)
        drainBegan = Signal(on: loop)
        becameIdle = Signal(on: loop)
        let stores = Dictionary(uniqueKeysWithValues: kinds.map { ($0.name, $0.store) })
        finisher = Finisher(database: database, loop: loop) { kind, products in stores[kind]?(products) }
    }

    /// Works until `drain` was called and the running jobs have ended or been handed back. From a task on the loop.
    public func run() async {
        loop.preconditionIsCurrent()
        let wakeUps = redis.subscribe([channels.wakeUps, channels.cancellations]) { [self] message in
            loop.execute { self.heard(message.text, on: message.channel) }
        }
        let upkeep = [
            loop.spawn { await self.keepClaiming() },
            loop.spawn { await self.keepHeartbeat() },
            loop.spawn { await self.keepRescuing() },
            loop.spawn { await self.keepPublishingProgress() },
        ]
        while !isDraining { try? await drainBegan.wait(atMost: .seconds(3600)) }
        await finishRunningJobs()
        for task in upkeep { task.cancel() }
        for task in upkeep { await task.value }
        wakeUps.cancel()
        try? await database.removeWorker(id)
    }

    /// Takes no more jobs, lets the running ones end within the drain limit, hands the others back. Any thread.
    public func drain() {
        loop.execute {
            self.isDraining = true
            self.drainBegan.set()
            self.wakeUp.set()
        }
    }

    private func finishRunningJobs() async {
        let end = MonotonicTime.current.advanced(by: settings.drainLimit)
        while !running.isEmpty, MonotonicTime.current < end {
            try? await becameIdle.wait(atMost: end - .current)
        }
        for job in running.values { job.stop(.draining) }
        // A job that does not notice its cancellation is left to its lease.
        let lastEnd = MonotonicTime.current.advanced(by: .seconds(5))
        while !running.isEmpty, MonotonicTime.current < lastEnd {
            try? await becameIdle.wait(atMost: lastEnd - .current)
        }
    }

    private func heard(_ message: String, on channel: String) {
        if channel == channels.wakeUps {
            wakeUp.set()
        } else if let job = JobID(message) {
            running[job]?.stop(.cancelRequested)
        }
    }

    // MARK: Claiming

    private func keepClaiming() async {
        var failures = 0
        while !isDraining {
            do {
                let claimed = try await claimOnce()
                failures = 0
                if claimed > 0, hasRoomForMore { continue }
                try await wakeUp.wait(atMost: pause)
            } catch is CancellationError {
                return
            } catch {
                failures += 1
                if failures == 1 { log(.problem("cannot claim jobs: \(error)")) }
                let wait = min(0.1 * Double(1 << min(failures, 6)), 5) * Double.random(in: 0.5...1)
                try? await loop.sleep(for: .seconds(wait))
            }
        }
    }

    private var hasRoomForMore: Bool {
        settings.queues.contains { mayHaveMore.contains($0.name) && freeSlots(in: $0) > 0 }
    }

    private var pause: Duration {
        let interval = redis.isAvailable ? settings.pollInterval : settings.pollIntervalWithoutWakeUps
        // Spread, so that many workers do not look at the queue in step.
        return interval * Double.random(in: 0.8...1)
    }

    private func freeSlots(in queue: WorkerSettings.Queue) -> Int {
        queue.concurrency - running.values.count { $0.claimed.queue == queue.name }
    }

    private func claimOnce() async throws -> Int {
        var total = 0
        for queue in settings.queues where !isDraining {
            let limit = min(freeSlots(in: queue), 100)
            guard limit > 0 else { continue }
            let sent = MonotonicTime.current
            let claimed = try await database.claimJobs(
                of: queue.name,
                limit: limit,
                worker: name,
                lease: settings.lease
            )
            if claimed.count == limit { mayHaveMore.insert(queue.name) } else { mayHaveMore.remove(queue.name) }
            for job in claimed { start(job, leaseEnds: sent.advanced(by: settings.lease)) }
            total += claimed.count
            publish(claimed.map { JobChange(job: $0.id) })
        }
        return total
    }

    // MARK: Running

    private func start(_ claimed: ClaimedJob, leaseEnds: MonotonicTime) {
        let job = RunningJob(claimed, leaseEnds: leaseEnds) { [weak self] job, checkpoint, providerRef in
            try await self?.remember(checkpoint, providerRef, of: job)
        }
        running[claimed.id] = job
        job.deadline = loop.schedule(after: claimed.timeLimit) { [weak job] in job?.stop(.timeLimit) }
        // Assigned after the first suspension at the latest; a run that ends without one needs no cancelling.
        let task = loop.spawn { await self.perform(job) }
        job.task = task
        if job.stopReason != nil { task.cancel() }
    }

    private func perform(_ job: RunningJob) async {
        let claimed = job.claimed
        let attempt = Attempt(
            job: claimed.id,
            number: claimed.attempt,
            retryCount: claimed.retryCount,
            checkpoint: claimed.checkpoint,
            requestID: claimed.requestID,
            createdAt: claimed.createdAt,
            running: job
        )
        var finished: FinishedAttempt
        do {
            guard let kind = kinds[claimed.kind] else {
                throw JobError.permanent("this version cannot run jobs of the kind \(claimed.kind)")
            }
            finished = job.finished(with: try await kind.run(claimed.id, claimed.arguments, context, attempt))
        } catch {
            finished = job.finished(with: error, retry: settings.retry, chance: Double.random(in: 0..<1))
            if !(error is JobError), job.stopReason == nil {
                log(.problem("job \(claimed.id) failed unexpectedly: \(error)"))
            }
        }
        job.hasEnded = true
        job.deadline?.cancel()
        let isStored = await job.stopReason == .leaseLost ? false : finisher.store(finished, until: job)
        running[claimed.id] = nil
        log(.attempt(JobReport(job, finished, worker: name, isStored: isStored)))
        if isStored { publish([JobChange(job: claimed.id)]) }
        if running.isEmpty { becameIdle.set() }
        if mayHaveMore.contains(claimed.queue) { wakeUp.set() }
    }

    private func remember(_ checkpoint: JSON, _ providerRef: String?, of job: RunningJob) async throws {
        let isHeld = try await database.storeCheckpoint(
            checkpoint,
            providerRef: providerRef,
            of: job.claimed.id,
            token: job.claimed.token
        )
        guard isHeld else {
            job.stop(.leaseLost)
            throw LeaseLost()
        }
    }

    func publish(_ changes: [JobChange]) {
        guard !changes.isEmpty else { return }
        redis.publish(channels.changes, JobChange.message(changes))
    }

    func wakeClaiming() {
        wakeUp.set()
    }
}
