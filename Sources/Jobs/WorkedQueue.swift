import EventLoop
import Postgres

/// A queue as one worker sees it. Confined to the worker's loop.
final class WorkedQueue: @unchecked Sendable {
    // @unchecked: used on the worker's loop only.

    /// After so long a claim looks at the whole queue again: what is tried again, and what is more urgent, stands before
    /// the mark.
    private static let watermarkLasts = Duration.seconds(1)
    /// Claims that may have happened; more are left to their leases' ends.
    private static let mostLostClaims = 20

    struct LostClaim {
        let token: UUID
        let leaseEnds: MonotonicTime
    }

    let settings: WorkerSettings.Queue
    /// A run that ignores its cancellation counts until it has ended.
    var slotsInUse = 0
    /// The last claim got all it asked for, or as much as the limit over all workers left: more may wait.
    private(set) var mayHaveMore = false
    /// Something may wait in it: it is to be looked at next.
    var isDue = true
    private var mark: (place: QueuePlace, until: MonotonicTime)?
    private var lost: [LostClaim] = []

    init(_ settings: WorkerSettings.Queue) {
        self.settings = settings
    }

    var freeSlots: Int { settings.concurrency - slotsInUse }

    /// Where the next claim begins to look; `nil`: at the front.
    func watermark(at now: MonotonicTime) -> QueuePlace? {
        guard let mark, now < mark.until else { return nil }
        return mark.place
    }

    func note(_ jobs: [ClaimedJob], asked claim: Claim) {
        mayHaveMore = jobs.count == claim.limit || settings.mostRunning != nil
        guard jobs.count == claim.limit, let last = jobs.map(\.place).max() else { return mark = nil }
        let until = mark.flatMap { claim.from == nil ? nil : $0.until } ?? .current.advanced(by: Self.watermarkLasts)
        mark = (last, until)
    }

    // MARK: Claims without an answer

    func addLostClaim(_ token: UUID, until leaseEnds: MonotonicTime) {
        if lost.count < Self.mostLostClaims { lost.append(LostClaim(token: token, leaseEnds: leaseEnds)) }
    }

    /// Those whose leases, if they hold any, have not ended.
    func lostClaims(at now: MonotonicTime) -> [LostClaim] {
        lost.removeAll { $0.leaseEnds <= now }
        return lost
    }

    func forgetLostClaim(_ token: UUID) {
        lost.removeAll { $0.token == token }
    }
}
