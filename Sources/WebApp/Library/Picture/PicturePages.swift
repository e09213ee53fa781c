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
        // These questions go to the database together.
        async let found = app.database.picture(id)
        async let beside = app.neighbours(of: id, in: query)
        async let offered = LibraryChoices.current(app)
        guard let details = try await found else { throw PageError.notFound }
        async let attempted = app.database.attempts(of: details.picture.generation)
        async let varied = app.variations(named: request.query["varied"])
        let page = PicturePage(
            details: details,
            attempts: try await attempted,
            query: query,
            asked: PageAsked(nil, per: request.query["per"]),
            neighbours: try await beside,
            choices: try await offered,
            notice: request.query["done"].flatMap { ActionResult($0) },
            variations: try await varied
        )
        var html = HTML(capacity: 16_384)
        Pages.picturePage(into: &html, page: page, site: app.site)
        return .page(html)
    }
}

/// What a picture's page shows.
struct PicturePage {
    let details: PictureDetails
    let attempts: [ShownAttempt]
    let query: LibraryQuery
    let asked: PageAsked
    let neighbours: Neighbours
    let choices: LibraryChoices
    let notice: ActionResult?
    /// Those that were just asked for.
    let variations: [CardView]

    var picture: LibraryPicture { details.picture }
    /// Those that it lies on.
    var boards: [Board] { choices.boards.filter { details.boards.contains($0.id) } }

    var previous: SafeURL? { neighbours.previous.map(address) }
    var next: SafeURL? { neighbours.next.map(address) }
    private func address(of id: PictureID) -> SafeURL { query.address("/pictures/\(id)", asked.sizePairs) }

    /// The page of the list that it is on.
    var list: SafeURL { query.address("/history", asked.sizePairs + [("at", picture.id.description)]) }
    var back: Return { Return(query, asked, picture: picture.id) }
    var variationsAddress: SafeURL { query.address("/pictures/\(picture.id)/variations", asked.sizePairs) }

    var settings: [Setting] {
        Setting.list(model: picture.model, parameters: details.parameters, details: details.details)
    }

    /// `PNG, 1.2 MB`
    var file: String {
        let format = picture.file.split(separator: ".").last.map { $0 == "jpg" ? "JPEG" : $0.uppercased() } ?? ""
        return "\(format), \(ShownPicture.megabytes(details.bytes))"
    }

    /// What all attempts of its job have used.
    var usage: String { AttemptUsage(sumOf: attempts.compactMap(\.usage))?.words ?? "" }

    /// Whether something on it will change by itself.
    var isLive: Bool { variations.contains { $0.isLive } }
}
