import JSON
import Support
import Testing

@testable import WebApp

extension BrowserTests {
    @Test(arguments: Window.all)
    func `the viewer leads through the search it came from, and back to the same place`(window: Window) async throws {
        try await withBrowser(window) { browser, site, address async throws in
            let prompts = (0..<50).map { "\($0 % 2 == 0 ? "red" : "blue") door \($0)" }
            let ids = Array(try await site.gallery(prompts).reversed())
            let red = ids.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
            try await browser.go(to: "\(address)/history?q=red&per=20&page=2")
            try await browser.click("#picture-\(red[21]) > a")
            try await browser.reads("red door 6", in: "h1")
            try await browser.fits(window)
            #expect(try await browser.attribute("alt", of: try await browser.find(".job-pictures img")) == "red door 6")

            if window.javaScript { try await browser.press("j") } else { try await browser.click("a[rel=next]") }
            try await browser.reads("red door 4", in: "h1")
            if window.javaScript { try await browser.press("k") } else { try await browser.click("a[rel=prev]") }
            try await browser.reads("red door 6", in: "h1")
            // Beyond the page of the list.
            try await browser.click("a[rel=prev]")
            try await browser.reads("red door 8", in: "h1")
            try await browser.click("a[rel=prev]")
            try await browser.reads("red door 10", in: "h1")
            if window.javaScript { try await browser.press("u") } else { try await browser.click(".back") }
            #expect(try await browser.arrives(at: "/history?q=red&per=20#picture-\(red[19])"))
            #expect(try await browser.tiles() == Array(red[..<20]))

            // Its ends have no way on.
            try await browser.go(to: "\(address)/pictures/\(red[0])?q=red")
            #expect(try await browser.all("a[rel=prev]").isEmpty)
            try await browser.go(to: "\(address)/pictures/\(red[24])?q=red")
            #expect(try await browser.all("a[rel=next]").isEmpty)
        }
    }

    @Test(arguments: Window.all)
    func `a picture is marked, rated, tagged, put on a board and thrown away where it is seen`(window: Window)
        async throws
    {
        try await withBrowser(window) { browser, site, address async throws in
            let id = try await site.gallery(["a red door"])[0]
            try await browser.go(to: "\(address)/pictures/\(id)?q=door")
            if window.javaScript { try await browser.press("f") } else { try await browser.click("[data-key=f]") }
            try await browser.reads("1 picture is a favourite.", in: ".notice")
            _ = try await browser.find("[data-key=f][aria-pressed=true]")
            if window.javaScript { try await browser.press("4") } else { try await browser.click("[data-key='4']") }
            try await browser.reads("1 picture is rated 4 of 5.", in: ".notice")
            try await browser.fits(window)
            if window.javaScript { try await browser.press("0") } else { try await browser.click("[data-key='0']") }
            try await browser.reads("1 picture is without a rating.", in: ".notice")

            // A favourite is protected.
            try await browser.click("button[value=trash]")
            try await browser.reads("1 favourite was left out", in: ".notice")
            try await browser.click("[data-key=f]")
            try await browser.reads("1 picture is no favourite.", in: ".notice")

            if window.javaScript { try await browser.press("t") } else { try await browser.click("#tags") }
            _ = try await browser.find("#tags:focus")
            try await browser.press("sea, <b>night</b>\u{E007}")
            try await browser.reads("tagged “<b>night</b>”, “sea”", in: ".notice")
            #expect(try await browser.texts(of: ".marking .page-links a") == ["<b>night</b>", "sea"])
            try await browser.fits(window)
            try await browser.click("button[aria-label='Take the tag sea away']")
            try await browser.reads("no longer tagged “sea”", in: ".notice")

            try await browser.open(fold: ".marking details")
            try await browser.fill("#new-board", with: "Doors")
            try await browser.click("button[value=board]")
            try await browser.reads("on the board “Doors”", in: ".notice")
            try await browser.fits(window)
            try await browser.click("button[aria-label='Take it off the board Doors']")
            try await browser.reads("not on the board “Doors”", in: ".notice")

            try await browser.click("button[value=trash]")
            try await browser.reads("This picture is in the trash.", in: ".marking .notice")
            try await browser.fits(window)
            try await browser.click(".marking .primary")
            try await browser.reads("1 picture is back in the library.", in: ".notice")
            #expect(try await browser.url().contains("q=door"))
        }
    }

