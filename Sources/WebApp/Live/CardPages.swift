import EventLoop
import HTTPServer
import Jobs
import Postgres
import Templates

/// The parts of pages that follow jobs.
enum CardPages {
    /// Cards that one request may follow: more than a page shows.
    static let mostCards = 100
    static let longestWait: Duration = .seconds(25)

    /// `GET /jobs/{id}/card`
    static func card(_ request: Request, _ app: App, id: JobID) async throws -> Response {
        guard let generation = try await app.database.generation(id) else { throw PageError.notFound }
        var html = HTML(capacity: 2048)
        Pages.card(into: &html, card: await app.cards([generation])[0])
        return .fragment(html)
    }

    /// `GET /cards?known=<id>.<version>,…&wait=20`: those of the known cards that look otherwise by now.
    ///
    /// With `wait` the answer may take so many seconds: it comes when a card changes. 204 when none did. A card that is
    /// gone is answered as such, so that the page stops asking.
    static func cards(_ request: Request, _ app: App) async throws -> Response {
        let known = try KnownCard.parse(request.query["known"] ?? "")
        let wait = min(.seconds(max(Int(request.query["wait"] ?? "") ?? 0, 0)), longestWait)
        let deadline = MonotonicTime.current.advanced(by: wait)
        while true {
            let changed = try await changedCards(known, app)
            let left = deadline - .current
            if !changed.isEmpty {
                var html = HTML(capacity: 2048 * changed.count)
                for card in changed { Pages.card(into: &html, card: card) }
                return .fragment(html)
            }
            // News may be lost with Redis: look again now and then all the same.
            guard left > .zero, try await app.live.change(of: known.map(\.id), atMost: min(left, .seconds(2))) else {
                return Response(.noContent, headers: ["Cache-Control": "no-store"])
            }
        }
    }

    private static func changedCards(_ known: [KnownCard], _ app: App) async throws -> [CardView] {
        let found = try await app.database.generations(of: known.map(\.id))
        let views = Dictionary(uniqueKeysWithValues: await app.cards(found).map { ($0.id, $0) })
        return known.compactMap { card in
            guard let view = views[card.id] else { return .gone(card.id) }
            return view.version == card.version ? nil : view
        }
    }
}

extension App {
    /// As cards show them, with the places of those that wait.
    func cards(_ generations: [Generation]) async -> [CardView] {
        let places = await places(of: generations)
        return generations.map { CardView($0, self, place: places[$0.id]) }
    }
}

/// A card as the page that asks has it.
private struct KnownCard {
    let id: JobID
    let version: String

    /// `<id>.<version>`, separated by commas.
    static func parse(_ text: String) throws -> [KnownCard] {
        var seen: Set<JobID> = []
        let cards = try text.split(separator: ",", maxSplits: CardPages.mostCards).map { word in
            let parts = word.split(separator: ".", maxSplits: 1)
            guard let first = parts.first, let id = JobID(String(first)), seen.insert(id).inserted else {
                throw PageError.malformed("known must list different cards as <id>.<version>")
            }
            return KnownCard(id: id, version: parts.count == 2 ? String(parts[1]) : "")
        }
        guard !cards.isEmpty, cards.count <= CardPages.mostCards else {
            throw PageError.malformed("known must list 1 to \(CardPages.mostCards) cards")
        }
        return cards
    }
}
