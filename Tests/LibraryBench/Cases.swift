import EventLoop
import Postgres

/// Addresses that ask for the same kind of page, asked for in turn.
struct Case: Sendable {
    let name: String
    let addresses: [String]

    init(_ name: String, _ addresses: String...) {
        self.name = name
        self.addresses = addresses
    }

    init(_ name: String, _ addresses: [String]) {
        self.name = name
        self.addresses = addresses
    }
}

extension Case {
    /// Every page, filter, search and order that the library has, on what `seed.sql` makes.
    static func all(_ database: Database) async throws -> [Case] {
        let any = try await pictures("trashed_at IS NULL", database)
        let light = try await pictures("trashed_at IS NULL AND words @@ 'light'", database)
        let zeppelins = try await pictures("trashed_at IS NULL AND words @@ 'zeppelin'", database)
        let favourites = try await pictures("trashed_at IS NULL AND favourite AND model = 'bench/model-2'", database)
        let rated = try await pictures("trashed_at IS NULL AND rating > 2", database)
        let trashed = try await pictures("trashed_at IS NOT NULL", database)
        let days = try await database.query(
            "SELECT to_char(now() - interval '17 days' * n, 'YYYY-MM-DD') FROM generate_series(1, 20) AS n"
        ).map { (day: String) in day }
        return lists + filters(days) + searches + [
            Case("trash", "/history?trash=1", "/history?trash=1&page=20"),
            Case("trash, search within", "/history?q=light&trash=1"),
            Case("viewer", any.map { "/pictures/\($0)" }),
            Case("viewer in a search for a common word", light.map { "/pictures/\($0)?q=light" }),
            Case("viewer in a search for a rare word", zeppelins.map { "/pictures/\($0)?q=zeppelin" }),
            Case(
                "viewer among favourites of a model",
                favourites.map {
                    "/pictures/\($0)?model=bench%2Fmodel-2&favourite=1"
                }
            ),
            Case("viewer, best rated first", rated.map { "/pictures/\($0)?sort=rating" }),
            Case("viewer in the trash", trashed.map { "/pictures/\($0)?trash=1" }),
            Case("back to a picture's page of history", any.map { "/history?at=\($0)" }),
            Case("back to a picture's page of a search", light.map { "/history?q=light&at=\($0)" }),
            Case("boards", "/boards"),
            Case("confirm to download favourites", "/history/confirm?favourite=1&do=zip"),
            Case("confirm to tag all pictures", "/history/confirm?do=tag.x"),
            Case("confirm to trash all of a search", "/history/confirm?q=light&do=trash"),
        ]
    }

    private static let lists = [
        Case("history, page 1", "/history"),
        Case("history, the last page", "/history?page=1667"),
        Case("history, any page", (1...20).map { "/history?page=\($0 * 83)" }),
        Case("history, page 5,000 of 20 pictures", "/history?page=5000&per=20"),
        Case("history, any page of 40", (1...20).map { "/history?page=\($0 * 124)&per=40" }),
        Case("history, more by script", (1...20).map { "/history/pictures?page=\($0 * 83)" }),
        Case("oldest first", ["", "&page=834", "&page=1667"].map { "/history?sort=oldest\($0)" }),
        Case("best rated first", ["", "&page=100", "&page=1667"].map { "/history?sort=rating\($0)" }),
    ]

    private static func filters(_ days: [String]) -> [Case] {
        [
            Case("a common model", "/history?model=bench%2Fmodel-1", "/history?model=bench%2Fmodel-1&page=100"),
            Case("any model", (1...12).map { "/history?model=bench%2Fmodel-\($0)" }),
            Case("no such model", "/history?model=bench%2Fnone"),
            Case("seed", (1...20).map { "/history?seed=\($0 * 977)" }),
            Case("a day", days.map { "/history?from=\($0)&to=\($0)" }),
            Case("since a day", days.map { "/history?from=\($0)" }),
            Case("until a day", days.map { "/history?to=\($0)" }),
            Case("rated", (1...5).map { "/history?rating=\($0)" }),
            Case("favourites", "/history?favourite=1", "/history?favourite=1&page=80"),
            Case("tag", (1...20).map { "/history?tag=tag+\($0)" }),
            Case("two tags", "/history?tag=tag+1,tag+2"),
            Case("board", (1...20).map { "/history?board=\($0)" }),
            Case("waiting", "/history?status=waiting"),
            Case("failed", "/history?status=failed", "/history?status=failed&page=80"),
            Case("cancelled", "/history?status=cancelled"),
            Case("failed, search within", "/history?q=lighthouse&status=failed"),
        ]
    }

    private static let searches = [
        Case("search, the commonest word", "/history?q=light"),
        Case("the same, a later page", (1...20).map { "/history?q=light&page=\($0 * 4)" }),
        Case("the same, beyond the 5,000th picture", (1...20).map { "/history?q=light&page=\(100 + $0 * 49)" }),
        Case("search, a common word", "/history?q=detailed"),
        Case("search, a word of every seventh", "/history?q=barrar"),
        Case("search, a middling word", "/history?q=lighthouse"),
        Case("search, a rare word", "/history?q=zeppelin"),
        Case("search, a word that is nowhere", "/history?q=xylophone"),
        Case("search, the beginning of many words", "/history?q=bas"),
        Case("search, several words", "/history?q=light+detailed", "/history?q=light+detailed+lighthouse"),
        Case("search, without a word", "/history?q=light+-detailed", "/history?q=-light+-detailed"),
        Case("search, either word", "/history?q=zeppelin+or+lighthouse"),
        Case("search, a phrase", "/history?q=%22light+detailed%22"),
        Case("search, oldest first", "/history?q=light&sort=oldest"),
        Case("search, best rated first", "/history?q=light&sort=rating", "/history?q=lighthouse&sort=rating"),
        Case(
            "search and model",
            "/history?q=light&model=bench%2Fmodel-3",
            "/history?q=lighthouse&model=bench%2Fmodel-12"
        ),
        Case("search and favourites", "/history?q=light&favourite=1"),
        Case("search and tag", "/history?q=light&tag=tag+1", "/history?q=zeppelin&tag=tag+1"),
        Case("search and board", (1...5).map { "/history?q=light&board=\($0)" }),
        Case("search, seed and model", "/history?q=light&seed=977&model=bench%2Fmodel-1"),
        Case(
            "model, rating and favourites",
            (1...12).map { "/history?model=bench%2Fmodel-\($0)&rating=3&favourite=1" }
        ),
        Case("tag, best rated first", (1...5).map { "/history?tag=tag+\($0)&sort=rating" }),
    ]

    /// Twenty of them, from anywhere in the order of time.
    private static func pictures(_ condition: SQL, _ database: Database) async throws -> [String] {
        try await database.query("SELECT id::text FROM library WHERE \(condition) ORDER BY md5(id::text) LIMIT 20")
            .map { (id: String) in id }
    }
}
