import HTTPServer
import JSON
import Jobs
import Postgres
import Templates

enum GeneratePages {
    static let recentCount = 8
    static let largestForm = 256 << 10

    /// `GET /`: the form, and the newest pictures beside it.
    ///
    /// `?from=<id>` fills the form with what that generation used; `?made=<id>` with what was just asked for,
    /// `?prompt=` with those words.
    static func show(_ request: Request, _ app: App) async throws -> Response {
        var form = GenerateForm()
        if let id = request.query["from"].flatMap({ JobID($0) }) {
            form = try await app.database.form(of: id, includingUsedSeed: true) ?? form
        } else if let id = request.query["made"].flatMap({ JobID($0) }) {
            form = try await app.database.form(of: id, includingUsedSeed: false) ?? form
            form.count = request.query["count"] ?? form.count
        } else if let prompt = request.query["prompt"] {
            form.prompt = prompt
        }
        return try await page(form, app, status: .ok)
    }

    /// `POST /generate`
    static func create(_ request: Request, _ app: App) async throws -> Response {
        var form = GenerateForm(try await request.form(limit: largestForm))
        guard let requests = form.requests(models: app.models) else {
            return try await page(form, app, status: .unprocessableContent)
        }
        let made = requests.map { (id: JobID.next(), request: $0) }
        do {
            try await app.enqueue(made, for: request)
        } catch let error as PostgresError where error.isPassing {
            app.log.warning("a form could not be stored") { line in
                line.field("request_id", request.id)
                line.field("error", "\(error)")
            }
            form.notice =
                error.code == .connectionLost
                ? "The database went away in the middle: look at the history before you send this again."
                : "The database cannot be reached just now, and nothing was queued; your words are kept here."
            return page(form, app, cards: [], status: .serviceUnavailable)
        }
        return .redirect(to: "/?made=\(made[0].id)&count=\(made.count)")
    }

    /// `GET /recent`: the newest pictures as a page of their own, for a frame in the page without JavaScript.
    static func recent(_ request: Request, _ app: App) async throws -> Response {
        let cards = try await recentCards(app)
        var html = HTML(capacity: 16_384)
        Pages.recentFrame(into: &html, cards: cards, isLive: cards.contains { $0.isLive })
        var response = Response.fragment(html)
        response.headers.set("Content-Security-Policy", SecurityHeaders.framedPolicy)
        return response
    }

    /// `GET /generate`: the form is the first page.
    static func moved(_ request: Request, _ app: App) async throws -> Response {
        .redirect(to: "/")
    }

    private static func page(_ form: GenerateForm, _ app: App, status: Status) async throws -> Response {
        page(form, app, cards: try await recentCards(app), status: status)
    }

    private static func page(_ form: GenerateForm, _ app: App, cards: [CardView], status: Status) -> Response {
        var html = HTML(capacity: 32_768)
        Pages.generatePage(into: &html, form: form, models: app.models.listed, cards: cards, site: app.site)
        var response = Response.page(html, status: status)
        if status == .serviceUnavailable { response.headers.set("Retry-After", "2") }
        return response
    }

    private static func recentCards(_ app: App) async throws -> [CardView] {
        await app.cards(try await app.database.generations(skip: 0, limit: recentCount))
    }
}

extension Database {
    /// The form that a generation came from. `nil` when there is no such generation.
    func form(of id: JobID, includingUsedSeed: Bool) async throws(PostgresError) -> GenerateForm? {
        try await query(
            """
            SELECT g.prompt, g.model, g.parameters, p.details
            FROM generations g
            LEFT JOIN pictures p ON p.generation_id = g.id AND p.position = 0
            WHERE g.id = \(id)
            """
        ).map { (prompt: String, model: String, parameters: JSON, details: JSON?) in
            GenerateForm(
                prompt: prompt,
                model: model,
                parameters: parameters.object ?? [:],
                details: includingUsedSeed ? details?.object ?? [:] : [:]
            )
        }.first
    }
}
