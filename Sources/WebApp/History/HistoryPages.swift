import HTTPServer
import Templates

enum HistoryPages {
    static let pageSize = 20

    /// `GET /history?page=1`: the gallery, newest first.
    static func show(_ request: Request, _ app: App) async throws -> Response {
        let count = try await app.database.generationCount()
        let pages = PageNumbers(asked: request.query["page"], count: count, size: pageSize)
        let cards = try await app.database
            .generations(skip: (pages.current - 1) * pageSize, limit: pageSize)
            .map { CardView($0, app) }
        var html = HTML(capacity: 49_152)
        Pages.historyPage(into: &html, cards: cards, pages: pages, count: count, site: app.site)
        return .page(html)
    }
}

/// Which numbered pages there are, and which of them the navigation shows.
struct PageNumbers {
    let current: Int
    let last: Int

    /// Whatever was asked for ends at a page that exists: the first when it is no number, the last beyond the end.
    init(asked: String?, count: Int, size: Int) {
        last = max(1, (count + size - 1) / size)
        current = min(max(asked.flatMap { Int($0) } ?? 1, 1), last)
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
