import Glibc
import JSON
import Postgres
import Support
import Testing

@testable import WebApp

extension BrowserTests {
    @Test(arguments: Window.all)
    func `ticked pictures and all that match are changed, thrown away, brought back and deleted`(window: Window)
        async throws
    {
        try await withBrowser(window) { browser, site, address async throws in
            let ids = Array(try await site.gallery((1...8).map { "picture \($0)" }).reversed())
            try await browser.go(to: address + "/history")
            try await browser.tick(ids[0], ids[1])
            try await browser.open(fold: ".bulk")
            try await browser.fits(window)
            try await browser.click("button[value=favourite]")
            try await browser.reads("2 pictures are favourites.", in: ".notice")
            #expect(try await browser.all(".marks[aria-label^=Favourite]").count == 2)

            try await browser.tick(ids[2])
            try await browser.open(fold: ".bulk")
            try await browser.choose("4", in: "#bulk-rating")
            try await browser.click("button[value=rate]")
            try await browser.reads("1 picture is rated 4 of 5.", in: ".notice")

            // All that match: a question first, and the favourites stay.
            try await browser.open(fold: ".bulk")
            try await browser.choose("all", in: "#scope")
            try await browser.click("button[value=trash]")
            try await browser.reads("Throw 6 pictures into the trash?", in: "h1")
            try await browser.reads("2 more are favourites, and stay.", in: ".confirm")
            try await browser.fits(window)
            try await browser.click(".confirm .primary")
            try await browser.reads("6 pictures are in the trash.", in: ".notice")
            #expect(try await browser.tiles() == Array(ids[..<2]))
            try await browser.click(".notice button")
            try await browser.reads("6 pictures are back in the library.", in: ".notice")
            #expect(try await browser.tiles() == ids)

            // A favourite that is ticked is protected, too.
            try await browser.tick(ids[0], ids[6], ids[7])
            try await browser.open(fold: ".bulk")
            try await browser.click("button[value=trash]")
            try await browser.reads("1 favourite was left out", in: ".notice")
            try await browser.click("a[href='/history?trash=1']")
            try await browser.reads("Trash", in: "h1")
            #expect(try await browser.tiles() == [ids[6], ids[7]])
            try await browser.tick(ids[6])
            try await browser.open(fold: ".bulk")
            try await browser.fits(window)
            try await browser.click("button[value=restore]")
            try await browser.reads("1 picture is back in the library.", in: ".notice")
            try await browser.tick(ids[7])
            try await browser.open(fold: ".bulk")
            try await browser.click("button[value=delete]")
            try await browser.reads("Delete 1 picture for good?", in: "h1")
            try await browser.click(".confirm .primary")
            try await browser.reads("1 picture was deleted for good.", in: ".notice")
            try await browser.reads("The trash is empty.", in: ".empty")
            #expect(try await site.shown("/history") == Array(ids[..<7]))

            // Enter does what was typed, and nothing where that says nothing.
            try await browser.go(to: address + "/history")
            try await browser.tick(ids[4])
            try await browser.open(fold: ".bulk")
            try await browser.fill("#bulk-tags", with: "sea\u{E007}")
            try await browser.reads("1 picture is tagged “sea”.", in: ".notice")
            try await browser.open(fold: ".bulk")
            try await browser.fill("#bulk-tags", with: "")
            try await browser.tick(ids[4])
            try await browser.fill("#new-board", with: "Coast\u{E007}")
            try await browser.reads("1 picture is on the board “Coast”.", in: ".notice")

            // Nothing ticked is no mistake.
            try await browser.go(to: address + "/history")
            try await browser.open(fold: ".bulk")
            try await browser.click("button[value=trash]")
            try await browser.reads("nothing was done", in: ".notice")
        }
    }

