import HTTPServer

/// The library's filters as they were typed, so that they come back as they were when something is wrong.
struct LibraryForm: Sendable {
    var text = ""
    var status = ""
    var model = ""
    var seed = ""
    var from = ""
    var to = ""
    var rating = ""
    var tags = ""
    var board = ""
    var favourite = ""
    var trash = ""
    var sort = ""
    /// What is wrong, by field.
    private(set) var problems: [String: String] = [:]
    /// Meaningless while there are problems.
    private(set) var query = LibraryQuery()

    /// Whether any filter beside the text is set.
    var hasFilters: Bool {
        !(status + model + seed + from + to + rating + tags + board + favourite).isEmpty
            || !sort.isEmpty && sort != LibraryQuery.Sort.newest.rawValue || !problems.isEmpty
    }

    /// Problems of fields that offer a choice, where nothing wrong can be typed.
    var otherProblems: [String] {
        problems.filter { !["q", "tag", "board", "from", "to", "seed"].contains($0.key) }.map(\.value).sorted()
    }

    init(_ query: LibraryQuery) {
        text = query.text
        status = query.status == .pictures ? "" : query.status.rawValue
        model = query.model ?? ""
        seed = query.seed.map(String.init) ?? ""
        from = query.from?.text ?? ""
        to = query.to?.text ?? ""
        rating = query.rating == 0 ? "" : String(query.rating)
        tags = query.tags.map(\.name).joined(separator: ", ")
        board = query.board.map(String.init) ?? ""
        favourite = query.favourite ? "1" : ""
        trash = query.trash ? "1" : ""
        sort = query.sort.rawValue
        self.query = query
    }

    /// Reads the parameters of an address; what else stands there is left alone.
    init(_ parameters: Parameters) {
        func value(_ name: String) -> String { parameters[name].map { $0.trimmingSpaces.description } ?? "" }
        text = value("q")
        status = value("status")
        model = value("model")
        seed = value("seed")
        from = value("from")
        to = value("to")
        rating = value("rating")
        tags = parameters.all("tag").filter { !$0.isEmpty }.joined(separator: ", ")
        board = value("board")
        favourite = value("favourite")
        trash = value("trash")
        sort = value("sort")
        check()
    }

    private mutating func check() {
        query.text = text
        let search = SearchText(text)
        if text.utf8.count > SearchText.longest {
            problems["q"] = "A search has at most \(SearchText.longest) characters."
        } else if search.words > SearchText.mostWords {
            problems["q"] = "A search has at most \(SearchText.mostWords) words."
        } else if !text.isEmpty, search.words == 0 {
            problems["q"] = "There is no word in this."
        } else if text.utf8.contains(0) {
            problems["q"] = "A search has no NUL characters."
        }
        query.model = model.isEmpty ? nil : model
        if model.utf8.count > 200 || model.utf8.contains(0) { problems["model"] = "There is no such model." }
        query.status = read("status", status, "Choose one of the states.") { .init(rawValue: $0) } ?? .pictures
        query.sort = read("sort", sort, "Choose one of the orders.") { .init(rawValue: $0) } ?? .newest
        query.seed = read("seed", seed, "A seed is a whole number.") { Int($0) }
        query.from = read("from", from, "Write a date as 2026-11-21.") { Day($0) }
        query.to = read("to", to, "Write a date as 2026-11-21.") { Day($0) }
        query.rating =
            read("rating", rating, "A rating is from 0 to 5.") { text in
                Int(text).flatMap { (0...5).contains($0) ? $0 : nil }
            } ?? 0
        query.tags = read("tag", tags, Self.tagProblem) { Tag.list([$0]) } ?? []
        query.board = read("board", board, "There is no such board.") { text in
            Int(text).flatMap { $0 > 0 ? $0 : nil }
        }
        query.favourite = read("favourite", favourite, "Write 1 for favourites.") { $0 == "1" ? true : nil } ?? false
        query.trash = read("trash", trash, "Write 1 for the trash.") { $0 == "1" ? true : nil } ?? false
    }

    static let tagProblem = "Up to \(Tag.most) tags of at most \(Tag.longest) characters, with commas between."

    /// `nil` when nothing was typed, or something that is wrong.
    private mutating func read<Value>(
        _ field: String,
        _ text: String,
        _ problem: String,
        _ value: (String) -> Value?
    ) -> Value? {
        if text.isEmpty { return nil }
        let value = value(text)
        if value == nil { problems[field] = problem }
        return value
    }
}
