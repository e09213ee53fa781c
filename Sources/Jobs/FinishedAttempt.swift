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

/// The end of an attempt, not yet stored.
struct FinishedAttempt: Sendable {
    /// Nothing waits longer, whatever somebody asked for.
    static let longestDelay = Duration.seconds(86_400 * 365)

    let job: JobID
    let kind: String
    let number: Int
    let token: UUID
    let outcome: AttemptOutcome
    let error: String?
    let delay: Duration
    let product: (any Sendable)?

    init(
        _ claimed: ClaimedJob,
        _ outcome: AttemptOutcome,
        error: String? = nil,
        delay: Duration = .zero,
        product: (any Sendable)? = nil
    ) {
        job = claimed.id
        kind = claimed.kind
        number = claimed.attempt
        token = claimed.token
        self.outcome = outcome
        self.error = error.map(Self.storable)
        self.delay = min(max(delay, .zero), Self.longestDelay)
        self.product = product
    }

    /// The same attempt, failed because its outcome cannot be stored.
    init(unstorable attempt: FinishedAttempt, error: String) {
        job = attempt.job
        kind = attempt.kind
        number = attempt.number
        token = attempt.token
        outcome = .failed
        self.error = Self.storable(error)
        delay = .zero
        product = nil
    }

    /// At most 2000 characters, without NUL, which PostgreSQL does not take.
    private static func storable(_ text: String) -> String {
        String(text.prefix(2000).map { $0 == "\0" ? " " : $0 })
    }
}