    @Test(arguments: Window.all)
    func `boards are made, filled, renamed, emptied and deleted`(window: Window) async throws {
        try await withBrowser(window) { browser, site, address async throws in
            let ids = Array(try await site.gallery(["a", "b", "c"]).reversed())
            try await browser.go(to: address + "/boards")
            try await browser.reads("A board gathers pictures", in: ".empty")
            try await browser.fits(window)
            try await browser.fill("#name", with: "<b>Sea</b>")
            try await browser.click(".new-board button")
            try await browser.reads("<b>Sea</b>", in: ".board h2")

            try await browser.go(to: address + "/history")
            try await browser.tick(ids[0], ids[2])
            try await browser.open(fold: ".bulk")
            let board = try #require(try await site.app.database.boards().first)
            try await browser.choose("\(board.id)", in: "#onto-board")
            try await browser.click("button[value=board]")
            try await browser.reads("2 pictures are on the board “<b>Sea</b>”.", in: ".notice")
            try await browser.tick(ids[1])
            try await browser.open(fold: ".bulk")
            try await browser.fill("#new-board", with: "Night")
            try await browser.click("button[value=board]")
            try await browser.reads("1 picture is on the board “Night”.", in: ".notice")

            try await browser.go(to: address + "/boards")
            #expect(try await browser.texts(of: ".board .hint:not(details)") == ["2 pictures", "1 picture"])
            try await browser.fits(window)
            try await browser.click("#board-\(board.id) .board-cover")
            try await browser.reads("<b>Sea</b>", in: "h1")
            #expect(try await browser.tiles() == [ids[0], ids[2]])
            try await browser.tick(ids[0])
            try await browser.open(fold: ".bulk")
            try await browser.click("button[value=unboard]")
            try await browser.counts(1, of: ".tile")

            try await browser.go(to: address + "/boards")
            try await browser.open(fold: "#board-\(board.id) details")
            try await browser.fits(window)
            try await browser.fill("#name-\(board.id)", with: "night")
            try await browser.click("#board-\(board.id) form[action$=rename] button")
            _ = try await browser.find(".problem")
            try await browser.open(fold: "#board-\(board.id) details")
            try await browser.fill("#name-\(board.id)", with: "Coast")
            try await browser.click("#board-\(board.id) form[action$=rename] button")
            try await browser.reads("Coast", in: ".board h2")
            try await browser.open(fold: "#board-\(board.id) details")
            try await browser.click("#board-\(board.id) form[action$=delete] button")
            try await browser.counts(1, of: ".board")
            #expect(try await site.shown("/history") == ids)
        }
    }

    @Test(arguments: Window.all)
    func `pictures are taken away one by one, with settings and without, and as a zip`(window: Window) async throws {
        try await withBrowser(window) { browser, site, address async throws in
            let ids = Array(try await site.gallery(["one door", "two doors"]).reversed())
            let folder = "/tmp/atelier-downloads-\(UInt64.random(in: 0 ... .max))"
            mkdir(folder, 0o700)
            defer { _ = rmdir(folder) }
            try await browser.command(
                "Browser.setDownloadBehavior",
                ["behavior": "allow", "downloadPath": .string(folder)]
            )
            try await browser.go(to: "\(address)/pictures/\(ids[0])")
            try await browser.click("a[href$='/with-settings']")
            let name = "atelier-two-doors-\(ids[0].description.suffix(8))"
            #expect(try await downloaded("\(folder)/\(name).png", on: site).contains(Array("two doors".utf8)))
            try await browser.click("a[href$='/clean']")
            #expect(try await !downloaded("\(folder)/\(name)-clean.png", on: site).contains(Array("doors".utf8)))

            try await browser.go(to: address + "/history")
            try await browser.tick(ids[0], ids[1])
            try await browser.open(fold: ".bulk")
            try await browser.click("button[value=zip]")
            let zip = "\(folder)/atelier-\(Timestamp.now.description.prefix(10)).zip"
            let entries = try ZipReader(try await downloaded(zip, on: site)).entries.map(\.name)
            #expect(entries == ["00001-one-door.png", "00002-two-doors.png", "manifest.json"])
            // All that match, after a word about how much that is.
            try await browser.go(to: address + "/history?q=two")
            try await browser.open(fold: ".bulk")
            try await browser.choose("all", in: "#scope")
            try await browser.click("button[value=zip]")
            try await browser.reads("Download 1 picture?", in: "h1")
            try await browser.fits(window)
            try await browser.click(".confirm .primary")
            #expect(try ZipReader(try await downloaded(zip, on: site)).entries.count == 2)
        }
    }

    /// The bytes of a file once it is whole; it is removed.
    private func downloaded(_ path: String, on site: TestSite) async throws -> [UInt8] {
        // Chromium keeps the name free with an empty file, and moves what it has fetched over it.
        try await until(on: site.loop) {
            var status = stat()
            return stat(path, &status) == 0 && status.st_size > 0
        }
        defer { unlink(path) }
        guard let file = fopen(path, "re") else { throw Browser.Failure(description: "no \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        return bytes
    }
}

extension Browser {
    fileprivate func tick(_ pictures: PictureID...) async throws {
        for id in pictures { try await click("#picture-\(id) input") }
    }
}
