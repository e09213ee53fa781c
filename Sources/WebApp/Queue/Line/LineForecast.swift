/// How long the pictures of a model take, in seconds.
struct ModelPace: Sendable, Equatable {
    let mean: Double
    /// The 10th and the 90th percentile.
    let low: Double
    let high: Double
}

/// When the jobs of a line are likely to begin, from how long those before them take.
struct LineForecast {
    /// Jobs that run at the same time.
    let places: Int
    let running: Int
    /// Of each waiting job in the order of the line, as far as it is known; the others are like the average of these.
    let paces: [ModelPace?]

    /// For the job with `before` others before it; `nil` when nothing is known.
    ///
    /// All places are busy until a job begins, so it begins no later than when the work before it is done, spread evenly
    /// over the places (Graham, "Bounds on multiprocessing timing anomalies", 1969); and no earlier than that but for
    /// the last job on each of the other places. Sums of durations vary less than each of them: the distances from the
    /// means are added as squares; but a busy machine slows all of them together, so a fifth of the sum remains.
    func expectations(upTo count: Int) -> [Expectation?] {
        guard places > 0 else { return Array(repeating: nil, count: count) }
        let known = paces.compactMap(\.self)
        let free = max(0, places - running)
        var (mean, early, late, longest) = (0.0, 0.0, 0.0, 0.0)
        var expectations: [Expectation?] = []
        expectations.reserveCapacity(count)
        let average = Self.average(of: known)
        for position in 0..<count {
            if position < free {
                expectations.append(Expectation(low: 0, high: 1))
            } else if let average {
                let rest = Double(min(running, places)) * average.high
                let latest = (mean + max(late.squareRoot(), mean / 5) + rest) / Double(places)
                let earliest =
                    (mean - max(early.squareRoot(), mean / 5) - Double(places - 1) * longest) / Double(places)
                expectations.append(Expectation(low: max(0, earliest), high: max(latest, 1)))
            } else {
                expectations.append(nil)
            }
            guard let pace = (position < paces.count ? paces[position] : nil) ?? average else { continue }
            mean += pace.mean
            early += (pace.mean - pace.low) * (pace.mean - pace.low)
            late += (pace.high - pace.mean) * (pace.high - pace.mean)
            longest = max(longest, pace.low)
        }
        return expectations
    }

    private static func average(of paces: [ModelPace]) -> ModelPace? {
        guard !paces.isEmpty else { return nil }
        let count = Double(paces.count)
        return ModelPace(
            mean: paces.reduce(0) { $0 + $1.mean } / count,
            low: paces.reduce(0) { $0 + $1.low } / count,
            high: paces.reduce(0) { $0 + $1.high } / count
        )
    }
}
