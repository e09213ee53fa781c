import EventLoop
import Jobs
import Redis
import Synchronization

/// Who waits for news of which jobs. News comes over Redis; without it the waiting ends by itself, and who asks again
/// learns the same from PostgreSQL, only later.
final class LiveJobs: Sendable {
    private let perLoop: [LoopLiveJobs]

    init(loops: [EventLoop]) {
        perLoop = loops.map(LoopLiveJobs.init)
    }

    /// Begins to listen. From a task on a loop; for the process's whole life.
    func listen(on redis: Redis, channels: JobChannels) -> Subscription {
        redis.subscribe([channels.changes]) { [perLoop] _, message in
            let changes = JobChange.parse(message)
            for watchers in perLoop { watchers.tell(changes) }
        }
    }

    /// Waits until one of the jobs changes, at most for `limit`; at once when there are too many waiters already.
    func change(of jobs: [JobID], atMost limit: Duration) async throws {
        try await here?.change(of: jobs, atMost: limit)
    }

    /// The latest heard progress, 0 … 1; `nil` when there was none since the state changed.
    func progress(of job: JobID) -> Double? { here?.progress[job] }

    private var here: LoopLiveJobs? {
        guard let current = EventLoop.current else { return nil }
        return perLoop.first { $0.loop === current }
    }
}

/// The same, confined to one loop.
private final class LoopLiveJobs: @unchecked Sendable {
    // @unchecked: state is used on `loop` only; `tell` hops there.

    static let mostWaiters = 2000
    static let mostProgress = 10_000

    let loop: EventLoop
    private(set) var progress: [JobID: Double] = [:]
    private var waiters: [Int: Waiter] = [:]
    private var waitersOf: [JobID: Set<Int>] = [:]
    private var nextWaiter = 0

    private struct Waiter {
        let jobs: [JobID]
        let promise: Promise<Void>
    }

    init(loop: EventLoop) {
        self.loop = loop
    }

    func tell(_ changes: [JobChange]) {
        loop.execute { self.heard(changes) }
    }

    private func heard(_ changes: [JobChange]) {
        for change in changes {
            if let news = change.progress {
                if progress.count < Self.mostProgress || progress[change.job] != nil { progress[change.job] = news }
            } else {
                progress[change.job] = nil
            }
            for key in waitersOf[change.job] ?? [] { waiters[key]?.promise.succeed(()) }
        }
    }

    func change(of jobs: [JobID], atMost limit: Duration) async throws {
        guard waiters.count < Self.mostWaiters else { return }
        let key = nextWaiter
        nextWaiter += 1
        let waiter = Waiter(jobs: jobs, promise: Promise(on: loop))
        waiters[key] = waiter
        for job in jobs { waitersOf[job, default: []].insert(key) }
        defer {
            waiters[key] = nil
            for job in jobs {
                waitersOf[job]?.remove(key)
                if waitersOf[job]?.isEmpty == true { waitersOf[job] = nil }
            }
        }
        do {
            try await waiter.promise.value(within: limit)
        } catch is TimeoutError {
            return
        }
    }
}