    @Test(arguments: Window.all)
    func `a picture goes into the form with the difference shown, and is varied`(window: Window) async throws {
        try await withBrowser(window) { browser, site, address async throws in
            let parameters: JSON = ["width": 96, "height": 64, "seed": 7, "style": "marble"]
            try await site.working { _ = try await site.finished(site.generate("a fox", parameters: parameters)) }
            let id = try #require(try await site.shown("/history").first)
            try await browser.go(to: address)
            try await browser.type("my own words", into: try await browser.find("#prompt"))
            try await browser.click("button[value=preview]")
            _ = try await browser.find("#plan")
            try await browser.go(to: "\(address)/pictures/\(id)")
            try await browser.click("a[href$='what=prompt']")
            try await browser.reads("my own words", in: ".differences del")
            try await browser.reads("a fox", in: ".differences ins")
            try await browser.fits(window)
            try await browser.click("#use .primary")
            _ = try await browser.find("#generate")
            #expect(try await browser.value(of: "#prompt") == "a fox")
            #expect(try await browser.value(of: "#seed") == "")

            try await browser.go(to: "\(address)/pictures/\(id)")
            try await browser.click("#variations-count option:first-child")
            try await browser.click("form[action*='/variations'] button")
            try await browser.counts(1, of: "#variations .card[data-live]")
            try await browser.fits(window)
            // It comes by itself: by a script, or because the page refreshes itself.
            try await site.working {
                _ = try await browser.find("#variations .card img", within: .seconds(30))
            }
            #expect(try await site.shown("/history").count == 2)
        }
    }

    @Test(arguments: Window.all)
    func `two pictures lie side by side, and with JavaScript one over the other`(window: Window) async throws {
        try await withBrowser(window) { browser, site, address async throws in
            let ids = try await site.gallery(["a red door", "a blue door"])
            try await browser.go(to: address + "/history")
            for id in ids { try await browser.click("#picture-\(id) input") }
            try await browser.open(fold: ".bulk")
            try await browser.click("button[value=compare]")
            try await browser.counts(2, of: ".compare figure")
            try await browser.fits(window)
            #expect(try await browser.texts(of: "tbody th").first == "Prompt")
            #expect(try await browser.isShown(".slider") == window.javaScript)
            if window.javaScript {
                try await browser.click("#slide")
                try await browser.counts(1, of: ".compare.is-slid")
                try await browser.click("#slider")
                try await browser.press("\u{E010}")
                let clip = "return getComputedStyle(document.querySelectorAll('.compare figure')[1]).clipPath"
                #expect(try await browser.run(clip).string == "inset(0px 0px 0px 100%)")
                try await browser.press("\u{E011}")
                #expect(try await browser.run(clip).string == "inset(0px 0px 0px 0%)")
                try await browser.fits(window)
            }
            try await browser.click(".page-head a")
            try await browser.reads("Left: a blue door", in: "figcaption")
        }
    }

    @Test(arguments: Window.scripted)
    func `what is under way changes by itself in the history, also for somebody who comes back`(window: Window)
        async throws
    {
        try await withBrowser(window) { browser, site, address async throws in
            _ = try await site.gallery((1...3).map { "picture \($0)" })
            _ = try await site.generate("a lighthouse", parameters: ["width": 64, "height": 64])
            try await browser.go(to: address + "/history")
            _ = try await browser.find(".card[data-live]")
            try await browser.press("jx")
            try await browser.go(to: address + "/boards")
            try await browser.back()
            _ = try await browser.find(".card[data-live]")
            try await site.working {
                _ = try await browser.find(".card img", within: .seconds(30))
            }
            // Nothing else has moved.
            #expect(try await browser.all(".tile").count == 3)
            #expect(try await browser.all(".tile :checked").count == 1)
        }
    }
}
