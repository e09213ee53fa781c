// The provider is never asked for more than was agreed, however many workers there are.
extension Checker {
    func checkLimits(_ findings: inout Findings) {
        let limits = evidence.limits
        if limits.rate > 0 {
            for window in [1.0, 10] {
                let (count, time) = Self.peak(of: evidence.creationRequests, within: window)
                // What was let through evenly may arrive a little closer together.
                let allowed = Int(limits.rate * (window + Self.jitter)) + 1
                if count > allowed {
                    let words = "\(count) creations in \(Int(window)) s from \(clock(time)), and \(allowed) are allowed"
                    findings.add(.overLimit, nil, words)
                }
            }
        }
        let (inUse, useTime) = peakOfUses
        if inUse > limits.concurrency {
            findings.add(.overLimit, nil, "\(inUse) predictions in use at once at \(clock(useTime))")
        }
        let (running, time) = peakOfAttempts
        if running > limits.concurrency {
            findings.add(.overLimit, nil, "\(running) attempts at once at \(clock(time))")
        }
    }

    /// Seconds.
    private static let jitter = 0.25

    /// The greatest number of creations within a second.
    public var peakOfCreations: Int { Self.peak(of: evidence.creationRequests, within: 1).count }

    /// Predictions that somebody was dealing with at the same time: from the first request that an attempt made about
    /// one to the last.
    public var peakOfUses: (count: Int, time: Double) {
        let uses = evidence.uses.filter { $0.kind != .cancel }.compactMap { use in
            holders(of: use).first.map { (attempt: "\($0.job) \($0.number)", time: use.time) }
        }
        let times = Dictionary(grouping: uses, by: \.attempt).values.map { $0.map(\.time) }
        return Self.peak(of: times.map { ($0.min() ?? 0)...($0.max() ?? 0) })
    }

    /// Attempts of the provider's queue at the same time, by the database's word.
    public var peakOfAttempts: (count: Int, time: Double) {
        Self.peak(
            of: evidence.attempts.filter { jobs[$0.job]?.queue == "replicate" && $0.endedAt ?? 0 > $0.startedAt }
                .map { $0.startedAt...($0.endedAt ?? $0.startedAt) }
        )
    }

    private static func peak(of times: [Double], within window: Double) -> (count: Int, time: Double) {
        let times = times.sorted()
        var start = 0
        var peak = (count: 0, time: 0.0)
        for (end, time) in times.enumerated() {
            while time - times[start] >= window { start += 1 }
            if end - start + 1 > peak.count { peak = (end - start + 1, times[start]) }
        }
        return peak
    }

    private static func peak(of spans: [ClosedRange<Double>]) -> (count: Int, time: Double) {
        // At the same moment ends come before beginnings.
        let steps = spans.flatMap { [($0.lowerBound, 1), ($0.upperBound, -1)] }.sorted { $0 < $1 }
        var open = 0
        var peak = (count: 0, time: 0.0)
        for (time, step) in steps {
            open += step
            if open > peak.count { peak = (open, time) }
        }
        return peak
    }
}
