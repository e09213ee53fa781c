import HTTPServer
import Postgres
import Templates

enum BoardPages {
    static let largestForm = 16 << 10

    /// `GET /boards`
    static func list(_ request: Request, _ app: App) async throws -> Response {
        try await page(app, typed: "", problem: nil, status: .ok)
    }

    /// `POST /boards`: makes one.
    static func create(_ request: Request, _ app: App) async throws -> Response {
        let typed = try await request.form(limit: largestForm)["name"] ?? ""
        guard let name = Board.name(typed) else {
            return try await page(app, typed: typed, problem: nameProblem, status: .unprocessableContent)
        }
        guard try await app.database.boards().count < Board.most else {
            let problem = "There are \(Board.most) boards already, as many as can be: delete one first."
            return try await page(app, typed: typed, problem: problem, status: .unprocessableContent)
        }
        let board = try await app.database.makeBoard(name)
        app.libraryChoices.forget()
        return .redirect(to: "/boards#board-\(board.id)")
    }

    /// `POST /boards/{id}/rename`
    static func rename(_ request: Request, _ app: App, id: Int) async throws -> Response {
        let typed = try await request.form(limit: largestForm)["name"] ?? ""
        guard let name = Board.name(typed) else {
            return try await page(app, typed: "", problem: nameProblem, status: .unprocessableContent)
        }
        do {
            guard try await app.database.renameBoard(id, to: name) else { throw PageError.notFound }
        } catch let error as PostgresError where error.code == .uniqueViolation {
            let problem = "There is another board of the name “\(name)”."
            return try await page(app, typed: "", problem: problem, status: .unprocessableContent)
        }
        app.libraryChoices.forget()
        return .redirect(to: "/boards#board-\(id)")
    }

    /// `POST /boards/{id}/delete`: its pictures stay in the library. Harmless to repeat.
    static func delete(_ request: Request, _ app: App, id: Int) async throws -> Response {
        try await app.database.deleteBoard(id)
        app.libraryChoices.forget()
        return .redirect(to: "/boards")
    }

    private static let nameProblem = "A board needs a name of at most \(Board.longestName) characters."

    private static func page(_ app: App, typed: String, problem: String?, status: Status) async throws -> Response {
        let boards = try await app.database.shownBoards()
        var html = HTML(capacity: 16_384)
        Pages.boardsPage(into: &html, boards: boards, typed: typed, problem: problem, site: app.site)
        return .page(html, status: status)
    }
}

/// A board as the list of boards shows it.
struct ShownBoard: Sendable {
    let board: Board
    let pictures: BoundedCount
    /// The thumbnail of the newest.
    let cover: String?
}

extension Database {
    fileprivate func shownBoards() async throws(PostgresError) -> [ShownBoard] {
        try await report(
            """
            SELECT b.id, b.name, found.count, (
                SELECT p.thumbnail
                FROM library l
                JOIN pictures p ON (p.generation_id, p.position) = (l.generation_id, l.position)
                WHERE l.id = found.newest
            )
            FROM boards b
            CROSS JOIN LATERAL (
                SELECT count(*), (array_agg(id ORDER BY id DESC))[1] AS newest
                FROM (
                    SELECT id FROM library WHERE boards @> ARRAY[b.id] AND trashed_at IS NULL LIMIT 10001
                ) AS l
            ) AS found
            ORDER BY lower(b.name), b.id
            LIMIT 200
            """,
            timeout: .seconds(5),
            alongIndexes: true
        ).map { (id: Int, name: String, count: Int, cover: String?) in
            ShownBoard(board: Board(id: id, name: name), pictures: BoundedCount(count), cover: cover)
        }
    }

    /// Whether there is such a board. Throws `.uniqueViolation` when another has the name.
    fileprivate func renameBoard(_ id: Int, to name: String) async throws(PostgresError) -> Bool {
        try await execute("UPDATE boards SET name = \(name), updated_at = now() WHERE id = \(id)").affected > 0
    }

    fileprivate func deleteBoard(_ id: Int) async throws(PostgresError) {
        _ = try await execute("DELETE FROM boards WHERE id = \(id)")
    }
}
