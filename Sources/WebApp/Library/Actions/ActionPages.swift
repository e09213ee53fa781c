import EventLoop
import HTTPServer
import Postgres
import Templates

enum ActionPages {
    static let largestForm = 2 << 20
    /// Far more than can be chosen, so that who chooses too many is told so.
    private static let mostFields = 50_000

    /// `POST /history/actions?<query>`: does something to the chosen pictures, or asks first.
    ///
    /// `action` says what, with `rating`, `tags`, `board` or `new_board` beside it, or `do` in one word; `id` the chosen
    /// ones, unless `scope` is `all`; `thrown` those of one throw. A zip and a comparison change nothing.
    static func act(_ request: Request, _ app: App) async throws -> Response {
        let shown = LibraryForm(request.query)
        guard shown.problems.isEmpty, shown.query.contradiction == nil else {
            throw PageError.malformed("The search that this was about cannot be read.")
        }
        let form = try await request.form(limit: largestForm, mostFields: mostFields)
        let back = Return(shown.query, request.query)
        let isAboutAll = form["scope"] == "all"
        let chosen = form.all("id").compactMap { PictureID($0) }
        guard isAboutAll || form["thrown"] != nil || !chosen.isEmpty else {
            return back.response(notice: "none")
        }
        let ids = Set(chosen).sorted()
        guard isAboutAll || ids.count <= Selection.mostChosen else {
            throw APIFailure(
                .unprocessableContent,
                "\(pictures(ids.count)) are chosen, and nothing was done: choose \(grouped(Selection.mostChosen)) at most"
                    + " one by one, or all that match a search."
            )
        }
        if form["action"] == "zip" {
            return isAboutAll ? back.confirmation(of: "zip") : LibraryZip.response(ids, app)
        }
        if form["action"] == "compare" {
            guard !isAboutAll, ids.count == 2 else {
                throw APIFailure(.unprocessableContent, "Tick two pictures to compare them; \(ids.count) are ticked.")
            }
            return .redirect(to: Comparison.address(ids[0], ids[1]).text)
        }
        let action = try await action(form, app)

        if isAboutAll {
            guard let until = form["until"].flatMap({ Int64($0) }) else { return back.confirmation(of: action.text) }
            let selection = Selection.matching(shown.query, until: Timestamp(microseconds: until))
            return back.response(to: try await action.perform(on: selection, app))
        }
        if let thrown = form["thrown"].flatMap({ Int64($0) }) {
            guard action == .restore else {
                throw PageError.malformed("What was thrown away can only be brought back.")
            }
            return back.response(
                to: try await action.perform(on: .thrownAway(at: Timestamp(microseconds: thrown)), app)
            )
        }
        if action.needsConfirmation, form["confirmed"] == nil {
            return page(ActionConfirmation(action, shown.query, ids: ids, count: ids.count), back, app)
        }
        return back.response(to: try await action.perform(on: .chosen(ids), app))
    }

    /// `GET /history/confirm?<query>&do=<action>`: how many pictures it would be done to.
    static func confirm(_ request: Request, _ app: App) async throws -> Response {
        let shown = LibraryForm(request.query)
        let word = request.query["do"] ?? ""
        guard shown.problems.isEmpty, shown.query.contradiction == nil, shown.query.status == .pictures,
            word == "zip" || LibraryAction(word) != nil
        else { throw PageError.malformed("This says neither which pictures nor what to do with them.") }
        let action = LibraryAction(word)
        let figures = try await app.database.figures(of: shown.query)
        var confirmation = ActionConfirmation(action, shown.query, ids: [], count: figures.count)
        confirmation.favourites = figures.favourites
        if action == nil { confirmation.bytes = try await app.database.bytes(of: shown.query) }
        // Whatever was counted was kept before the next millisecond.
        confirmation.until = figures.now + .milliseconds(1)
        if case .board(let id) = action { confirmation.board = try await app.database.board(id)?.name }
        if case .unboard(let id) = action { confirmation.board = try await app.database.board(id)?.name }
        return page(confirmation, Return(shown.query, request.query), app)
    }

    private static func page(_ confirmation: ActionConfirmation, _ back: Return, _ app: App) -> Response {
        var html = HTML(capacity: 8192)
        Pages.actionPage(into: &html, confirmation: confirmation, back: back, site: app.site)
        return .page(html)
    }

    /// Throws what is wrong with it in words.
    private static func action(_ form: Form, _ app: App) async throws -> LibraryAction {
        if let word = form["do"] {
            guard let action = LibraryAction(word) else { throw PageError.malformed("There is no such action.") }
            return action
        }
        var name = form["action"] ?? ""
        if name == "typed" {
            let typed = ["tags": "tag", "new_board": "board"].filter {
                !(form[$0.key] ?? "").allSatisfy(\.isWhitespace)
            }
            guard typed.count == 1, let only = typed.first else {
                throw APIFailure(.unprocessableContent, "Press the button of what you mean; nothing was done.")
            }
            name = only.value
        }
        switch name {
        case "rate":
            guard let action = LibraryAction("rate.\(form["rating"] ?? "")") else {
                throw APIFailure(.unprocessableContent, "A rating is from 0 to 5; nothing was done.")
            }
            return action
        case "tag", "untag":
            guard let tags = Tag.list([form["tags"] ?? ""]), !tags.isEmpty else {
                throw APIFailure(.unprocessableContent, "\(LibraryForm.tagProblem) Nothing was done.")
            }
            return name == "tag" ? .tag(tags) : .untag(tags)
        case "board", "unboard":
            let board = try await board(form, isNew: name == "board", app)
            return name == "board" ? .board(board) : .unboard(board)
        default:
            guard let action = LibraryAction(name) else { throw PageError.malformed("There is no such action.") }
            return action
        }
    }

