import Support

// The provider is never asked for more than was agreed, however many workers there are.
extension Checker {
    func checkLimits(_ findings: inout Findings) {
        let limits = evidence.limits
        if limits.rate > 0 {
            for window in [1.0, 10] {
                let (count, time) = Self.peak(of: preventableCreations, within: window)
                // What was let through evenly may arrive a little closer together; and when Redis goes, each worker
                // may start one before it knows what the others have just started.
                let allowed = Int(limits.rate * (window + Self.jitter)) + 1 + limits.workers
                if count > allowed {
                    let words = "\(count) creations in \(Int(window)) s from \(clock(time)), and \(allowed) are allowed"
                    findings.add(.overLimit, nil, words)
                }
            }
        }
        let (underWay, since) = peakOfPredictions
        if underWay > limits.concurrency {
            findings.add(.overLimit, nil, "\(underWay) predictions under way at once at \(clock(since))")
        }
        let (running, time) = peakOfAttempts
        if running > limits.concurrency {
            findings.add(.overLimit, nil, "\(running) attempts at once at \(clock(time))")
        }
    }

    /// Seconds.
    private static let jitter = 0.25

    /// A thawed worker sends at once what it was about to send when it was frozen.
    private var preventableCreations: [Double] {
        evidence.creationRequests.filter { !wasJustThawed($0.client, at: $0.time) }.map(\.time)
    }

    /// The greatest number of creations within a second.
    public var peakOfCreations: Int { Self.peak(of: preventableCreations, within: 1).count }

    /// Predictions under way at the same time, by the provider's record: until they end, or their jobs have, and whether
    /// anybody looks after them or not. But for those that nobody could prevent.
    public var peakOfPredictions: (count: Int, time: Double) {
        let spans = evidence.predictions.filter { !isLate($0) }.compactMap { prediction -> ClosedRange<Double>? in
            let twins = jobsOfPrompt[Self.prompt(of: prediction), default: []].map(\.id)
            let owner = owners[prediction.id]?.first ?? (twins.count == 1 ? twins[0] : nil)
            guard let owner, jobs[owner]?.isTerminal ?? false, let end = moves[owner]?.last?.time else { return nil }
            return prediction.createdAt...max(prediction.createdAt, min(end, prediction.endedAt ?? .infinity))
        }
        return Self.peak(of: spans)
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
