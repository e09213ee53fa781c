import JSON
import Postgres

/// How an attempt ended; the words are stored.
enum AttemptOutcome: String, Sendable {
    case completed
    case failed
    /// Failed, to be tried again.
    case retried
    case snoozed
    case cancelled
    /// Stopped because the worker had to end.
    case handedBack = "handed_back"
}

/// What an attempt has used at a provider.
struct Usage: Sendable {
    let details: JSON
    let costUSD: Double?
}

/// The end of an attempt, not yet stored.
struct FinishedAttempt: Sendable {
    /// Nothing waits longer, whatever somebody asked for.
    static let longestDelay = Duration.seconds(86_400 * 365)

    let lease: LeaseKey
    let kind: String
    let number: Int
    let outcome: AttemptOutcome
    let error: String?
    let delay: Duration
    let product: (any Sendable)?
    /// What the provider says it used.
    let usage: JSON?
    /// What that cost in dollars, as PostgreSQL reads a number; `nil` when nobody knows.
    let cost: String?

    init(
        _ claimed: ClaimedJob,
        _ outcome: AttemptOutcome,
        error: String? = nil,
        delay: Duration = .zero,
        product: (any Sendable)? = nil,
        usage: Usage? = nil
    ) {
        lease = claimed.lease
        kind = claimed.kind
        number = claimed.attempt
        self.outcome = outcome
        self.error = error.map(Self.storable)
        self.delay = min(max(delay, .zero), Self.longestDelay)
        self.product = product
        self.usage = usage?.details
        cost = usage?.costUSD.flatMap(Self.dollars)
    }

    /// The same attempt, failed because its outcome cannot be stored.
    init(unstorable attempt: FinishedAttempt, error: String) {
        lease = attempt.lease
        kind = attempt.kind
        number = attempt.number
        usage = attempt.usage
        cost = attempt.cost
        outcome = .failed
        self.error = Self.storable(error)
        delay = .zero
        product = nil
    }

    /// In millionths, below a million.
    private static func dollars(_ amount: Double) -> String? {
        guard amount >= 0, amount < 1_000_000 else { return nil }
        let millionths = Int((amount * 1_000_000).rounded())
        let fraction = String(millionths % 1_000_000)
        return "\(millionths / 1_000_000).\(String(repeating: "0", count: 6 - fraction.utf8.count))\(fraction)"
    }

    /// At most 2000 characters, without NUL, which PostgreSQL does not take.
    private static func storable(_ text: String) -> String {
        String(text.prefix(2000).map { $0 == "\0" ? " " : $0 })
    }
}
