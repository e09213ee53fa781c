import HTTPServer
import Templates

enum HistoryPages {
    static let pageSize = 20

    /// `GET /history?page=1`: the gallery, newest first.
    static func show(_ request: Request, _ app: App) async throws -> Response {
        let asked = max(request.query["page"].flatMap { Int($0) } ?? 1, 1)
        // Both questions go to the database together.
        async let counted = app.generationCount.current(app.database)
        async let expected = page(asked, app)
        let count = try await counted
        let pages = PageNumbers(asked: asked, count: count, size: pageSize)
        let generations = pages.current == asked ? try await expected : try await page(pages.current, app)
        let cards = await app.cards(generations)
        var html = HTML(capacity: 49_152)
        Pages.historyPage(into: &html, cards: cards, pages: pages, count: count, site: app.site)
        return .page(html)
    }

    private static func page(_ number: Int, _ app: App) async throws -> [Generation] {
        // Beyond this no page is real; the number only must not overflow.
        guard number < 1 << 40 else { return [] }
        return try await app.database.generations(skip: (number - 1) * pageSize, limit: pageSize)
    }
}

/// Which numbered pages there are, and which of them the navigation shows.
struct PageNumbers {
    let current: Int
    let last: Int

    /// Whatever was asked for ends at a page that exists.
    init(asked: Int, count: Int, size: Int) {
        last = max(1, (count + size - 1) / size)
        current = min(max(asked, 1), last)
    }

    var previous: Int? { current > 1 ? current - 1 : nil }
    var next: Int? { current < last ? current + 1 : nil }

    /// The ends and the neighbourhood of the current page; `nil` stands for a gap.
    var shown: [Int?] {
        let wanted = Set([1, last] + Array(current - 2...current + 2)).filter { (1...last).contains($0) }.sorted()
        var shown: [Int?] = []
        for (index, page) in wanted.enumerated() {
            if index > 0, page > wanted[index - 1] + 1 { shown.append(nil) }
            shown.append(page)
        }
        return shown
    }
}
