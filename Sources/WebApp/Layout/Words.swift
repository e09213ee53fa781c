import Canvas
import EventLoop
import Jobs
import Postgres
import Templates

extension Timestamp {
    /// The time in UTC as people write it: `2026-11-21 09:00:05 UTC`.
    var words: String {
        let text = description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
    }
}

extension Style {
    /// The style's name as people write it: `Stained glass` for `stainedGlass`.
    var words: String {
        let spaced = rawValue.map { $0.isUppercase ? " \($0.lowercased())" : String($0) }.joined()
        return spaced.prefix(1).uppercased() + spaced.dropFirst()
    }
}

extension Duration {
    /// A short time in milliseconds, with two decimals.
    var words: String { LiveFigures.milliseconds(Double(wholeNanoseconds) / 1_000_000) }
}

extension JobID: TextRepresentable {
    public var text: String { description }
}

extension UUID: TextRepresentable {
    public var text: String { description }
}

/// The machine-readable form, for `<time datetime>`, whose fractions have three digits at most: to the second.
extension Timestamp: TextRepresentable {
    public var text: String { "\(description.prefix(19))Z" }
}
