import HTTPServer
import JSON
import Jobs
import Postgres
import Templates

/// The same once more, with another seed.
enum Variations {
    private static let most = 8

    /// `POST /pictures/{id}/variations?<query>`: as many as `count` says are queued, and shown below the picture.
    static func create(_ request: Request, _ app: App, id: PictureID) async throws -> Response {
        let typed = try await request.form(limit: 16 << 10)["count"] ?? "1"
        guard let count = Int(typed), (1...most).contains(count) else {
            throw APIFailure(.unprocessableContent, "Ask for 1 to \(most) variations; nothing was queued.")
        }
        guard let details = try await app.database.picture(id) else { throw PageError.notFound }
        let wanted: GenerationRequest
        do {
            wanted = try GenerationRequest(details.order, models: app.models)
        } catch {
            let reasons = error.problems.map(\.message).joined(separator: " ")
            throw APIFailure(.conflict, "This cannot be made again here, and nothing was queued. \(reasons)")
        }
        let made = (0..<count).map { _ in (id: JobID.next(), request: wanted) }
        try await app.enqueue(made, for: request)
        let shown = LibraryForm(request.query)
        let asked = PageAsked(nil, per: request.query["per"])
        let names = made.map(\.id.description).joined(separator: ".")
        let query = shown.problems.isEmpty ? shown.query : LibraryQuery()
        let address = query.address("/pictures/\(id)", asked.sizePairs + [("varied", names)])
        // No fragment: a page with one does not refresh itself.
        return .redirect(to: address.text)
    }
}

extension PictureDetails {
    /// A request for the same but for the seed, which is left to chance.
    fileprivate var order: JSON {
        var parameters = parameters
        parameters["seed"] = nil
        return ["prompt": .string(picture.prompt), "model": .string(picture.model), "parameters": .object(parameters)]
    }
}

extension App {
    /// The cards of those that still exist, in the order of their names.
    func variations(named names: String?) async throws -> [CardView] {
        let ids = (names ?? "").split(separator: ".").prefix(8).compactMap { JobID(String($0)) }
        guard !ids.isEmpty else { return [] }
        return await cards(try await database.generations(of: ids).reversed())
    }
}
