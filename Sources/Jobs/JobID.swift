import Postgres

/// Names a job, and whatever was asked for with it; ordered by the time it was made.
public struct JobID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public let rawValue: UUID

    public init(rawValue: UUID) { self.rawValue = rawValue }

    /// `nil` unless the text is a UUID in its 36-character form.
    public init?(_ text: String) {
        guard let uuid = UUID(text) else { return nil }
        rawValue = uuid
    }

    public static func next() -> JobID { JobID(rawValue: .timeOrdered()) }

    public static func < (left: JobID, right: JobID) -> Bool { left.rawValue < right.rawValue }

    public var description: String { rawValue.description }
}

extension JobID: PostgresEncodable, PostgresDecodable {}
