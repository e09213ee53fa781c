import HTTPServer
import JSON
import Jobs
import Postgres
import Testing

@testable import WebApp

@Suite("What people do to pictures")
struct LibraryActionTests {
    @Test func `marks are made and taken away`() async throws {
        try await withSite { site async throws in
            let ids = try await site.keep((0..<3).map { SamplePicture(age: 50 - $0) })
            var page = try await site.act("favourite", on: [ids[0], ids[1]])
            #expect(page.notice == "2 pictures are favourites.")
            #expect(page.text.components(of: "aria-label=\"Favourite\"") == 2)
            page = try await site.act("unfavourite", on: [ids[0]])
            #expect(page.notice == "1 picture is no favourite.")
            page = try await site.act("rate", on: ids, [("rating", "3")])
            #expect(page.notice == "3 pictures are rated 3 of 5.")
            #expect(try await site.shown("/history?rating=3") == ids.reversed())
            page = try await site.act("rate", on: [ids[2]], [("rating", "0")])
            #expect(page.notice == "1 picture is without a rating.")
            page = try await site.act("tag", on: [ids[0]], [("tags", "Sea, <b>bold</b>, two   boats")])
            #expect(page.notice == "1 picture is tagged “&lt;b&gt;bold&lt;/b&gt;”, “sea”, “two boats”.")
            page = try await site.act("untag", on: [ids[0]], [("tags", "sea")])
            #expect(page.notice == "1 picture is no longer tagged “sea”.")
            #expect(try await site.shown("/history?tag=sea").isEmpty)
            #expect(try await site.shown("/history?tag=two+boats") == [ids[0]])
            let own = try await site.get("/pictures/\(ids[0])").text
            #expect(own.contains("&lt;b&gt;bold&lt;/b&gt;"))
            #expect(!own.contains("<b>bold"))
        }
    }

