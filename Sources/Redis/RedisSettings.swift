/// Limits of a client.
public struct RedisSettings: Sendable {
    /// From writing a command to its answer. When one answer is late the connection is given up, so nothing that takes
    /// long, or blocks, may be asked.
    public var commandTimeout = Duration.seconds(1)
    /// Connecting, signing in and the first answer together.
    public var connectTimeout = Duration.seconds(1)
    /// Answers outstanding on one loop; one command more is refused as `busy`.
    public var maximumInFlight = 4096
    /// Bytes not yet taken by the socket of one loop; commands beyond it are refused as `busy`.
    public var maximumUnsentBytes = 16 << 20
    public var maximumReplyBytes = 32 << 20
    /// How often the subscriber's connection must show a sign of life; it is given up after two of them.
    public var subscriberPing = Duration.seconds(5)
    /// Pauses between attempts to connect.
    public var backoff = Backoff(first: .milliseconds(50), longest: .seconds(5))

    public init() {}
}

/// Pauses that double up to a longest one, each shortened by up to a half at random so that processes spread out.
public struct Backoff: Sendable {
    public let first: Duration
    public let longest: Duration

    public init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    /// After the `failures`-th failure in a row; `random` is in 0..<1.
    public func pause(failures: Int, random: Double = .random(in: 0..<1)) -> Duration {
        min(first * (1 << min(max(0, failures - 1), 30)), longest) * (1 - random / 2)
    }
}
