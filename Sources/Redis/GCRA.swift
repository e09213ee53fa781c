import EventLoop

/// So many events a period, in bursts of at most so many (generic cell rate algorithm).
public struct RateLimit: Sendable, Equatable {
    /// The steady pace: one event per `interval`.
    public let interval: Duration
    public let burst: Int

    /// `limit` events per `period`, at least one; `burst` of them may come at once.
    public init(_ limit: Int, per period: Duration, burst: Int) {
        precondition(limit > 0 && burst > 0 && period > .zero, "a rate limit of nothing")
        interval = max(.microseconds(1), period / limit)
        self.burst = burst
    }

    /// Decides by the one number kept for each subject: the theoretical arrival time, when its debt will be paid off.
    ///
    /// `arrival` is `nil` for a subject not seen before. Returns the decision, and the time to keep when it is allowed.
    func decide(arrival: MonotonicTime?, now: MonotonicTime, cost: Int) -> (Decision, arrival: MonotonicTime) {
        let arrival = max(arrival ?? now, now)
        let next = arrival.advanced(by: interval * cost)
        let tolerance = interval * burst
        guard next - now <= tolerance else {
            let remaining = events(in: tolerance - (arrival - now))
            return (Decision(allowed: false, remaining: remaining, retryAfter: next - now - tolerance), arrival)
        }
        return (Decision(allowed: true, remaining: events(in: tolerance - (next - now)), retryAfter: .zero), next)
    }

    private func events(in duration: Duration) -> Int {
        max(0, Int(duration.wholeNanoseconds / interval.wholeNanoseconds))
    }
}

/// What became of a request to go on.
public struct Decision: Sendable, Equatable {
    public let allowed: Bool
    /// How many more events of cost 1 would be allowed right now.
    public let remaining: Int
    /// When to come again; zero when allowed.
    public let retryAfter: Duration
    /// Whether Redis decided, for all processes together. When it was away this process decided for itself: what must
    /// not be exceeded at all should then be refused.
    public let isShared: Bool

    init(allowed: Bool, remaining: Int, retryAfter: Duration, isShared: Bool = false) {
        self.allowed = allowed
        self.remaining = remaining
        self.retryAfter = retryAfter
        self.isShared = isShared
    }
}

/// The arrival times of one process, for at most `capacity` subjects.
struct LocalRateLimiter {
    let capacity: Int
    private var arrivals: [String: MonotonicTime] = [:]

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { arrivals.count }

    mutating func decide(_ key: String, _ limit: RateLimit, cost: Int, now: MonotonicTime) -> Decision {
        let (decision, arrival) = limit.decide(arrival: arrivals[key], now: now, cost: cost)
        guard decision.allowed else { return decision }
        if arrivals[key] == nil, arrivals.count >= capacity { makeRoom(now) }
        arrivals[key] = arrival
        return decision
    }

    /// Forgets those without debt; if all have some, all: better lax for a moment than without bound.
    private mutating func makeRoom(_ now: MonotonicTime) {
        arrivals = arrivals.filter { $0.value > now }
        if arrivals.count >= capacity { arrivals = [:] }
    }
}
