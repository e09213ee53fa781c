import EventLoop
import Postgres

/// What the library's filters offer.
struct LibraryChoices: Sendable {
    typealias Memory = Recent<LibraryChoices>

    static let most = 200

    let models: [String]
    let tags: [Tag]
    let boards: [Board]

    func board(_ id: Int?) -> Board? { boards.first { $0.id == id } }

    func words(forBoard id: Int) -> String { board(id).map { "the board “\($0.name)”" } ?? "the board" }

    /// May be a second old.
    static func current(_ app: App) async throws(PostgresError) -> LibraryChoices {
        try await app.libraryChoices.value { () async throws(PostgresError) in
            try await app.database.libraryChoices()
        }
    }
}

extension Database {
    fileprivate func libraryChoices() async throws(PostgresError) -> LibraryChoices {
        // From model to model along the index, however many pictures each has.
        let models = try await query(
            """
            WITH RECURSIVE used AS (
                (SELECT model FROM generations ORDER BY model LIMIT 1)
                UNION ALL
                SELECT (SELECT g.model FROM generations g WHERE g.model > used.model ORDER BY g.model LIMIT 1)
                FROM used
                WHERE used.model IS NOT NULL
            )
            SELECT model FROM used WHERE model IS NOT NULL LIMIT 200
            """
        ).map { (model: String) in model }
        let tags = try await query("SELECT name FROM tags ORDER BY name LIMIT 200").map { (name: String) in Tag(name) }
        return LibraryChoices(models: models, tags: tags.compactMap { $0 }, boards: try await boards())
    }
}
