import EventLoop

/// How long a client may let us wait: it has `stall` in hand, waiting uses that up, and bytes earn it back at
/// `bytesPerSecond`. A client at the minimum rate goes on for ever; one that trickles single bytes is out after `stall`.
struct Pace {
    private let stall: Int64
    private let perByte: Int64
    private var left: Int64
    private var since: Int64?

    init(stall: Duration, bytesPerSecond: Int) {
        self.stall = stall.wholeNanoseconds
        perByte = 1_000_000_000 / Int64(max(1, bytesPerSecond))
        left = self.stall
    }

    /// Begins a wait, or goes on with it, and returns when it must have ended.
    mutating func wait(now: MonotonicTime) -> MonotonicTime {
        let since = self.since ?? now.nanoseconds
        self.since = since
        return MonotonicTime(nanoseconds: since + left)
    }

    /// Ends the wait because bytes moved.
    mutating func moved(_ bytes: Int, now: MonotonicTime) {
        if let since { left = max(0, left - (now.nanoseconds - since)) }
        since = nil
        left = min(stall, left + perByte * Int64(bytes))
    }
}
