import HTTPServer
import Postgres
import Templates

/// Names one picture for good; ordered by the time it was kept.
struct PictureID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    let rawValue: UUID

    init(rawValue: UUID) { self.rawValue = rawValue }

    /// `nil` unless the text is a UUID in its 36-character form.
    init?(_ text: String) {
        guard let uuid = UUID(text) else { return nil }
        rawValue = uuid
    }

    static func < (left: PictureID, right: PictureID) -> Bool { left.rawValue < right.rawValue }

    var description: String { rawValue.description }
}

extension PictureID: PostgresEncodable, PostgresDecodable {}

extension PictureID: TextRepresentable {
    var text: String { description }
}

extension PictureID: PathParameter {
    init?(pathSegment: String) { self.init(pathSegment) }
}
