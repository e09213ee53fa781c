import Glibc

/// Decides what a failed attempt leads to. Pure: the caller brings the randomness.
public struct RetryRule: Sendable, Hashable {
    /// The wait before retry n is drawn from 0 … base^n seconds ("full jitter").
    public var base: Double
    /// No wait is longer, except when a provider asks for more.
    public var cap: Duration
    /// A provider may not park a job for longer than this.
    public var longestRetryAfter: Duration
    /// Waiting uses up no retry, but nothing waits for ever.
    public var mostSnoozes: Int

    public init(
        base: Double = 2,
        cap: Duration = .seconds(600),
        longestRetryAfter: Duration = .seconds(3600),
        mostSnoozes: Int = 100
    ) {
        self.base = base
        self.cap = cap
        self.longestRetryAfter = longestRetryAfter
        self.mostSnoozes = mostSnoozes
    }

    public enum Verdict: Sendable, Hashable {
        case retry(after: Duration)
        case fail
    }

    /// - Parameters:
    ///   - retryCount: retries already used up.
    ///   - chance: uniformly drawn from 0 ..< 1.
    public func verdict(on error: JobError, retryCount: Int, maxRetries: Int, chance: Double) -> Verdict {
        guard error.isTransient, retryCount < maxRetries else { return .fail }
        let asked = min(error.retryAfter ?? .zero, longestRetryAfter)
        return .retry(after: max(jitter(before: retryCount + 1, chance: chance), asked))
    }

    /// The wait before the next of so many attempts.
    ///
    /// - Parameter chance: uniformly drawn from 0 ..< 1.
    func jitter(before attempts: Int, chance: Double) -> Duration {
        .seconds(min(pow(base, Double(attempts)), seconds(cap)) * chance)
    }

    /// - Parameter snoozeCount: snoozes so far.
    public func verdict(onSnoozeFor delay: Duration, snoozeCount: Int) -> Verdict {
        snoozeCount < mostSnoozes ? .retry(after: min(max(delay, .zero), longestRetryAfter)) : .fail
    }
}

func seconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) + Double(attoseconds) / 1e18
}

/// Whole milliseconds, for a statement; clamped to 30,000 years.
func milliseconds(_ duration: Duration) -> Int {
    Int(min(max(seconds(duration) * 1000, -1e15), 1e15))
}
