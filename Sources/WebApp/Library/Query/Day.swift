import Postgres

/// A day of the calendar, in UTC.
struct Day: Hashable, Comparable, Sendable {
    /// `2026-11-21`
    let text: String
    /// Its first moment.
    let start: Timestamp

    init?(_ text: String) {
        guard text.utf8.count == 10, let start = Timestamp("\(text)T00:00:00Z"), start.microseconds >= 0 else {
            return nil
        }
        self.text = text
        self.start = start
    }

    /// The first moment of the next day.
    var end: Timestamp { start + .seconds(86_400) }

    static func < (left: Day, right: Day) -> Bool { left.start < right.start }
}
