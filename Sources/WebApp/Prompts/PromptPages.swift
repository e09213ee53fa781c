import HTTPServer
import Postgres
import Templates

enum PromptPages {
    static let pageSize = 50

    /// `GET /prompts?q=<words>&before=<mark>`: the prompts that were typed, the latest first.
    static func show(_ request: Request, _ app: App) async throws -> Response {
        let search = (request.query["q"] ?? "").cleaned(atMost: 200)
        let mark = request.query["before"].flatMap(PromptMark.init)
        let words = TypedPrompt.words(search)
        // What holds no letter or digit finds nothing.
        let isHopeless = words.isEmpty && !search.isEmpty
        let found =
            isHopeless
            ? [] : try await app.database.typedPrompts(holding: words, before: mark, limit: pageSize + 1)
        var html = HTML(capacity: 32_768)
        Pages.promptsPage(
            into: &html,
            prompts: Array(found.prefix(pageSize)),
            search: search,
            isLatest: mark == nil,
            next: found.count > pageSize ? PromptMark(found[pageSize - 1]) : nil,
            site: app.site
        )
        return .page(html)
    }

    /// `POST /prompts/{id}/forget`: removes it from the history; pictures stay.
    static func forget(_ request: Request, _ app: App, id: Int) async throws -> Response {
        let search = try await request.form(limit: 4096)["q"] ?? ""
        try await app.database.forgetTypedPrompt(id)
        let target: SafeURL = "/prompts?q=\(search)"
        return .redirect(to: search.isEmpty ? "/prompts" : target.text)
    }
}
