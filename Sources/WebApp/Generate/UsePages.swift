import HTTPServer
import Postgres
import Templates

enum UsePages {
    /// `GET /?use=…`: fills the form, or asks first when something that was typed would be overwritten.
    static func offer(_ source: FormSource, _ request: Request, _ app: App) async throws -> Response {
        let known = Visitor(request)
        let visitor = known ?? .new()
        let draft = try await draft(of: known, app)
        let new = try await app.form(draft, with: source)
        let differences = try await differences(from: draft.form, to: new, app)
        guard !differences.isEmpty else { return .redirect(to: "/") }
        guard !differences.contains(where: \.isLoss) else {
            var html = HTML(capacity: 8192)
            Pages.usePage(into: &html, source: source, differences: differences, site: app.site)
            return .page(html)
        }
        try await app.database.saveDraft(new, of: visitor, by: DraftMark(version: draft.version))
        if known != nil { return redirect(visitor, request) }
        // A browser that keeps no cookies would find an empty form behind a redirect.
        var view = try await GeneratePages.view(of: new, app)
        view.mark = DraftMark(version: 1)
        var answer = try await GeneratePages.page(view, app, status: .ok)
        visitor.remember(in: &answer, request)
        return answer
    }

    /// `POST /draft/use`: fills the form, whatever is in it; that becomes the earlier form.
    static func use(_ request: Request, _ app: App) async throws -> Response {
        let sent = try await request.form(limit: GeneratePages.largestForm)
        guard let source = FormSource(sent) else { throw PageError.notFound }
        let known = Visitor(request)
        let visitor = known ?? .new()
        let new = try await app.form(try await draft(of: known, app), with: source)
        try await app.database.replaceDraft(new, of: visitor, because: .use)
        return redirect(visitor, request)
    }

    private static func draft(of visitor: Visitor?, _ app: App) async throws -> Draft {
        guard let visitor else { return .none }
        return try await app.database.draft(of: visitor) ?? .none
    }

    private static func redirect(_ visitor: Visitor, _ request: Request) -> Response {
        var response = Response.redirect(to: "/")
        visitor.remember(in: &response, request)
        return response
    }

    private static func differences(
        from old: GenerateForm,
        to new: GenerateForm,
        _ app: App
    ) async throws -> [FormDifference] {
        let before = try await GeneratePages.view(of: old, app)
        let after = try await GeneratePages.view(of: new, app)
        return FormDifference.list(from: before.form, before.description, to: after.form, after.description)
    }
}
