import Jobs
import Postgres

/// A picture as lists show it. A class, because its strings are not worth copying.
final class LibraryPicture: Sendable {
    let id: PictureID
    let generation: JobID
    /// Among the pictures of its generation, from 0.
    let position: Int
    let favourite: Bool
    /// 1 … 5; 0 for none.
    let rating: Int
    let trashedAt: Timestamp?
    let prompt: String
    let model: String
    /// The contents' names, under `/images/`.
    let file: String
    let thumbnail: String
    /// `nil` where the thumbnail is small enough, and for pictures from before there were two.
    let small: String?
    let width: Int
    let height: Int

    /// The columns in the order of the properties.
    init(_ row: inout RowReader) throws(PostgresError) {
        id = PictureID(rawValue: try row.uuid())
        generation = JobID(rawValue: try row.uuid())
        position = try row.int()
        favourite = try row.bool()
        rating = try row.int()
        trashedAt = try row.optionalTimestamp()
        prompt = try row.string()
        model = try row.string()
        file = try row.string()
        thumbnail = try row.string()
        small = try row.optionalString()
        width = try row.int()
        height = try row.int()
    }
}