    @Test func `the trash is undone, and favourites are protected from it`() async throws {
        try await withSite { site async throws in
            let ids = try await site.keep((0..<4).map { SamplePicture(age: 50 - $0) })
            _ = try await site.act("favourite", on: [ids[3]])
            let page = try await site.act("trash", on: [ids[1], ids[2], ids[3]])
            #expect(
                page.notice
                    == "2 pictures are in the trash. 1 favourite was left out: take the mark away first."
            )
            #expect(try await site.shown("/history") == [ids[3], ids[0]])
            #expect(try await site.shown("/history?trash=1") == [ids[2], ids[1]])

            let thrown = try #require(page.text.firstMatch(of: /name="thrown" value="(\d+)"/)?.1)
            let undone = try await site.act([("do", "restore"), ("thrown", String(thrown))])
            #expect(undone.notice == "2 pictures are back in the library.")
            #expect(try await site.shown("/history") == ids.reversed())
            #expect(try await site.get("/history?trash=1").text.contains("The trash is empty."))
        }
    }

    @Test func `only what lies in the trash is deleted, after a question, with all that is known of it`() async throws {
        try await withSite { site async throws in
            let ids = try await site.keep((0..<3).map { SamplePicture("picture \($0)", age: 50 - $0) })
            _ = try await site.act("trash", on: [ids[0], ids[1]])
            let question = try await site.post(
                "/history/actions?trash=1",
                form: [("action", "delete"), ("id", ids[0].description), ("id", ids[2].description)]
            )
            #expect(question.status == 200)
            #expect(question.text.contains("Delete 2 pictures for good?"))
            #expect(try await site.shown("/history?trash=1").count == 2)

            let page = try await site.act(
                "/history/actions?trash=1",
                [("do", "delete"), ("confirmed", "1"), ("id", ids[0].description), ("id", ids[2].description)]
            )
            #expect(
                page.notice
                    == "1 picture was deleted for good. 1 picture was not in the trash any more, and stayed as it is."
            )
            #expect(try await site.get("/pictures/\(ids[0])").status == 404)
            #expect(try await site.get("/pictures/\(ids[2])").status == 200)
            let jobs = try await site.get("/api/v1/jobs").json.array ?? []
            #expect(jobs.compactMap { $0["prompt"]?.string }.sorted() == ["picture 1", "picture 2"])
        }
    }

    @Test func `a generation goes with the last of its pictures`() async throws {
        try await withSite { site async throws in
            let id = try await site.keep([SamplePicture()])[0]
            let generation = try await site.app.database.execute(
                """
                INSERT INTO pictures (generation_id, position, file, thumbnail, width, height, bytes)
                SELECT generation_id, 1, file, thumbnail, width, height, bytes FROM pictures RETURNING generation_id
                """
            ).map { (id: JobID) in id }[0]
            let second = try #require(try await site.shown("/history").first { $0 != id })
            for (picture, status) in [(id, 200), (second, 404)] {
                _ = try await site.act("trash", on: [picture])
                _ = try await site.act([("do", "delete"), ("confirmed", "1"), ("id", picture.description)])
                #expect(try await site.get("/api/v1/status/\(generation)").status == status)
            }
        }
    }

    @Test func `all that match are counted, asked about, and changed as they were counted`() async throws {
        try await withSite { site async throws in
            let ids = try await site.keep((0..<30).map { SamplePicture($0 % 2 == 0 ? "red" : "blue", age: 90 - $0) })
            _ = try await site.act("favourite", on: [ids[4]])
            let question = try await site.act("/history/actions?q=red&per=20", [("action", "trash"), ("scope", "all")])
            #expect(question.text.contains("Throw 14 pictures into the trash?"))
            #expect(question.text.contains("1 more is a favourite, and stays."))
            #expect(try await site.shown("/history").count == 30)

            // What comes now was not counted.
            let late = try await site.keep([SamplePicture("red", age: -1)])
            let fields = question.text.matches(of: /<input type="hidden" name="([^"]+)" value="([^"]+)">/)
                .map { (String($0.1), String($0.2)) }
            let action = try #require(
                question.text.firstMatch(of: /<form class="actions" method="post" action="([^"]+)"/)?.1
            )
            let page = try await site.act(String(action).replacing("&amp;", with: "&"), fields)
            #expect(
                page.notice
                    == "14 pictures are in the trash. 1 favourite was left out: take the mark away first."
            )
            #expect(try await site.shown("/history?q=red") == late + [ids[4]])
            #expect(try await site.shown("/history?q=blue").count == 15)
        }
    }

    @Test(arguments: [
        ("favourite", "Mark 3 pictures as favourites?"),
        ("unfavourite", "Take the mark of a favourite from 3 pictures?"),
        ("trash", "Throw 3 pictures into the trash?"), ("zip", "Download 3 pictures?"),
    ])
    func `a question about all says how many`(action: String, question: String) async throws {
        try await withSite { site async throws in
            try await site.keep((0..<3).map { SamplePicture(age: 50 - $0) })
            #expect(try await site.act([("action", action), ("scope", "all")]).text.contains(question))
        }
    }

    @Test func `two who change the same picture are both heard`() async throws {
        try await withSite { site async throws in
            let ids = try await site.keep((0..<20).map { SamplePicture(age: 50 - $0) })
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in ["sea", "boats", "red", "night", "calm", "wide"] {
                    group.addTask {
                        let chosen = name < "m" ? ids : ids.reversed()
                        _ = try await site.act("tag", on: chosen, [("tags", name)])
                    }
                }
                try await group.waitForAll()
            }
            let address = "/history?tag=sea&tag=boats&tag=red&tag=night&tag=calm&tag=wide"
            #expect(try await site.shown(address) == ids.reversed())
        }
    }

    @Test func `what went into the trash or away meanwhile is said, and the rest is done`() async throws {
        try await withSite { site async throws in
            let ids = try await site.keep((0..<3).map { SamplePicture(age: 50 - $0) })
            _ = try await site.act("trash", on: [ids[0], ids[1]])
            _ = try await site.act([("do", "delete"), ("confirmed", "1"), ("id", ids[1].description)])
            let page = try await site.act("favourite", on: ids)
            #expect(
                page.notice
                    == "1 picture is a favourite. 1 picture was in the trash, and stayed as before."
                    + " 1 picture did not exist any more."
            )
            #expect(try await site.shown("/history?favourite=1") == [ids[2]])
        }
    }

    @Test func `nothing chosen, too much chosen and what is no action are answered in words`() async throws {
        try await withSite { site async throws in
            let id = try await site.keep([SamplePicture()])[0]
            let none = try await site.act([("action", "trash")])
            #expect(none.text.contains("No picture was chosen"))
            let many = try await site.post(
                "/history/actions",
                form: [("action", "trash")]
                    + (0..<10_000).map { _ in ("id", PictureID(rawValue: .random()).description) }
            )
            #expect(many.status == 422)
            #expect(many.text.contains("10,000 pictures are chosen, and nothing was done: choose 1,000 at most"))
            for (fields, words) in [
                ([("action", "burn")], "There is no such action."), ([("do", "rate.9")], "There is no such action."),
                ([("action", "rate"), ("rating", "9")], "A rating is from 0 to 5"),
                ([("action", "tag"), ("tags", " , ")], "Up to 20 tags"),
                ([("action", "board"), ("board", "77")], "There is no such board"),
                ([("action", "typed"), ("tags", ""), ("new_board", " ")], "Press the button of what you mean"),
                ([("action", "typed"), ("tags", "sea"), ("new_board", "Sea")], "Press the button of what you mean"),
                ([("action", "board"), ("new_board", String(repeating: "x", count: 101))], "at most 100 characters"),
            ] {
                let answer = try await site.act(fields + [("id", id.description)])
                #expect(answer.status == 422)
                #expect(answer.text.contains(words))
            }
            #expect(
                try await site.act("/history/actions?rating=9", [("action", "trash"), ("scope", "all")]).status == 422
            )
            #expect(try await site.shown("/history") == [id])
        }
    }

    @Test func `what is old enough leaves the trash by itself`() async throws {
        try await withSite { site async throws in
            let ids = try await site.keep((0..<3).map { SamplePicture(age: 50 - $0) })
            _ = try await site.act("trash", on: [ids[0], ids[1]])
            _ = try await site.app.database.execute(
                "UPDATE library SET trashed_at = now() - interval '31 days' WHERE id = \(ids[0])"
            )
            let retention = try #require(site.app.configuration.trashRetention)
            #expect(try await site.app.database.emptyTrash(olderThan: retention).done == 1)
            #expect(try await site.app.database.emptyTrash(olderThan: retention).done == 0)
            #expect(try await site.shown("/history?trash=1") == [ids[1]])
            #expect(try await site.get("/pictures/\(ids[0])").status == 404)
        }
    }

    @Test func `results come back from an address as they were`() throws {
        var result = ActionResult(.tag([try #require(Tag("a!b.c"))]))
        (result.done, result.protected, result.passed, result.gone) = (1, 2, 3, 4)
        result.time = Timestamp(microseconds: 5)
        result.isCut = true
        #expect(ActionResult(result.text) == result)
        for text in ["", "1!2", "none", "1!2!3!4!5!6!burn", "-1!0!0!0!0!0!trash"] { #expect(ActionResult(text) == nil) }
    }
}

extension TestSite {
    fileprivate func act(_ fields: [(String, String)]) async throws -> Answer {
        try await act("/history/actions", fields)
    }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        split(separator: part, omittingEmptySubsequences: false).count - 1
    }
}
