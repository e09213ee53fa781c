import Postgres

/// A named collection; a picture can lie on several.
struct Board: Sendable, Hashable {
    static let longestName = 100
    static let most = 200

    let id: Int
    let name: String

    /// A board's name as it is kept; `nil` for nothing, too much, and control characters.
    static func name(_ text: String) -> String? {
        let name = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard !name.isEmpty, name.count <= longestName, name.utf8.count <= 4 * longestName,
            name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
        else { return nil }
        return name
    }
}

extension Database {
    /// By name; `Board.most` of them.
    func boards() async throws(PostgresError) -> [Board] {
        try await query("SELECT id, name FROM boards ORDER BY lower(name), id LIMIT 200")
            .map { (id: Int, name: String) in Board(id: id, name: name) }
    }

    /// `nil` when there is no such board, or not any more.
    func board(_ id: Int) async throws(PostgresError) -> Board? {
        try await query("SELECT id, name FROM boards WHERE id = \(id)")
            .one { (id: Int, name: String) in Board(id: id, name: name) }
    }

    /// The board of that name, however its letters are written; a new one if there is none.
    func makeBoard(_ name: String) async throws(PostgresError) -> Board {
        // The update that changes nothing has the row that is there answered.
        let board = try await execute(
            """
            INSERT INTO boards (name) VALUES (\(name))
            ON CONFLICT (lower(name)) DO UPDATE SET name = boards.name
            RETURNING id, name
            """
        ).one { (id: Int, name: String) in Board(id: id, name: name) }
        guard let board else { throw PostgresError(.other, "an inserted board was not answered") }
        return board
    }
}
