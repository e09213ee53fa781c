/// How long to wait before the next attempt to connect: doubling from 50 ms to 3 s, the upper half by chance, so that
/// the loops of many processes do not return to a fresh server all at once.
struct Backoff {
    private static let first = Duration.milliseconds(50)
    private static let limit = Duration.seconds(3)

    private var failures = 0

    mutating func reset() { failures = 0 }

    /// `chance` is between 0 and 1.
    mutating func next(chance: Double = .random(in: 0...1)) -> Duration {
        let ceiling = min(Self.first * (1 << min(failures, 8)), Self.limit)
        failures += 1
        return ceiling * (0.5 + chance / 2)
    }
}
