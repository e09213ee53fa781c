import Glibc
import HTTPServer
import Jobs
import Postgres
import Templates

enum LibraryPages {
    /// `GET /history?<query>&page=1&per=60`: the library, or a part of it.
    ///
    /// `at` leads to the page that a picture is on.
    static func show(_ request: Request, _ app: App) async throws -> Response {
        let form = LibraryForm(request.query)
        let asked = PageAsked(request.query["page"], per: request.query["per"])
        if form.problems.isEmpty, request.query.pairs.contains(where: { $0.value.isEmpty }) {
            // What a form sends of its empty fields: the address that stays says no more than it means.
            return .redirect(to: form.query.address("/history", asked.pairs).text)
        }
        if let id = request.query["at"].flatMap({ PictureID($0) }), form.problems.isEmpty {
            return try await page(of: id, form.query, asked, app)
        }
        let view = try await LibraryView.make(form, asked, notice: request.query["done"], app)
        var html = HTML(capacity: 65_536)
        Pages.libraryPage(into: &html, view: view, site: app.site)
        return .page(html, status: form.problems.isEmpty ? .ok : .unprocessableContent)
    }

    /// `GET /history/pictures?<query>&page=2`: the pictures of a page and the way on, for a script that appends them.
    static func pictures(_ request: Request, _ app: App) async throws -> Response {
        let form = LibraryForm(request.query)
        guard form.problems.isEmpty else { throw PageError.malformed("This search cannot be read.") }
        let asked = PageAsked(request.query["page"], per: request.query["per"])
        let view = try await LibraryView.make(form, asked, notice: nil, app)
        guard view.links.numbers.current == asked.number else { throw PageError.notFound }
        var html = HTML(capacity: 65_536)
        Pages.pictureRows(into: &html, view: view)
        Pages.pageLinks(into: &html, links: view.links)
        return .fragment(html)
    }

    private static func page(
        of id: PictureID,
        _ query: LibraryQuery,
        _ asked: PageAsked,
        _ app: App
    ) async throws -> Response {
        let position = try await app.position(of: id, in: query) ?? 0
        let page = asked.page(position / asked.size + 1)
        return .redirect(to: query.address("/history", page.pairs).text + "#picture-\(id)")
    }
}

/// Everything that a page of the library shows.
final class LibraryView {
    let form: LibraryForm
    let choices: LibraryChoices
    let board: Board?
    /// Why nothing can match.
    let reason: String?
    let notice: ActionResult?
    /// Somebody wanted to do something without choosing pictures.
    let isNothingChosen: Bool
    /// What has no picture yet, above the newest.
    let underWay: [CardView]
    let pictures: [LibraryPicture]
    /// In place of pictures, for what has none.
    let cards: [CardView]
    let count: Int
    let links: PageLinks

    var query: LibraryQuery { form.query }

    private init(
        _ form: LibraryForm,
        _ asked: PageAsked,
        choices: LibraryChoices,
        reason: String?,
        notice: String?,
        found: Found,
        underWay: [CardView]
    ) {
        self.form = form
        self.choices = choices
        board = choices.board(form.query.board)
        self.reason = reason
        self.notice = notice.flatMap { ActionResult($0) }
        isNothingChosen = notice == "none"
        self.underWay = underWay
        pictures = found.pictures
        cards = found.cards
        count = found.count
        let numbers = PageNumbers(asked: asked.number, count: found.count, size: asked.size, isOpen: !found.isWhole)
        links = PageLinks(query: form.query, numbers: numbers, asked: asked.page(numbers.current))
    }

    private struct Found {
        var pictures: [LibraryPicture] = []
        var cards: [CardView] = []
        var count = 0
        var isWhole = true
    }

