import HTTPServer
import Templates

enum ArchitecturePages {
    /// `GET /architecture`: how the system works, and how it is doing.
    static func show(_ request: Request, _ app: App) async throws -> Response {
        let figures = await LiveFigures.measure(app)
        var html = HTML(capacity: 16_384)
        Pages.architecturePage(into: &html, figures: figures, site: app.site)
        return .page(html)
    }

    /// `GET /architecture/figures`: only the figures, for the page that shows them.
    static func figures(_ request: Request, _ app: App) async throws -> Response {
        let figures = await LiveFigures.measure(app)
        var html = HTML(capacity: 4096)
        Pages.liveFigures(into: &html, figures: figures)
        return .fragment(html)
    }
}