    /// The chosen board, or one that is made by the name that was typed.
    private static func board(_ form: Form, isNew: Bool, _ app: App) async throws -> Int {
        if isNew, (form["board"] ?? "").isEmpty, let typed = form["new_board"], !typed.allSatisfy(\.isWhitespace) {
            guard let name = Board.name(typed) else {
                throw APIFailure(
                    .unprocessableContent,
                    "A board's name has at most \(Board.longestName) characters; nothing was done."
                )
            }
            defer { app.libraryChoices.forget() }
            return try await app.database.makeBoard(name).id
        }
        guard let id = form["board"].flatMap({ Int($0) }), let board = try await app.database.board(id) else {
            throw APIFailure(.unprocessableContent, "There is no such board, or not any more; nothing was done.")
        }
        return board.id
    }
}

/// The page of the library that somebody comes from, and goes back to.
struct Return {
    let query: LibraryQuery
    let asked: PageAsked
    /// Of the picture's own page, when that is where it began.
    let picture: PictureID?

    init(_ query: LibraryQuery, _ parameters: Parameters) {
        self.init(
            query,
            PageAsked(parameters["page"], per: parameters["per"]),
            picture: parameters["picture"].flatMap { PictureID($0) }
        )
    }

    init(_ query: LibraryQuery, _ asked: PageAsked, picture: PictureID? = nil) {
        self.query = query
        self.asked = asked
        self.picture = picture
    }

    private var path: SafeURL { if let picture { "/pictures/\(picture)" } else { "/history" } }
    private var pairs: [(name: String, value: String)] { picture == nil ? asked.pairs : asked.sizePairs }

    var address: SafeURL { query.address(path, pairs) }

    /// Where what is done to all that match is sent.
    var actions: SafeURL {
        query.address("/history/actions", pairs + (picture.map { [("picture", $0.description)] } ?? []))
    }
    var zip: SafeURL { query.address("/history/zip") }

    func response(notice: String) -> Response { .redirect(to: query.address(path, pairs + [("done", notice)]).text) }

    func response(to result: ActionResult) -> Response {
        // A picture that is gone has no page to go back to.
        let path: SafeURL = result.action == .delete && result.done > 0 ? "/history" : path
        return .redirect(to: query.address(path, pairs + [("done", result.text)]).text)
    }

    func confirmation(of word: String) -> Response {
        .redirect(to: query.address("/history/confirm", asked.pairs + [("do", word)]).text)
    }
}

/// What is asked before it is done.
struct ActionConfirmation {
    /// `nil`: a zip.
    let action: LibraryAction?
    let query: LibraryQuery
    /// The chosen ones; empty: all that match.
    let ids: [PictureID]
    let count: Int
    var favourites = 0
    /// Of their files.
    var bytes = 0
    var until = Timestamp(microseconds: 0)
    var board: String?

    init(_ action: LibraryAction?, _ query: LibraryQuery, ids: [PictureID], count: Int) {
        self.action = action
        self.query = query
        self.ids = ids
        self.count = count
    }

    /// That it will be done to.
    var affected: Int { action == .trash ? count - favourites : count }

    var title: String {
        let all = pictures(affected)
        let board = board.map { "the board “\($0)”" } ?? "the board"
        return switch action {
        case nil: "Download \(all)?"
        case .favourite: "Mark \(all) as \(affected == 1 ? "a favourite" : "favourites")?"
        case .unfavourite: "Take the mark of a favourite from \(all)?"
        case .rate(0): "Take the rating from \(all)?"
        case .rate(let rating): "Rate \(all) \(rating) of 5?"
        case .tag(let tags): "Tag \(all) \(Self.words(tags))?"
        case .untag(let tags): "Take \(Self.words(tags)) from \(all)?"
        case .board: "Put \(all) on \(board)?"
        case .unboard: "Take \(all) off \(board)?"
        case .trash: "Throw \(all) into the trash?"
        case .restore: "Bring \(all) back from the trash?"
        case .delete: "Delete \(all) for good?"
        }
    }

    var button: String {
        let all = pictures(affected)
        return switch action {
        case nil: "Download"
        case .trash: "Throw \(all) into the trash"
        case .restore: "Bring \(all) back"
        case .delete: "Delete \(all) for good"
        default: "Change \(all)"
        }
    }

    var size: String {
        bytes < 1_000_000_000
            ? "\((bytes + 999_999) / 1_000_000) MB" : "\(bytes / 1_000_000_000).\(bytes / 100_000_000 % 10) GB"
    }

    private static func words(_ tags: [Tag]) -> String { tags.map { "“\($0.name)”" }.joined(separator: ", ") }
}

extension Database {
    fileprivate func figures(
        of query: LibraryQuery
    ) async throws(PostgresError) -> (count: Int, favourites: Int, now: Timestamp) {
        try await report(
            """
            SELECT (SELECT count(*) FROM library WHERE \(query.condition)),
                (SELECT count(*) FROM library WHERE \(query.condition) AND favourite), now()
            """,
            timeout: .seconds(10),
            alongIndexes: true
        ).one { (count: Int, favourites: Int, now: Timestamp) in (count, favourites, now) }
            ?? (0, 0, Timestamp(microseconds: 0))
    }

    /// Of all files together.
    fileprivate func bytes(of query: LibraryQuery) async throws(PostgresError) -> Int {
        try await report(
            """
            SELECT coalesce(sum(bytes), 0)::bigint
            FROM (SELECT generation_id, position FROM library WHERE \(query.condition)) AS l
            JOIN pictures p USING (generation_id, position)
            """,
            timeout: .seconds(10),
            alongIndexes: true
        ).one { (bytes: Int) in bytes } ?? 0
    }
}
