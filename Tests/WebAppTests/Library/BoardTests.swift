import HTTPServer
import Postgres
import Testing

@testable import WebApp

@Suite("Boards")
struct BoardTests {
    @Test func `gather pictures, which stay when a board goes`() async throws {
        try await withSite { site async throws in
            #expect(try await site.get("/boards").text.contains("A board gathers pictures"))
            let ids = try await site.keep((0..<4).map { SamplePicture(age: 50 - $0) })
            let page = try await site.act("board", on: [ids[0], ids[2]], [("new_board", "  <i>Sea</i>  views ")])
            #expect(page.notice == "2 pictures are on the board “&lt;i&gt;Sea&lt;/i&gt; views”.")
            let board = try #require(try await site.app.database.boards().first)
            #expect(board.name == "<i>Sea</i> views")
            #expect(try await site.shown("/history?board=\(board.id)") == [ids[2], ids[0]])
            #expect(
                try await site.get("/history?board=\(board.id)").text.contains("<h1>&lt;i&gt;Sea&lt;/i&gt; views</h1>")
            )
            let list = try await site.get("/boards").text
            #expect(list.contains("2 pictures"))
            #expect(!list.contains("<i>Sea"))

            // Twice is once; one may lie on several.
            _ = try await site.act("board", on: [ids[0]], [("board", "\(board.id)")])
            _ = try await site.act("board", on: [ids[0]], [("new_board", "Night")])
            #expect(try await site.shown("/history?board=\(board.id)") == [ids[2], ids[0]])
            let taken = try await site.act("unboard", on: [ids[2], ids[3]], [("board", "\(board.id)")])
            #expect(taken.notice.hasPrefix("2 pictures are not on the board"))
            #expect(try await site.shown("/history?board=\(board.id)") == [ids[0]])

            for _ in 0..<2 { #expect(try await site.post("/boards/\(board.id)/delete", form: []).status == 303) }
            #expect(try await site.get("/history?board=\(board.id)").text.contains("does not exist, or not any more"))
            #expect(try await site.shown("/history").count == 4)
        }
    }

    @Test func `have names of their own, and keep them when a new one is none`() async throws {
        try await withSite { site async throws in
            for name in ["Sea", "sea", "Lake"] { _ = try await site.post("/boards", form: [("name", name)]) }
            let boards = try await site.app.database.boards()
            #expect(boards.map(\.name) == ["Lake", "Sea"])
            let (lake, sea) = (boards[0].id, boards[1].id)
            for name in ["", "   ", String(repeating: "x", count: 101), "a\u{7}b"] {
                for path in ["/boards", "/boards/\(sea)/rename"] {
                    let answer = try await site.post(path, form: [("name", name)])
                    #expect(answer.status == 422)
                    #expect(answer.text.contains("A board needs a name"))
                }
            }
            let taken = try await site.post("/boards/\(sea)/rename", form: [("name", "LAKE")])
            #expect(taken.status == 422)
            #expect(taken.text.contains("There is another board of the name"))
            #expect(try await site.post("/boards/\(sea)/rename", form: [("name", "Seas")]).status == 303)
            #expect(try await site.post("/boards/9999/rename", form: [("name", "Seas")]).status == 404)
            #expect(try await site.app.database.boards().map(\.id) == [lake, sea])
        }
    }
}
