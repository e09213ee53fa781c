import EventLoop
import Redis

/// How often jobs may start at a provider, over all workers.
struct StartLimit: Sendable {
    let key: String
    /// 0 lifts the limit.
    let perSecond: Int
    let limiter: RateLimiter

    /// Waits for a turn; turns are spread evenly, so that no second has more of them. Throws only when the task is
    /// cancelled.
    ///
    /// - Parameter workers: how many share the limit when they cannot count together.
    func wait(among workers: Int) async throws {
        guard perSecond > 0, let loop = EventLoop.current else { return }
        while true {
            let decision = await limiter.allow(
                key,
                limit: perSecond,
                period: .seconds(1),
                burst: 1,
                sharers: workers
            )
            if decision.allowed { return }
            try await loop.sleep(for: max(decision.retryAfter, .milliseconds(1)) * Double.random(in: 1...1.2))
        }
    }
}
