import Support
import Testing

@testable import WebApp

extension BrowserTests {
    @Test(arguments: Window.all)
    func `pictures are searched, filtered and ordered by a form, and by its address alone`(window: Window) async throws
    {
        try await withBrowser(window) { browser, site, address async throws in
            let ids = try await site.gallery(["a red door", "a blue door", "a red boat", "two red doors at night"])
            _ = try await site.act("rate", on: [ids[0]], [("rating", "4")])
            _ = try await site.act("tag", on: [ids[3]], [("tags", "night")])
            try await browser.go(to: address + "/history")
            #expect(try await browser.tiles() == ids.reversed())
            try await browser.fits(window)
            try await browser.fill("#q", with: "red door")
            try await browser.click("form[role=search] button")
            #expect(try await browser.arrives(at: "/history?q=red%20door"))
            #expect(try await browser.tiles() == [ids[3], ids[0]])

            // More of the same: what was searched for stays.
            try await browser.click("form[role=search] summary")
            try await browser.choose("oldest", in: "#sort")
            try await browser.fits(window)
            try await browser.click("form[role=search] .primary")
            #expect(try await browser.arrives(at: "/history?q=red%20door&sort=oldest"))
            #expect(try await browser.tiles() == [ids[0], ids[3]])
            try await browser.go(to: address + "/history?q=door&rating=3&sort=rating")
            #expect(try await browser.value(of: "#rating") == "3")
            #expect(try await browser.value(of: "#sort") == "rating")
            #expect(try await browser.tiles() == [ids[0]])

            // One filter less, and another.
            try await browser.click("a[aria-label^='Without'][href='/history?q=door&sort=rating']")
            try await browser.counts(3, of: ".tile")
            try await browser.go(to: address + "/history?tag=night&from=2020-01-01")
            #expect(try await browser.tiles() == [ids[3]])

            // What finds nothing, and what cannot be.
            try await browser.go(to: address + "/history?q=elephant")
            try await browser.reads("Nothing matches.", in: ".empty")
            try await browser.go(to: address + "/history?seed=many")
            try await browser.reads("A seed is a whole number.", in: "#seed-problem")
            try await browser.fits(window)
            try await browser.go(to: address + "/history?from=2026-02-02&to=2026-01-01")
            _ = try await browser.find(".empty")
            try await browser.fits(window)
        }
    }

    @Test(arguments: Window.all)
    func `pages have numbers, and with JavaScript the next one comes behind this one`(window: Window) async throws {
        try await withBrowser(window) { browser, site, address async throws in
            let ids = Array(try await site.gallery((1...50).map { "picture \($0)" }).reversed())
            try await browser.go(to: address + "/history?per=20")
            #expect(try await browser.tiles() == Array(ids[..<20]))
            try await browser.click("a[rel=next]")
            if window.javaScript {
                try await browser.counts(40, of: ".tile")
                try await browser.click("a[rel=next]")
                try await browser.counts(50, of: ".tile")
                #expect(try await browser.tiles() == ids)
                #expect(try await browser.all("a[rel=next]").isEmpty)
                #expect(try await browser.url().hasSuffix("/history?per=20"))
                // Everything is still there for somebody who comes back.
                try await browser.click("#picture-\(ids[45]) > a")
                try await browser.reads("picture 5", in: "h1")
                try await browser.back()
                try await browser.counts(50, of: ".tile")
            } else {
                #expect(try await browser.arrives(at: "/history?page=2&per=20"))
                #expect(try await browser.tiles() == Array(ids[20..<40]))
                try await browser.click("a[rel=next]")
                #expect(try await browser.arrives(at: "/history?page=3&per=20"))
                try await browser.click("a[rel=prev]")
                #expect(try await browser.arrives(at: "/history?page=2&per=20"))
            }
            // Absurd numbers end at the last page.
            for page in ["99999999999", "-4", "x", "18446744073709551616"] {
                try await browser.go(to: "\(address)/history?per=20&page=\(page)")
                #expect(try await browser.tiles().first == (page == "99999999999" ? ids[40] : ids[0]), "\(page)")
                try await browser.fits(window)
            }
        }
    }

    @Test(arguments: Window.scripted)
    func `keys go through the pictures of a list, mark, rate, tick and tag them`(window: Window) async throws {
        try await withBrowser(window) { browser, site, address async throws in
            let ids = Array(try await site.gallery((1...23).map { "picture \($0)" }).reversed())
            try await browser.go(to: address + "/history?per=20")
            try await browser.press("jj")
            #expect(try await browser.focused() == ids[1])
            try await browser.press("k")
            #expect(try await browser.focused() == ids[0])

            try await browser.press("f")
            _ = try await browser.find("#picture-\(ids[0]) [data-favourite]")
            try await browser.press("4")
            try await browser.reads("★★★★", in: "#picture-\(ids[0]) .marks")
            #expect(try await browser.focused() == ids[0])
            try await browser.press("f")
            try await browser.counts(0, of: "[data-favourite]")
            try await browser.press("0")
            try await browser.counts(0, of: ".marks")

            try await browser.press("xjx")
            try await browser.counts(2, of: ".tile :checked")
            try await browser.press("x")
            try await browser.counts(1, of: ".tile :checked")
            try await browser.press("jt")
            try await browser.type("sea", into: try await browser.find("#bulk-tags:focus"))
            try await browser.click("button[value=tag]")
            try await browser.reads("2 pictures are tagged “sea”.", in: ".notice")
            #expect(try await site.shown("/history?tag=sea") == [ids[0], ids[2]])

            // Beyond the last there are more; they are marked on their own page.
            try await browser.press(String(repeating: "j", count: 21))
            try await browser.counts(23, of: ".tile")
            try await until(on: site.loop) { try await browser.focused() == ids[20] }
            try await browser.press("2")
            try await browser.reads("★★", in: "#picture-\(ids[20]) .marks")
            try await browser.press("3")
            try await browser.reads("★★★", in: "#picture-\(ids[20]) .marks")
            try await browser.press("/")
            #expect(try await browser.all("#q:focus").count == 1)

            // All between two, with Shift.
            try await browser.go(to: address + "/history?per=20")
            try await browser.click("#picture-\(ids[3]) input")
            _ = try await browser.run(
                """
                document.querySelector("#picture-\(ids[8]) input")
                    .dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true }))
                """
            )
            try await browser.counts(6, of: ".tile :checked")
        }
    }
}

extension Browser {
    /// The pictures of the list, in its order.
    func tiles() async throws -> [PictureID] {
        _ = try await find("main")
        let source = try await source()
        return source.matches(of: /class="tile [^"]*" id="picture-([0-9a-f-]{36})"/)
            .compactMap { PictureID(String($0.1)) }
    }

    fileprivate func focused() async throws -> PictureID? {
        guard let tile = try await all(".tile:focus-within").first, let id = try await attribute("id", of: tile) else {
            return nil
        }
        return PictureID(String(id.dropFirst("picture-".count)))
    }
}
