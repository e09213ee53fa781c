import Jobs
import JSON
import Postgres

/// What people have said of a picture, and how it is known.
struct PictureDetails: Sendable {
    let picture: LibraryPicture
    let tags: [Tag]
    let boards: [Int]
    let seed: Int?
    let bytes: Int
    let parameters: JSONObject
    /// What the model really used.
    let details: JSONObject
    let createdAt: Timestamp
}

extension Database {
    /// `nil` when there is no such picture, or not any more.
    func picture(_ id: PictureID) async throws(PostgresError) -> PictureDetails? {
        guard let picture = try await pictures("ARRAY[\(id)]::uuid[]", order: "id").first else { return nil }
        return try await query(
            """
            SELECT l.tags, l.boards, l.seed, p.bytes, g.parameters, p.details, p.created_at
            FROM library l
            JOIN pictures p ON (p.generation_id, p.position) = (l.generation_id, l.position)
            JOIN generations g ON g.id = l.generation_id
            WHERE l.id = \(id)
            """
        ).one {
            (
                tags: [String],
                boards: [Int],
                seed: Int?,
                bytes: Int,
                parameters: JSON,
                details: JSON,
                createdAt: Timestamp
            ) in
            PictureDetails(
                picture: picture,
                tags: tags.compactMap { Tag($0) },
                boards: boards,
                seed: seed,
                bytes: bytes,
                parameters: parameters.object ?? [:],
                details: details.object ?? [:],
                createdAt: createdAt
            )
        }
    }
}
