/// A count that was stopped at a limit, so that a long queue is as quick to count as a short one.
struct BoundedCount: Sendable, Hashable {
    static let limit = 10_000

    /// At most `limit`.
    let value: Int
    let isExact: Bool

    /// - Parameter counted: one more than the limit when there are more.
    init(_ counted: Int) {
        value = min(counted, Self.limit)
        isExact = counted <= Self.limit
    }

    /// `10,000+` when there are more.
    var words: String { grouped(value) + (isExact ? "" : "+") }

    static func + (left: BoundedCount, right: BoundedCount) -> BoundedCount {
        BoundedCount(left.isExact && right.isExact ? left.value + right.value : limit + 1)
    }
}

/// A number with commas between its thousands.
func grouped(_ number: Int) -> String {
    var text = ""
    for (position, digit) in String(number.magnitude).reversed().enumerated() {
        if position > 0, position.isMultiple(of: 3) { text.append(",") }
        text.append(digit)
    }
    return (number < 0 ? "-" : "") + String(text.reversed())
}
