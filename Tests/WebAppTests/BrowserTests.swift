import EventLoop
import Glibc
import JSON
import Postgres
import Support
import Testing

@testable import WebApp

/// Chromium takes memory and a core: one at a time.
@Suite("In a browser", .serialized)
struct BrowserTests {
    @Test func `with JavaScript a card goes from waiting to its picture by itself, and the form stays filled`()
        async throws
    {
        try await withBrowser { browser, site, address async throws in
            try await browser.go(to: address)
            #expect(try await browser.title().hasPrefix("Generate"))
            try await browser.type("Sunset over the sea", into: try await browser.find("#prompt"))
            try await browser.click(try await browser.find(".go .primary"))

            // No worker runs yet: the card waits, and the form is as it was.
            _ = try await browser.find("article.card[data-live]")
            let prompt = try await browser.property("value", of: try await browser.find("#prompt"))
            #expect(prompt.string == "Sunset over the sea")
            try await browser.type(" at dawn", into: try await browser.find("#prompt"))

            try await site.working {
                let picture = try await browser.find("article.card .card-picture img", within: .seconds(30))
                #expect(try await browser.attribute("alt", of: picture) == "Sunset over the sea")
                let isShown = try await eventually(on: site.loop) {
                    let width = try await browser.property(
                        "naturalWidth",
                        of: try await browser.find(".card-picture img")
                    )
                    return (width.int ?? 0) > 0 ? true : nil
                }
                #expect(isShown)
            }
            // The card changed without a reload: what was typed meanwhile is still there.
            let typed = try await browser.property("value", of: try await browser.find("#prompt"))
            #expect(typed.string?.contains("Sunset over the sea") == true)
            #expect(typed.string?.contains(" at dawn") == true)
        }
    }

    @Test func `without JavaScript the same form leads to the same picture`() async throws {
        try await withBrowser(javaScript: false) { browser, site, address async throws in
            try await browser.go(to: address)
            try await browser.type("forest at night", into: try await browser.find("#prompt"))
            try await site.working {
                try await browser.click(try await browser.find(".go .primary"))
                try await until(on: site.loop) { try await browser.url().contains("made=") }
                // The newest pictures are in a frame that refreshes itself, so that the form keeps what is typed.
                try await browser.enter(frame: try await browser.find("iframe"))
                _ = try await browser.find(".card-picture img", within: .seconds(30))
                try await browser.enter(frame: nil)
                let prompt = try await browser.property("value", of: try await browser.find("#prompt"))
                #expect(prompt.string == "forest at night")

                try await browser.go(to: address + "/history")
                let picture = try await browser.find(".tile img", within: .seconds(30))
                #expect(try await browser.attribute("alt", of: picture) == "forest at night")
                try await browser.click(try await browser.find(".tile > a"))
                _ = try await browser.find(".job-pictures img")
            }
        }
    }

    @Test func `without JavaScript the history refreshes itself until nothing is pending`() async throws {
        try await withBrowser(javaScript: false) { browser, site, address async throws in
            _ = try await site.generate("a lighthouse")
            try await browser.go(to: address + "/history")
            #expect(try await browser.all("article.card").count == 1)
            #expect(try await browser.all(".tile img").isEmpty)
            try await site.working {
                _ = try await browser.find(".tile img", within: .seconds(30))
            }
            #expect(try await !browser.source().contains("http-equiv=\"refresh\""))
        }
    }

    @Test(arguments: [true, false])
    func `a mistake is shown beside its field and the input is kept`(javaScript: Bool) async throws {
        try await withBrowser(javaScript: javaScript) { browser, site, address async throws in
            try await browser.go(to: address)
            try await browser.type("a boat", into: try await browser.find("#prompt"))
            try await browser.click(try await browser.find("#seed-keep"))
            try await browser.type("minus one", into: try await browser.find("#seed"))
            if javaScript { _ = try await browser.run("document.querySelector('form.panel').noValidate = true") }
            let button = try await browser.find(".go .primary")
            try await browser.click(button)
            if javaScript {
                let problem = try await browser.find("#seed-problem")
                #expect(try await browser.text(of: problem).contains("whole number"))
                let prompt = try await browser.property("value", of: try await browser.find("#prompt"))
                #expect(prompt.string == "a boat")
            } else {
                // The browser itself holds the form back.
                #expect(try await browser.url() == address + "/")
            }
            #expect(try await site.get("/api/v1/jobs").text == "[]")
        }
    }

