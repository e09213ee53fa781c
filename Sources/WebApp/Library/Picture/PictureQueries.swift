import Jobs
import JSON
import Postgres

/// The pictures beside one within a list; `nil` at its ends, and where it is not in the list any more but others are.
struct Neighbours: Sendable {
    var previous: PictureID?
    var next: PictureID?
}

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

    /// In the order of the list. A picture that does not match the query has neighbours all the same.
    func neighbours(of id: PictureID, in query: LibraryQuery) async throws(PostgresError) -> Neighbours {
        let (id, key) = (id.rawValue, "(SELECT rating FROM library WHERE id = \(id))" as SQL)
        // What lies before and behind, and the order in which the nearest comes first.
        let (before, after): (SQL, SQL) =
            switch query.sort {
            case .newest: ("id > \(id)", "id < \(id)")
            case .oldest: ("id < \(id)", "id > \(id)")
            case .rating: ("(rating, id) > (\(key), \(id))", "(rating, id) < (\(key), \(id))")
            }
        return try await self.query(
            """
            SELECT
                (SELECT id FROM library WHERE \(before) AND \(query.condition) ORDER BY \(query.reverseOrder) LIMIT 1),
                (SELECT id FROM library WHERE \(after) AND \(query.condition) ORDER BY \(query.order) LIMIT 1)
            """
        ).one { (previous: UUID?, next: UUID?) in
            Neighbours(previous: previous.map(PictureID.init), next: next.map(PictureID.init))
        } ?? Neighbours()
    }
}

extension App {
    /// How many come before the picture in the list; `nil` when it is not in it.
    func position(of id: PictureID, in query: LibraryQuery) async throws(PostgresError) -> Int? {
        guard query.contradiction == nil, query.status == .pictures else { return nil }
        return try await database.report(
            """
            SELECT count(*) - 1
            FROM library
            WHERE \(query.condition) AND \(query.conditionUntil(id.rawValue))
            HAVING bool_or(id = \(id))
            """,
            timeout: .seconds(5)
        ).one { (count: Int) in count }
    }
}

extension LibraryQuery {
    fileprivate var reverseOrder: SQL {
        switch sort {
        case .newest: "id"
        case .oldest: "id DESC"
        case .rating: "rating, id"
        }
    }
}
