import HTTPServer
import JSON
import Jobs
import Postgres
import Templates

enum PicturePages {
    /// `GET /pictures/{id}?<query>`: one picture with its settings, and the way to those beside it in the list.
    static func show(_ request: Request, _ app: App, id: PictureID) async throws -> Response {
        let form = LibraryForm(request.query)
        let query = form.problems.isEmpty && form.query.contradiction == nil ? form.query : LibraryQuery()
        async let found = app.database.picture(id)
        async let beside = app.database.neighbours(of: id, in: query)
        async let offered = LibraryChoices.current(app)
        guard let details = try await found else { throw PageError.notFound }
        let choices = try await offered
        let page = PicturePage(
            details: details,
            query: query,
            neighbours: try await beside,
            boards: choices.boards.filter { details.boards.contains($0.id) },
            choices: choices,
            notice: request.query["done"].flatMap { ActionResult($0) }
        )
        var html = HTML(capacity: 16_384)
        Pages.picturePage(into: &html, page: page, site: app.site)
        return .page(html)
    }
}

/// What a picture's page shows.
struct PicturePage {
    let details: PictureDetails
    let query: LibraryQuery
    let neighbours: Neighbours
    /// Those that it lies on.
    let boards: [Board]
    let choices: LibraryChoices
    let notice: ActionResult?

    var picture: LibraryPicture { details.picture }

    var previous: SafeURL? { neighbours.previous.map { query.address("/pictures/\($0)") } }
    var next: SafeURL? { neighbours.next.map { query.address("/pictures/\($0)") } }
    /// The page of the list that it is on.
    var list: SafeURL { query.address("/history", [("at", picture.id.description)]) }
    var back: Return { Return(query, PageAsked(nil, per: nil), picture: picture.id) }

    var settings: [Setting] {
        Setting.list(model: picture.model, parameters: details.parameters, details: details.details)
    }

    var size: String { ShownPicture.megabytes(details.bytes) }
}
