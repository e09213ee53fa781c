import HTTPServer
import JSON
import Postgres
import Templates
import Testing

@testable import WebApp

@Suite("Finding pictures")
struct LibrarySearchTests {
    @Test(arguments: [
        ("light", "'light':*"), ("a light", "'a' & 'light':*"), ("\"two boats\"", "'two boats'"),
        ("sea -night", "'sea':* & !'night':*"), ("sea -\"red door\"", "'sea':* & !'red door'"),
        ("sea or lake or", "'sea':* | 'lake':*"), ("or sea", "'sea':*"), ("it's", "'it''s':*"),
        ("back\\slash", "'back\\\\slash':*"), ("!!! & |", ""), ("\"unclosed words", "'unclosed words'"),
        ("sea:* ' | !", "'sea:*':*"), ("", ""), ("or", ""), ("-", ""), ("--night", "!'night':*"), ("日本", "'日本'"),
    ])
    func `words become a query that can mean nothing else`(typed: String, query: String) {
        #expect(SearchText(typed).query == query)
    }

    @Test func `words of the prompt find it, by their beginnings and in any order`() async throws {
        try await withSite { site async throws in
            let prompts = [
                "a lighthouse by the sea", "two red boats", "red sea, two lights", "cathedral with a cat",
                "it's 16:9 (wide)",
                "Ünïcode straße 日本 picture", "<b>bold</b> & brave",
            ]
            let ids = try await site.keep(prompts.enumerated().map { SamplePicture($0.element, age: 100 - $0.offset) })
            for (text, found) in [
                ("light", [2, 0]), ("lighthouse", [0]), ("sea two", [2]), ("\"two lights\"", [2]),
                ("\"lights two\"", []),
                ("cat", [3]), ("\"cat\"", [3]), ("cath", [3]), ("\"cath\"", []), ("red -boats", [2]),
                ("boats or lighthouse", [1, 0]), ("LIGHT", [2, 0]), ("it's", [4]), ("16:9", [4]), ("straße", [5]),
                ("日本", [5]), ("bold", [6]), ("'); DROP TABLE library; --", []), ("& | ! :*", []),
                ("a:*b & c", []), ("\\", []), ("lighthouse'", [0]),
            ] as [(String, [Int])] {
                let address = LibraryQuery.searching(text).address("/history").text
                let answer = try await site.get(address)
                #expect([200, 422].contains(answer.status), "\(text): \(answer.status)")
                #expect(try await site.shown(address) == found.map { ids[$0] }, "\(text)")
            }
        }
    }

    @Test func `filters go together, and stand in the address`() async throws {
        try await withSite { site async throws in
            var samples = (0..<6).map { SamplePicture("picture \($0)", age: 60 * 24 * $0 + 1) }
            samples[1].model = "black-forest-labs/flux-schnell"
            samples[2].seed = 42
            samples[3].seed = 42
            let ids = try await site.keep(samples)
            _ = try await site.act("favourite", on: [ids[0], ids[2]])
            _ = try await site.act("rate", on: [ids[2], ids[4]], [("rating", "4")])
            _ = try await site.act("rate", on: [ids[5]], [("rating", "2")])
            _ = try await site.act("tag", on: [ids[2], ids[3]], [("tags", "Two  Boats, sea")])
            let day = ids[0].day
            for (address, found) in [
                ("model=black-forest-labs%2Fflux-schnell", [1]), ("model=nobody%2Fnothing", []), ("seed=42", [2, 3]),
                ("favourite=1", [0, 2]), ("rating=4", [2, 4]), ("rating=1", [2, 4, 5]), ("tag=sea", [2, 3]),
                ("tag=two+boats&tag=SEA", [2, 3]), ("tag=sea,lake", []), ("seed=42&rating=3", [2]),
                ("q=picture&favourite=1&rating=4&tag=sea&seed=42", [2]), ("sort=rating", [2, 4, 5, 0, 1, 3]),
                ("sort=rating&favourite=1", [2, 0]), ("sort=oldest&seed=42", [3, 2]),
                ("from=\(ids[2].day)&to=\(ids[2].day)", [2]), ("to=\(ids[3].day)", [3, 4, 5]), ("from=\(day)", [0]),
            ] as [(String, [Int])] {
                #expect(try await site.shown("/history?\(address)") == found.map { ids[$0] }, "\(address)")
            }
        }
    }