    @Test(arguments: [(360, 740), (1440, 900)])
    func `every page fits its window and works without a word in the console`(width: Int, height: Int) async throws {
        try await withBrowser(width: width, height: height) { browser, site, address async throws in
            let long = String(repeating: "averyveryverylongwordwithoutanyspace", count: 8)
            let id = try await site.generate("a lighthouse", parameters: ["width": 96, "height": 64])
            _ = try await site.generate(long, parameters: ["width": 64, "height": 256])
            let refused = try await site.generate("to be cancelled")
            _ = try await site.post("/jobs/\(refused)/cancel", form: [])
            _ = try await site.working { try await site.finished(id) }
            let queue = ["/queue", "/queue?q=state:cancelled", "/queue/retry"]
            for path in [
                "/", "/presets", "/prompts", "/history", "/jobs/\(id)", "/jobs/\(refused)", "/architecture", "/nowhere",
            ] + queue {
                try await browser.go(to: address + path)
                for letters in ["", "* { letter-spacing: 0.06em !important }"] {
                    // Another machine has other fonts.
                    let overflow = try await browser.run(
                        """
                        const sheet = new CSSStyleSheet();
                        sheet.replaceSync("\(letters)");
                        document.adoptedStyleSheets = [sheet];
                        return document.documentElement.scrollWidth - document.documentElement.clientWidth;
                        """
                    )
                    #expect(overflow.int == 0, "\(path) is wider than \(width) with “\(letters)”")
                }
                if let folder = getenv("SCREENSHOTS") {
                    let name = path.split { "/?:=".contains($0) }.joined(separator: "-")
                    try save(try await browser.screenshot(), "\(String(cString: folder))/\(name)-\(width).png")
                }
            }
        }
    }

    @Test func `a page says that the server is away, asks more seldom, and goes on when it is back`() async throws {
        try await withSite { site async throws in
            let browser = try await Browser.start(on: site.loop)
            do {
                let port = try await site.serving { address in
                    _ = try await site.generate("a lighthouse", parameters: ["width": 64, "height": 64])
                    try await browser.go(to: address + "/history")
                    _ = try await browser.find(".card[data-live]")
                    _ = try await browser.run(
                        """
                        window.asked = [];
                        const ask = window.fetch;
                        window.fetch = (...all) => { window.asked.push(performance.now()); return ask(...all); };
                        """
                    )
                    return try #require(address.split(separator: ":").last.flatMap { Int($0) })
                }
                let notice = try await browser.find("#offline")
                // What was asked before is held for up to 20 seconds yet.
                try await until(on: site.loop, within: .seconds(60)) { try await browser.isDisplayed(notice) }
                #expect(try await browser.text(of: notice).contains("cannot be reached"))
                try await until(on: site.loop) { try await browser.run("return window.asked.length").int ?? 0 >= 3 }
                let pauses = try await browser.run(
                    "return window.asked.slice(1, 3).map((at, n) => at - window.asked[n])"
                )
                #expect(pauses.array?.map { $0.double ?? 0 }.allSatisfy { $0 >= 900 } == true, "\(pauses)")

                try await site.serving(port: port) { _ in
                    try await site.working {
                        _ = try await browser.find(".card img", within: .seconds(60))
                    }
                    try await until(on: site.loop) { try await !browser.isDisplayed(notice) }
                }
                let messages = try await browser.consoleMessages()
                #expect(messages.allSatisfy { $0.contains("net::ERR_") }, "\(messages)")
            } catch {
                await browser.close()
                throw error
            }
            await browser.close()
        }
    }

    @Test func `the page of a running job turns into the page of its picture`() async throws {
        try await withBrowser { browser, site, address async throws in
            let id = try await site.generate("a lighthouse", parameters: ["width": 96, "height": 64])
            try await browser.go(to: "\(address)/jobs/\(id)")
            _ = try await browser.find("[data-reload]")
            try await site.working {
                _ = try await browser.find(".job-pictures figure img", within: .seconds(30))
            }
        }
    }

    /// A browser on a site of its own. Nothing may have appeared on its console, except that a page had another status
    /// than 200 where a test asked for that.
    func withBrowser(
        javaScript: Bool = true,
        width: Int = 1280,
        height: Int = 900,
        light: Bool = false,
        _ body: @escaping @Sendable (Browser, TestSite, String) async throws -> Void
    ) async throws {
        try await withSite { site async throws in
            try await site.serving { address in
                let browser = try await Browser.start(
                    on: site.loop,
                    javaScript: javaScript,
                    width: width,
                    height: height,
                    light: light
                )
                do {
                    try await body(browser, site, address)
                    let messages = try await browser.consoleMessages()
                        .filter {
                            !$0.contains("/nowhere - Failed") && !$0.contains("status of 422")
                        }
                    #expect(messages.isEmpty, "\(messages)")
                } catch {
                    await browser.close()
                    throw error
                }
                await browser.close()
            }
        }
    }

    private func save(_ bytes: [UInt8], _ path: String) throws {
        guard let file = fopen(path, "we") else { throw SystemError("open \(path)") }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }
}
