import HTTPServer
import JSON
import Jobs
import Postgres
import Templates

enum GeneratePages {
    static let recentCount = 8
    static let shownPresets = 12
    static let largestForm = 256 << 10

    /// `GET /`: the form as its visitor left it, and the newest pictures beside it.
    ///
    /// `?model=<id>` shows the form of another model, `?preview` what it comes to, `?made=<id>` what was just queued;
    /// for `?use=<id>` see `FormSource`.
    static func show(_ request: Request, _ app: App) async throws -> Response {
        if let source = FormSource(request.query) { return try await UsePages.offer(source, request, app) }
        let made = request.query["made"].flatMap { JobID($0) }
        var draft = Draft.none
        if let visitor = Visitor(request) {
            draft = try await app.database.draft(of: visitor) ?? .none
        } else if let made {
            // Without cookies, the order itself is what remembers the form.
            draft = try await app.draft(of: made, count: request.query["count"]) ?? .none
        }
        var form = draft.form
        if let model = request.query["model"] { form.model = model }
        var view = try await view(of: form, app)
        view.mark = DraftMark(version: draft.version)
        view.earlier = draft.earlier == nil ? nil : draft.reason
        if let made {
            let count = request.query["count"].flatMap { Int($0) } ?? 1
            view.note = count == 1 ? "Queued." : "\(count) pictures are queued."
            view.batch = count == 1 ? nil : made
        } else if request.query["kept"] != nil {
            view.note = "Kept as a preset."
        }
        if request.query["preview"] != nil || !form.usedAxes.isEmpty { view.preview() }
        var answer = try await page(view, app, status: .ok)
        // Before anything is typed: what is sent while somebody types, and leaves, has to find its form.
        if Visitor(request) == nil { Visitor.new().remember(in: &answer, request) }
        return answer
    }

    /// `POST /generate`: everything the form's buttons do. Whatever it is, the form is kept first.
    static func create(_ request: Request, _ app: App) async throws -> Response {
        let sent = try await request.form(limit: largestForm)
        let known = Visitor(request)
        let visitor = known ?? .new()
        var answer = try await FormAnswer(sent, of: known, app).act(for: visitor, request, app)
        visitor.remember(in: &answer, request)
        return answer
    }

    /// `POST /draft`: keeps what was typed; the script sends it while somebody types.
    static func keep(_ request: Request, _ app: App) async throws -> Response {
        let sent = try await request.form(limit: largestForm)
        let known = Visitor(request)
        let visitor = known ?? .new()
        let form = try await FormAnswer(sent, of: known, app)
        let isKept = try await app.database.saveDraft(form.view.form, of: visitor, by: form.view.mark)
        var answer = Response(isKept ? .noContent : .contentTooLarge)
        visitor.remember(in: &answer, request)
        return answer
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

    /// A form as its page shows it, with the fields of its model, or of the first one.
    static func view(of form: GenerateForm, _ app: App) async throws -> GenerateView {
        var form = form
        var problems = FormProblems()
        var model = app.models.listed[0]
        if !form.model.isEmpty {
            switch app.models.find(form.model) {
            case .known(let found): model = found
            case .unusable(let reason): problems.add("model", reason)
            }
        }
        form.model = model.id
        return GenerateView(
            form: form,
            model: model,
            description: try await app.descriptions.description(of: model),
            models: app.models.listed,
            canUseReplicate: app.models.hasReplicate,
            problems: problems
        )
    }

    static func page(_ view: GenerateView, _ app: App, status: Status) async throws -> Response {
        // Both questions go to the database together.
        async let newest = recentCards(app)
        async let presets = app.database.presetLinks(limit: shownPresets)
        var view = view
        view.abouts = try await app.descriptions.abouts(of: app.models.listed)
        view.presets = try await presets
        return page(view, app, cards: try await newest, status: status)
    }

    /// Asks the database nothing: for when it is away.
    static func page(_ view: GenerateView, _ app: App, cards: [CardView], status: Status) -> Response {
        var html = HTML(capacity: 32_768)
        Pages.generatePage(into: &html, view: view, cards: cards, site: app.site)
        var response = Response.page(html, status: status)
        if status == .serviceUnavailable { response.headers.set("Retry-After", "2") }
        return response
    }

    private static func recentCards(_ app: App) async throws -> [CardView] {
        await app.cards(try await app.database.generations(skip: 0, limit: recentCount))
    }
}

extension GenerateView {
    /// Says what the form comes to, or what is wrong with it.
    mutating func preview() {
        do throws(FormProblems) {
            plan = PlanView(try GenerationPlan(form, model, description))
        } catch {
            for (control, message) in error.messages { problems.add(control, message) }
        }
    }
}