    @Test func `what a form leaves empty does not stay in the address`() async throws {
        try await withSite { site async throws in
            let answer = try await site.get(
                "/history?q=+red+&model=&seed=&rating=3&tag=Sea%2C+boats&sort=&from=&per=20"
            )
            #expect(answer.status == 303)
            #expect(answer.headers["location"] == "/history?q=red&rating=3&tag=boats&tag=sea&per=20")
            let page = try await site.get("/history?q=red&rating=3&tag=boats&tag=sea&per=20").text
            #expect(page.contains("value=\"boats, sea\""))
            #expect(page.contains("<option value=\"3\" selected>"))
        }
    }

    @Test(arguments: [
        ("q=%21%21%21", "There is no word in this."), ("seed=x", "A seed is a whole number."),
        ("from=yesterday", "Write a date as 2026-11-21."), ("to=2026-02-30", "Write a date as 2026-11-21."),
        ("rating=9", "A rating is from 0 to 5."), ("board=-1", "There is no such board."),
        ("status=done", "Choose one of the states."), ("sort=random", "Choose one of the orders."),
        ("tag=\(String(repeating: "a", count: 61))", "Up to 20 tags"), ("favourite=yes", "Write 1 for favourites."),
        ("q=\(String(repeating: "ab+", count: 200))", "at most 500 characters"),
        ("q=\(String(repeating: "a+", count: 30))", "at most 20 words"),
    ])
    func `what cannot be read is said beside its field`(address: String, problem: String) async throws {
        try await withSite { site async throws in
            try await site.keep([SamplePicture()])
            let page = try await site.get("/history?\(address)")
            #expect(page.status == 422)
            #expect(page.text.contains(problem))
            #expect(!page.text.contains("id=\"picture-"))
        }
    }

    @Test(arguments: [
        ("from=2026-03-02&to=2026-03-01", "Swap the two dates."), ("status=failed&rating=3", "Only finished pictures"),
        ("status=waiting&trash=1", "Only finished pictures"), ("board=77", "does not exist, or not any more"),
    ])
    func `filters that contradict each other are told apart from finding nothing`(
        address: String,
        reason: String
    ) async throws {
        try await withSite { site async throws in
            let page = try await site.get("/history?\(address)")
            #expect(page.status == 200)
            #expect(page.text.contains(reason))
        }
    }

    @Test func `an address says everything, once`() throws {
        for address in [
            "", "q=two%20boats", "status=failed", "model=a%2Fb%3Ac&seed=-7", "from=2026-01-01&to=2026-12-31",
            "rating=3&tag=a%20b&tag=c&board=5&favourite=1&trash=1&sort=rating",
        ] {
            let form = LibraryForm(try Request(.get, "/history?\(address)").query)
            #expect(form.problems.isEmpty)
            #expect(form.query.address().text == (address.isEmpty ? "/history" : "/history?\(address)"))
            #expect(LibraryForm(form.query).query == form.query)
        }
    }
}

extension LibraryQuery {
    fileprivate static func searching(_ text: String) -> LibraryQuery {
        var query = LibraryQuery()
        query.text = text
        return query
    }
}

extension PictureID {
    /// The day that it says of itself.
    fileprivate var day: String {
        let milliseconds = Int64(description.replacing("-", with: "").prefix(12), radix: 16) ?? 0
        return String(Timestamp(microseconds: milliseconds * 1000).description.prefix(10))
    }
}
