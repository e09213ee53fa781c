import EventLoop
import JSON
import Synchronization

/// A job that a worker is running. Confined to the worker's loop, except for progress.
final class RunningJob: @unchecked Sendable {
    // @unchecked: `thousandths` is atomic; everything else is used on the worker's loop only.

    /// Why a run was told to stop.
    enum StopReason: Sendable {
        case cancelRequested
        case leaseLost
        case timeLimit
        case draining
    }

    let claimed: ClaimedJob
    let began: MonotonicTime
    /// By this worker's own clock, counted from before the renewal was sent.
    var leaseEnds: MonotonicTime
    var task: Task<Void, Never>?
    var deadline: LoopTimer?
    private(set) var stopReason: StopReason?
    /// The run has ended; only storing its outcome is left.
    var hasEnded = false
    private let thousandths = Atomic(0)
    private var published = 0
    private let store: (RunningJob, JSON, String?) async throws -> Void

    init(
        _ claimed: ClaimedJob,
        leaseEnds: MonotonicTime,
        store: @escaping (RunningJob, JSON, String?) async throws -> Void
    ) {
        self.claimed = claimed
        self.leaseEnds = leaseEnds
        self.store = store
        began = .current
    }

    var progress: Double { Double(thousandths.load(ordering: .relaxed)) / 1000 }

    /// Any thread.
    func report(_ progress: Double) {
        thousandths.store(Int(progress * 1000), ordering: .relaxed)
    }

    /// The progress if it is news since the last call.
    func newProgress() -> Double? {
        let current = thousandths.load(ordering: .relaxed)
        guard current != published, !hasEnded else { return nil }
        published = current
        return Double(current) / 1000
    }

    func remember(_ checkpoint: JSON, _ providerRef: String?) async throws {
        try await store(self, checkpoint, providerRef)
    }

    /// The first reason counts, but a lost lease overrides all: nothing may be written any more.
    func stop(_ reason: StopReason) {
        if stopReason == nil || reason == .leaseLost { stopReason = reason }
        guard !hasEnded else { return }
        task?.cancel()
    }
}
