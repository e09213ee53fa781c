import EventLoop
import JSON
import Synchronization

/// A job that a worker holds: its run, its lease, its time limit. Confined to the worker's loop, except for progress.
final class RunningJob: @unchecked Sendable {
    // @unchecked: `thousandths` and `used` are for any thread; everything else is used on the worker's loop only.

    /// Why a run was told to stop.
    enum StopReason: Sendable {
        case cancelRequested
        case leaseLost
        case timeLimit
        case draining
    }

    let claimed: ClaimedJob
    let began = MonotonicTime.current
    /// How the attempt ended: by its run, or by the worker when the run did not stop in time. The first counts.
    let ended: Promise<FinishedAttempt>
    private(set) var stopReason: StopReason?
    /// By this worker's own clock, counted from before the claim or renewal was sent.
    private(set) var leaseEnds: MonotonicTime
    /// The end is stored, or will never be: there is nothing left to hold a lease for.
    private(set) var isSettled = false

    private let loop: EventLoop
    let settings: WorkerSettings
    let workerCount: () -> Int
    private let store: (RunningJob, JSON, String?) async throws -> Void
    private var task: Task<Void, Never>?
    private var timers: [LoopTimer] = []
    private var leaseTimer: LoopTimer?
    private let thousandths = Atomic(0)
    private var published = 0
    private let used = Mutex<Usage?>(nil)

    init(
        _ claimed: ClaimedJob,
        leaseEnds: MonotonicTime,
        settings: WorkerSettings,
        loop: EventLoop,
        workerCount: @escaping () -> Int,
        store: @escaping (RunningJob, JSON, String?) async throws -> Void
    ) {
        self.claimed = claimed
        self.leaseEnds = leaseEnds
        self.settings = settings
        self.loop = loop
        self.workerCount = workerCount
        self.store = store
        ended = Promise(on: loop)
    }

    // MARK: Running

    /// Starts the run, unless the job was stopped already.
    func begin(_ run: @escaping @Sendable (RunningJob) async -> FinishedAttempt) {
        guard restOfLease > .zero else { return stop(.leaseLost) }
        leaseTimer = loop.schedule(after: restOfLease) { [weak self] in self?.stop(.leaseLost) }
        guard stopReason == nil else { return }
        timers.append(loop.schedule(after: claimed.timeLimit) { [weak self] in self?.stop(.timeLimit) })
        let task = loop.spawn { self.ended.succeed(await run(self)) }
        self.task = task
        // The run began before there was a task to cancel.
        if stopReason != nil { task.cancel() }
    }

    /// The first reason counts, but a lost lease overrides all: nothing may be written any more.
    ///
    /// A run that goes on in spite of it is not waited for long: its end is decided without it.
    func stop(_ reason: StopReason) {
        guard !ended.isResolved, stopReason == nil || reason == .leaseLost else { return }
        stopReason = reason
        task?.cancel()
        if reason == .leaseLost || task == nil { return ended.succeed(finishedByStopping()) }
        timers.append(
            loop.schedule(after: settings.stopGrace) { [weak self] in
                if let self { ended.succeed(finishedByStopping()) }
            }
        )
    }

    /// Returns once the run has ended too; one that ignores its cancellation takes as long as it likes.
    func runEnded() async { await task?.value }

    func settle() {
        isSettled = true
        leaseTimer?.cancel()
        for timer in timers { timer.cancel() }
    }

    // MARK: The lease

    func leaseWasRenewed(until end: MonotonicTime) {
        leaseEnds = end
        leaseTimer?.reschedule(after: restOfLease)
    }

    /// What is left for running: whoever cannot renew must be gone before another worker may begin.
    private var restOfLease: Duration { leaseEnds - .current - settings.heartbeat }

    func remember(_ checkpoint: JSON, _ providerRef: String?) async throws {
        try await store(self, checkpoint, providerRef)
    }

    // MARK: Progress

    var progress: Double { Double(thousandths.load(ordering: .relaxed)) / 1000 }

    /// Any thread. What is not a number is no news.
    func report(_ progress: Double) {
        guard !progress.isNaN else { return }
        thousandths.store(Int(min(max(progress, 0), 1) * 1000), ordering: .relaxed)
    }

    // MARK: Usage

    /// Any thread.
    func report(_ usage: Usage) {
        used.withLock { $0 = usage }
    }

    var usage: Usage? { used.withLock { $0 } }

    // MARK: News

    /// The progress if it is news since the last call.
    func newProgress() -> Double? {
        let current = thousandths.load(ordering: .relaxed)
        guard current != published, !ended.isResolved else { return nil }
        published = current
        return Double(current) / 1000
    }
}
