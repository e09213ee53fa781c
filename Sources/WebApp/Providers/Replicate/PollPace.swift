import EventLoop
import Jobs

/// How soon to ask again about what is being made: soon at first, then less and less often, and never sooner than
/// asked for. Pure: the caller brings the time and the randomness.
struct PollPace: Sendable {
    /// How long every answer may be a failure, on top of what the provider asks to wait, before it is told.
    static let patience: Duration = .seconds(120)
    private static let longest = 5.0

    private var pause = 0.25
    private var failingUntil: MonotonicTime?

    /// After an answer. `chance` is drawn from 0 ..< 1, so that many jobs do not ask in step.
    mutating func next(chance: Double) -> Duration {
        failingUntil = nil
        return lengthened(chance)
    }

    /// After a failure. `nil`: it has lasted long enough.
    mutating func next(after failure: JobError, at now: MonotonicTime, chance: Double) -> Duration? {
        let asked = failure.retryAfter ?? .zero
        let end = (failingUntil ?? now.advanced(by: Self.patience))
        guard now < end else { return nil }
        failingUntil = end.advanced(by: asked)
        return max(lengthened(chance), asked)
    }

    private mutating func lengthened(_ chance: Double) -> Duration {
        defer { pause = min(pause * 1.4, Self.longest) }
        return .seconds(pause * (0.8 + 0.4 * chance))
    }
}
