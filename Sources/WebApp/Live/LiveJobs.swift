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
    func listen(on redis: Redis, channels: JobChannels) -> RedisSubscription {
        redis.subscribe([channels.changes]) { [perLoop] message in
            let changes = JobChange.parse(message.text)
            for watchers in perLoop { watchers.tell(changes) }
        }
    }

    /// Waits until one of the jobs changes, at most for `limit`. `false`, at once, when too many wait already or the
    /// process is about to end.
    func change(of jobs: [JobID], atMost limit: Duration) async throws -> Bool {
        try await here?.change(of: jobs, atMost: limit) ?? false
    }

    /// Ends all waiting, now and from now on: the process is about to end. Any thread.
    func close() {
        for watchers in perLoop { watchers.close() }
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
    private var isClosed = false

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

    func close() {
        loop.execute {
            self.isClosed = true
            for waiter in self.waiters.values { waiter.promise.succeed(()) }
        }
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

    func change(of jobs: [JobID], atMost limit: Duration) async throws -> Bool {
        guard waiters.count < Self.mostWaiters, !isClosed else { return false }
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
            // As good as a change: who waits looks again.
        }
        return true
    }
}
