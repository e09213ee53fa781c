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
    /// The given name and a part of `id`, so that it is no other worker's.
    public let name: String
    let settings: WorkerSettings
    /// Connections of the worker's own, whose statements are planned once: they come in batches of any size.
    let database: Database
    /// A connection of its own for what must not wait behind the jobs' statements: renewing their leases.
    let leaseDatabase: Database
    let redis: Redis
    let loop: EventLoop
    let channels: JobChannels
    let log: @Sendable (WorkerNote) -> Void
    let kinds: [String: JobKind<Context>]
    let context: Context

    /// By lease, because a job may be claimed again while a run that lost it still ends.
    private(set) var running: [LeaseKey: RunningJob] = [:]
    private let queues: [WorkedQueue]
    /// Of those running, how many have an end that is not stored yet.
    private var unsettled = 0
    private var changed: [JobChange] = []
    /// Of those that showed themselves lately, as of the last heartbeat.
    var otherWorkers = 0
    private var spread: LoopTimer?
    private let finisher: Finisher
    /// In one statement.
    private static var mostClaimedTogether: Int { 500 }
    private let checkpoints: CheckpointWriter
    private(set) var isDraining = false
    /// Nothing is held any more.
    private(set) var isOver = false
    let wakeUp: Signal
    let heartbeatDue: Signal
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
        precondition(settings.lease >= settings.heartbeat * 2, "a heartbeat must come well before a lease ends")
        self.name = "\(name):\(id.description.prefix(8))"
        self.settings = settings
        self.kinds = Dictionary(uniqueKeysWithValues: kinds.map { ($0.name, $0) })
        self.context = context
        var own = database.configuration
        own.plansOnce = true
        let database = Database(own, loops: [loop])
        self.database = database
        var single = own
        single.connectionsPerLoop = 1
        leaseDatabase = Database(single, loops: [loop])
        queues = settings.queues.map(WorkedQueue.init)
        self.redis = redis
        self.loop = loop
        self.log = log
        channels = JobChannels(prefix: settings.channelPrefix)
        wakeUp = Signal(on: loop)
        heartbeatDue = Signal(on: loop)
        drainBegan = Signal(on: loop)
        becameIdle = Signal(on: loop)
        checkpoints = CheckpointWriter(database: database, loop: loop)
        let stores = Dictionary(uniqueKeysWithValues: kinds.map { ($0.name, $0.store) })
        finisher = Finisher(
            database: database,
            loop: loop,
            limit: settings.storeLimit,
            products: { kind, products in stores[kind]?(products) },
            log: { log(.problem($0)) }
        )
    }

    /// Works until `drain` was called, or the calling task cancelled, and the running jobs have ended or been handed
    /// back. Once, from a task on the loop.
    public func run() async {
        loop.preconditionIsCurrent()
        let work = loop.spawn { await self.work() }
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            drain()
        }
    }

    private func work() async {
        let subscription = redis.subscribe([channels.wakeUps, channels.cancellations]) { [self] message in
            loop.execute { self.heard(message.text, on: message.channel) }
        }
        let claiming = loop.spawn { await self.keepClaiming() }
        let heartbeat = loop.spawn { await self.keepHeartbeat() }
        let upkeep = [
            loop.spawn { await self.keepRescuing() },
            loop.spawn { await self.keepPublishingProgress() },
            loop.spawn { await self.keepPruning() },
        ]
        while !isDraining { try? await drainBegan.wait(atMost: .seconds(3600)) }
        let drainEnds = MonotonicTime.current.advanced(by: settings.drainLimit)
        // A claim on its way is waited for: otherwise its jobs would be nobody's until their leases end.
        await claiming.value
        await settleAll(until: drainEnds)
        for job in running.values { job.stop(.draining) }
        await settleAll(until: .current.advanced(by: settings.stopGrace + .seconds(5)))
        finisher.giveUp()
        // The last beat is waited for as well: cut off, it might show the worker alive after its end.
        isOver = true
        heartbeatDue.set()
        await heartbeat.value
        for task in upkeep { task.cancel() }
        for task in upkeep { await task.value }
        subscription.cancel()
        try? await within(.seconds(2), on: loop) { try await self.leaseDatabase.removeWorker(self.id) }
        leaseDatabase.close()
        self.database.close()
    }

    /// Takes no more jobs, lets the running ones end within the drain limit, hands the others back. Any thread.
    public func drain() {
        loop.execute {
            self.isDraining = true
            self.drainBegan.set()
            self.wakeUp.set()
        }
    }

    private func settleAll(until end: MonotonicTime) async {
        while unsettled > 0, MonotonicTime.current < end { try? await becameIdle.wait(atMost: end - .current) }
    }

    private func heard(_ message: String, on channel: String) {
        if channel == channels.wakeUps {
            guard let queue = queues.first(where: { $0.settings.name == message }) else { return }
            queue.isDue = true
            wakeUpSoon()
        } else if let job = JobID(message), running.values.contains(where: { $0.claimed.id == job }) {
            // Whether it should really stop is for the database to say.
            heartbeatDue.set()
        }
    }

    // MARK: Claiming

    /// At once when no other worker hears the same; else a little later, so that they do not all come for one job.
    private func wakeUpSoon() {
        guard otherWorkers > 0 else { return wakeUp.set() }
        guard spread == nil else { return }
        let longest = min(Duration.milliseconds(otherWorkers), .milliseconds(50))
        spread = loop.schedule(after: longest * Double.random(in: 0...1)) { [weak self] in
            self?.spread = nil
            self?.wakeUp.set()
        }
    }

    private func keepClaiming() async {
        await keepRegisteringQueues()
        var failures = 0
        var idlePolls = 0
        var nextPoll = MonotonicTime.current
        while !isDraining {
            var wait: Duration
            do {
                let isPoll = nextPoll <= .current
                if isPoll { for queue in queues { queue.isDue = true } }
                let claimed = try await claimFromDueQueues()
                failures = 0
                if claimed > 0 { idlePolls = 0 } else if isPoll { idlePolls += 1 }
                if claimed > 0 || isPoll { nextPoll = .current.advanced(by: pause(after: idlePolls)) }
                if queues.contains(where: \.isDue) { continue }
                wait = nextPoll - .current
            } catch {
                failures += 1
                if failures == 1 { log(.problem("cannot claim jobs: \(error)")) }
                wait = .seconds(min(0.1 * Double(1 << min(failures, 6)), 5) * Double.random(in: 0.5...1))
            }
            try? await wakeUp.wait(atMost: wait)
        }
        // What they hold is handed back.
        for queue in queues { _ = try? await recoverLostClaims(of: queue) }
    }

    /// Short after work, then longer and longer: a wake-up that was lost costs little while there is much to do, and
    /// looking costs little while there is nothing.
    private func pause(after idlePolls: Int) -> Duration {
        let longest = redis.isAvailable ? settings.pollInterval : settings.pollIntervalWithoutWakeUps
        let interval = min(longest, Duration.milliseconds(25) * (1 << min(idlePolls, 10)))
        // Spread, so that many workers do not look at the queue in step.
        return interval * Double.random(in: 0.8...1)
    }

    private func claimFromDueQueues() async throws -> Int {
        var total = 0
        for queue in queues where queue.isDue && !isDraining {
            total += try await recoverLostClaims(of: queue)
            queue.isDue = false
            let claimed = try await claim(from: queue)
            if claimed > 0, queue.mayHaveMore, queue.freeSlots > 0 { queue.isDue = true }
            total += claimed
        }
        return total
    }

    private func claim(from queue: WorkedQueue) async throws -> Int {
        let limit = min(queue.freeSlots, Self.mostClaimedTogether)
        guard limit > 0 else { return 0 }
        var claim = Claim(
            queue: queue.settings.name,
            limit: limit,
            token: .random(),
            worker: name,
            lease: settings.lease
        )
        claim.mostRunning = queue.settings.mostRunning
        claim.from = queue.watermark(at: .current)
        let leaseEnds = MonotonicTime.current.advanced(by: settings.lease)
        let jobs: [ClaimedJob]
        do {
            jobs = try await database.claimJobs(claim)
        } catch {
            // It may have happened.
            if error.mayHaveHappened { queue.addLostClaim(claim.token, until: leaseEnds) }
            throw error
        }
        queue.note(jobs, asked: claim)
        for job in jobs { start(job, in: queue, leaseEnds: leaseEnds) }
        // Something may stand before the mark.
        if jobs.isEmpty, claim.from != nil, !isDraining { return try await self.claim(from: queue) }
        return jobs.count
    }

    /// A claim whose answer was lost has leased jobs that nobody runs.
    private func recoverLostClaims(of queue: WorkedQueue) async throws -> Int {
        var total = 0
        for lost in queue.lostClaims(at: .current) {
            let jobs = try await database.claimedJobs(with: lost.token, of: queue.settings.name)
            guard !jobs.isEmpty else { continue }
            queue.forgetLostClaim(lost.token)
            for job in jobs { start(job, in: queue, leaseEnds: lost.leaseEnds) }
            total += jobs.count
        }
        return total
    }

    // MARK: Running

    private func start(_ claimed: ClaimedJob, in queue: WorkedQueue, leaseEnds: MonotonicTime) {
        let job = RunningJob(
            claimed,
            leaseEnds: leaseEnds,
            settings: settings,
            loop: loop,
            workerCount: { [self] in otherWorkers + 1 },
            store: { [self] in try await remember($1, $2, of: $0) }
        )
        running[claimed.lease] = job
        queue.slotsInUse += 1
        unsettled += 1
        tell(JobChange(job: claimed.id))
        // Claimed while the drain began, or come to light when the places were taken: handed back unrun.
        if isDraining || queue.freeSlots < 0 { job.stop(.draining) }
        job.begin { await self.outcome(of: $0) }
        loop.spawn { await self.seeThrough(job, in: queue) }
    }

    private func outcome(of job: RunningJob) async -> FinishedAttempt {
        let claimed = job.claimed
        do {
            if claimed.kind == Abandonment.kind {
                try await abandon(JSON(stored: claimed.arguments))
                return job.finished(with: .completed(()))
            }
            guard let kind = kinds[claimed.kind] else {
                // Another version may know it, as while versions change.
                throw JobError.transient(
                    "no worker of this version runs jobs of the kind \(claimed.kind)",
                    retryAfter: .seconds(30)
                )
            }
            let attempt = try Attempt(job)
            return job.finished(with: try await kind.run(claimed.id, JSON(stored: claimed.arguments), context, attempt))
        } catch {
            if !(error is JobError), job.stopReason == nil {
                log(.problem("job \(claimed.id) failed unexpectedly: \(error)"))
            }
            return job.finished(with: error)
        }
    }

    private func seeThrough(_ job: RunningJob, in queue: WorkedQueue) async {
        let finished = await job.ended.settled()
        let stored = await job.stopReason == .leaseLost ? nil : finisher.store(finished)
        job.settle()
        unsettled -= 1
        if unsettled == 0 { becameIdle.set() }
        log(.attempt(JobReport(job, worker: name, stored: stored)))
        if stored != nil { tell(JobChange(job: finished.lease.job)) }
        await job.runEnded()
        running[job.claimed.lease] = nil
        queue.slotsInUse -= 1
        if queue.mayHaveMore {
            queue.isDue = true
            wakeUp.set()
        }
    }

    private func remember(_ checkpoint: JSON, _ providerRef: String?, of job: RunningJob) async throws {
        let note = CheckpointNote(
            lease: job.claimed.lease,
            checkpoint: checkpoint,
            providerRef: providerRef
        )
        let outcome = try await checkpoints.store(note, until: { job.leaseEnds })
        if case .taken = outcome { throw ReferenceTaken() }
        // It may be stored although the lease has ended, when this process or the database stood still for a while: then
        // another worker may have the job at any moment, and this one must not begin anything more.
        guard case .stored = outcome, job.stopReason != .leaseLost, job.leaseEnds > .current else {
            job.stop(.leaseLost)
            throw LeaseLost()
        }
    }

    // MARK: News

    /// Publishes with whatever else changes in this tick.
    private func tell(_ change: JobChange) {
        if changed.isEmpty {
            loop.execute {
                self.publish(self.changed)
                self.changed = []
            }
        }
        changed.append(change)
    }

    func publish(_ changes: [JobChange]) {
        guard !changes.isEmpty else { return }
        redis.publish(channels.changes, JobChange.message(changes))
    }
}
