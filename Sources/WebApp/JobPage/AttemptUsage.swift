import JSON

/// What attempts have used at their provider, as far as it is known.
struct AttemptUsage {
    /// Of computing.
    private var seconds: Double?
    private var dollars: Double?
    /// The cost of some part is not known.
    private var isPartial = false

    /// - Parameter details: the provider's own figures.
    init(_ details: JSON, dollars: Double?) {
        seconds = details["predict_time"]?.double
        self.dollars = dollars
        isPartial = dollars == nil
    }

    /// `nil` when none has told of any.
    init?(sumOf usages: [AttemptUsage]) {
        guard var sum = usages.first else { return nil }
        for usage in usages.dropFirst() {
            sum.seconds = Self.sum(sum.seconds, usage.seconds)
            sum.dollars = Self.sum(sum.dollars, usage.dollars)
            sum.isPartial = sum.isPartial || usage.isPartial
        }
        self = sum
    }

    /// `2.31 s of computing, $0.0017`; empty when nothing is known.
    var words: String {
        let time = seconds.map { "\(Self.decimal($0, digits: 2, atLeast: 2)) s of computing" }
        let cost = dollars.map { dollars in
            // A thousandth of a cent is little, but not nothing.
            let amount = Self.decimal(dollars, digits: dollars < 0.001 ? 6 : dollars < 1 ? 4 : 2, atLeast: 2)
            return isPartial ? "at least $\(amount)" : "$\(amount)"
        }
        return [time, cost].compactMap { $0 }.joined(separator: ", ")
    }

    private static func sum(_ left: Double?, _ right: Double?) -> Double? {
        guard let left, let right else { return left ?? right }
        return left + right
    }

    /// Rounded to `digits` after the point, of which zeros at the end are left out beyond the first `least`.
    private static func decimal(_ value: Double, digits: Int, atLeast least: Int) -> String {
        let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
        let scaled = Int((min(max(value, 0), 1e9) * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        var shown = Substring(String(repeating: "0", count: digits - fraction.utf8.count) + fraction)
        while shown.utf8.count > least, shown.last == "0" { shown.removeLast() }
        return "\(scaled / scale).\(shown)"
    }
}
