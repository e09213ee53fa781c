import CPostgres

/// A point in time, exact to the microsecond.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// PostgreSQL's `-infinity` and `infinity`.
    public static let distantPast = Timestamp(microseconds: .min)
    public static let distantFuture = Timestamp(microseconds: .max)

    public static var now: Timestamp { Timestamp(microseconds: cpostgres_wall_clock() / 1000) }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    /// Stops at the distant past and future.
    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        let change = duration.clampedMicroseconds
        if change == .min { return .distantPast }
        if change == .max { return .distantFuture }
        let (sum, overflow) = time.microseconds.addingReportingOverflow(change)
        return overflow ? (change < 0 ? .distantPast : .distantFuture) : Timestamp(microseconds: sum)
    }

    public static func - (time: Timestamp, duration: Duration) -> Timestamp { time + (.zero - duration) }

    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .microseconds(left.microseconds) - .microseconds(right.microseconds)
    }
}

extension Duration {
    /// Rounded towards zero; clamped to what 64 bits hold, about 292,000 years.
    var clampedMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, carry) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        return overflow || carry ? (seconds < 0 ? .min : .max) : sum
    }
}

extension Timestamp: PostgresConvertible, PostgresArrayElement {
    /// PostgreSQL counts from 2000-01-01.
    private static let epoch: Int64 = 946_684_800_000_000

    public static var postgresType: PostgresType { .timestamptz }

    public func encode(into bytes: inout [UInt8]) {
        let isInfinite = self == .distantPast || self == .distantFuture
        let (shifted, overflow) = microseconds.subtractingReportingOverflow(Self.epoch)
        bytes.append(bigEndian: isInfinite ? microseconds : overflow ? .min : shifted)
    }

    public init(postgres cell: PostgresCell) throws(PostgresError) {
        guard cell.type == .timestamptz, let value = cell.integer(Int64.self) else { throw cell.mismatch(Self.self) }
        if value == .min || value == .max {
            microseconds = value
        } else {
            let (shifted, overflow) = value.addingReportingOverflow(Self.epoch)
            microseconds = overflow ? .max : shifted
        }
    }
}

extension Duration: PostgresConvertible {
    public static var postgresType: PostgresType { .interval }

    /// Microseconds, days, months (`interval_send`); only the first are used, to the microsecond towards zero.
    public func encode(into bytes: inout [UInt8]) {
        bytes.append(bigEndian: clampedMicroseconds)
        bytes.append(bigEndian: Int32(0))
        bytes.append(bigEndian: Int32(0))
    }

    /// Days count 24 hours; an interval with months has no length and does not match.
    public init(postgres cell: PostgresCell) throws(PostgresError) {
        guard cell.type == .interval, let bytes = cell.bytes, let microseconds = bytes.bigEndian(at: 0, Int64.self),
            let days = bytes.bigEndian(at: 8, Int32.self), bytes.bigEndian(at: 12, Int32.self) == 0
        else { throw cell.mismatch(Duration.self) }
        self = .microseconds(microseconds) + .seconds(86_400 * Int64(days))
    }
}
