import Jobs

/// Where a waiting job stands.
struct PlaceInLine: Sendable, Equatable {
    /// Waiting jobs of its queue that begin before it; at `WaitingLine.longest` so many or more.
    let before: Int
    let start: Start

    enum Start: Sendable, Equatable {
        case expected(Expectation)
        /// Nothing is known of how long such jobs take.
        case unknown
        case queueIsPaused
        case noWorker
    }

    /// `3rd in line, starts in 20–40 s`
    var words: String {
        switch start {
        case .expected(let expectation): "\(placeWords), starts \(expectation.words)"
        case .unknown: placeWords
        case .queueIsPaused: "\(placeWords); the queue is paused"
        case .noWorker: "\(placeWords); no worker is running"
        }
    }

    private var placeWords: String {
        if before == 0 { return "Next in line" }
        if before >= WaitingLine.longest { return "\(grouped(WaitingLine.longest))+ before it" }
        return "\(before + 1)\(Self.suffix(of: before + 1)) in line"
    }

    private static func suffix(of number: Int) -> String {
        if (11...13).contains(number % 100) { return "th" }
        return switch number % 10 {
        case 1: "st"
        case 2: "nd"
        case 3: "rd"
        default: "th"
        }
    }

    /// Changes when the words do; letters, digits and hyphens.
    var version: String {
        switch start {
        case .expected(let expectation): "\(before)-\(expectation.rounded.low)-\(expectation.rounded.high)"
        case .unknown: "\(before)-u"
        case .queueIsPaused: "\(before)-p"
        case .noWorker: "\(before)-n"
        }
    }
}

/// When something is likely to happen, in seconds from now.
struct Expectation: Sendable, Equatable {
    let low: Double
    let high: Double

    /// Whole numbers of the unit that the later end is told in.
    fileprivate var rounded: (low: Int, high: Int, unit: String) {
        let units = [(60.0, 5.0, 1.0, "s"), (3600, 60, 60, "min"), (86_400, 3600, 3600, "h")]
        let (_, step, unit, name) = units.first { high <= $0.0 } ?? (0, 86_400, 86_400, "d")
        let scale = step / unit
        return (
            Int((low / step).rounded(.down) * scale), max(Int((high / step).rounded(.up) * scale), Int(scale)), name
        )
    }

    /// `in 20–40 s`, `within 5 min`
    var words: String {
        let (low, high, unit) = rounded
        return low == 0 ? "within \(high) \(unit)" : low == high ? "in \(low) \(unit)" : "in \(low)–\(high) \(unit)"
    }
}