    static func make(_ form: LibraryForm, _ asked: PageAsked, notice: String?, _ app: App) async throws -> LibraryView {
        let query = form.query
        // These questions go to the database together.
        async let offered = LibraryChoices.current(app)
        async let unfinished =
            form.problems.isEmpty && query == LibraryQuery() && asked.number == 1
            ? app.underWay() : []
        var reason = query.contradiction
        if reason == nil, let board = query.board, try await app.database.board(board) == nil {
            reason = "This board does not exist, or not any more. The pictures that lay on it are still in the library."
        }
        var found = Found()
        if reason == nil, form.problems.isEmpty {
            found = try await query.status == .pictures ? find(query, asked, app) : findUnfinished(query, asked, app)
        }
        return LibraryView(
            form,
            asked,
            choices: try await offered,
            reason: reason,
            notice: notice,
            found: found,
            underWay: try await unfinished
        )
    }

    private static func find(_ query: LibraryQuery, _ asked: PageAsked, _ app: App) async throws -> Found {
        let list = try await app.library.list(query, upTo: asked.positions.upperBound, app.database)
        // Beyond the end its last page is shown.
        let numbers = PageNumbers(asked: asked.number, count: list.count, size: asked.size)
        let positions = asked.page(numbers.current).positions
        return Found(
            pictures: try await app.database.pictures(of: list, at: positions),
            count: list.count,
            isWhole: list.isWhole
        )
    }

    private static func findUnfinished(_ query: LibraryQuery, _ asked: PageAsked, _ app: App) async throws -> Found {
        let counted = BoundedCount(try await app.database.countUnfinished(query))
        let numbers = PageNumbers(asked: asked.number, count: counted.value, size: asked.size, isOpen: !counted.isExact)
        let generations = try await app.database.unfinished(query, asked.page(numbers.current).positions)
        return Found(cards: await app.cards(generations), count: counted.value, isWhole: counted.isExact)
    }

    // MARK: Words

    var title: String {
        let title = board?.name ?? (query.trash ? "Trash" : "History")
        let page = links.numbers.current
        return page > 1 ? "\(title), page \(page)" : title
    }

    /// `1,234 pictures, newest first, page 2 of 21`
    var summary: String {
        let isOpen = links.numbers.isOpen
        let thing = query.status == .pictures ? "picture" : "\(query.status.rawValue) generation"
        let things = "\(grouped(count))\(isOpen ? "+" : "") \(thing)\(count == 1 ? "" : "s")"
        let order = query.sort == .oldest ? "oldest first" : query.sort == .rating ? "best first" : "newest first"
        let numbers = links.numbers
        let page =
            numbers.last > 1 ? ", page \(grouped(numbers.current)) of \(grouped(numbers.last))\(isOpen ? "+" : "")" : ""
        return "\(things), \(order)\(page)"
    }

    var total: String { "\(grouped(count))\(links.numbers.isOpen ? "+" : "")" }

    /// Whether anything on it will change by itself.
    var isLive: Bool { underWay.contains { $0.isLive } || cards.contains { $0.isLive } }

    /// Whether there is nothing in the trash, not only nothing that matches.
    var isEmptyTrash: Bool {
        var trash = LibraryQuery()
        trash.trash = true
        return query == trash
    }

    var back: Return { Return(query, links.asked) }

    /// Its page, which leads on within the list.
    func address(of picture: LibraryPicture) -> SafeURL {
        query.address("/pictures/\(picture.id)", links.asked.sizePairs)
    }
}

extension LibraryPicture {
    /// The prompt in one line, for the picture's description; its page has all of it.
    var caption: String { CardView.caption(prompt, longest: 100) }

    /// The same, short enough to be read out with every box.
    var shortCaption: String { CardView.caption(prompt, longest: 30) }

    var stars: String { String(repeating: "★", count: rating) }

    /// The class of the stylesheet whose ratio is nearest: only there may widths be given.
    var ratioClass: String {
        let ratio = Double(width) / Double(height)
        let nearest = Self.ratios.min { abs(log2($0 / ratio)) < abs(log2($1 / ratio)) } ?? 1
        return "r\(Int((nearest * 100).rounded()))"
    }

    /// Width by height; the stylesheet has a class for each.
    static let ratios = [
        0.4, 0.5, 0.56, 0.6, 0.67, 0.71, 0.75, 0.8, 0.86, 0.93, 1, 1.08, 1.16, 1.25, 1.33, 1.4, 1.5, 1.6, 1.78,
        1.9, 2, 2.2, 2.4, 2.75, 3.2,
    ]
}
