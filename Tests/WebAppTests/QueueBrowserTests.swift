import EventLoop
import JSON
import Postgres
import Support
import Testing

@testable import WebApp

extension BrowserTests {
    @Test func `the queue renews itself and leaves alone what somebody is busy with`() async throws {
        try await withBrowser { browser, site, address async throws in
            let first = try await site.generate("a lighthouse")
            let second = try await site.generate("two boats")
            try await browser.go(to: address + "/queue?q=state:pending")
            try await browser.click(try await browser.find("#row-\(first) input"))
            try await browser.click(try await browser.find("#search-help summary"))
            try await browser.type(" model:x", into: try await browser.find("#q"))

            // A new one comes, and of the others both leave the search.
            let third = try await site.generate("a forest")
            for id in [first, second] { _ = try await site.post("/jobs/\(id)/cancel", form: []) }
            _ = try await browser.find("#row-\(third)")
            try await until(on: site.loop) { try await browser.all("#row-\(second)").isEmpty }

            let state = try await browser.run(
                """
                return [document.activeElement.id, document.activeElement.value,
                    document.querySelector('#row-\(first) input').checked,
                    document.querySelector('#row-\(first)').classList.contains('is-gone'),
                    document.getElementById('search-help').open,
                    document.querySelector('.counts .is-cancelled strong').textContent]
                """
            )
            #expect(state == ["q", "state:pending model:x", true, true, true, "2"])

            // No longer selected, it goes.
            try await browser.click(try await browser.find("#row-\(first) input"))
            try await browser.click(try await browser.find("#q"))
            try await until(on: site.loop) { try await browser.all("#row-\(first)").isEmpty }
        }
    }

    @Test func `a tab that nobody looks at asks nothing`() async throws {
        try await withBrowser { browser, site, address async throws in
            _ = try await site.generate("a lighthouse")
            try await browser.go(to: address + "/queue")
            let show: @Sendable (Bool) -> String = { isShown in
                """
                Object.defineProperty(document, 'hidden', { value: \(!isShown), configurable: true });
                document.dispatchEvent(new Event('visibilitychange'));
                """
            }
            let asked: @Sendable () async throws -> Int = { try await browser.run("return window.asked").int ?? 0 }
            _ = try await browser.run(
                """
                const later = window.setTimeout;
                window.setTimeout = (turn, wait) => later(turn, wait === 3000 ? 50 : wait);
                window.asked = 0;
                const ask = window.fetch;
                window.fetch = (...all) => { window.asked += 1; return ask(...all); };
                """
            )
            try await until(on: site.loop) { try await asked() > 2 }
            _ = try await browser.run("\(show(false)) window.asked = 0;")
            try await site.loop.sleep(for: .milliseconds(500))
            #expect(try await asked() == 0)
            _ = try await browser.run(show(true))
            try await until(on: site.loop) { try await asked() > 0 }
        }
    }

    @Test func `all of a list is selected at once`() async throws {
        try await withBrowser { browser, site, address async throws in
            for number in 0..<3 { _ = try await site.generate("picture \(number)") }
            try await browser.go(to: address + "/queue")
            try await browser.click(try await browser.find("#pick-all"))
            try await browser.click(try await browser.find("button[formaction='/queue/cancel']"))
            let notice = try await browser.find(".notice")
            #expect(try await browser.text(of: notice) == "3 jobs cancelled.")
        }
    }

    @Test(arguments: [360, 1440])
    func `without JavaScript the queue is searched, selected from, confirmed and paused`(width: Int) async throws {
        try await withBrowser(javaScript: false, width: width) { browser, site, address async throws in
            let boat = try await site.generate("a boat")
            let other = try await site.generate("a lighthouse")
            _ = try await site.app.database.execute("INSERT INTO queues (name) VALUES ('canvas')")
            try await browser.go(to: address + "/queue")

            try await browser.type("boat", into: try await browser.find("#q"))
            try await browser.click(try await browser.find(".search button"))
            _ = try await browser.find("#row-\(boat)")
            #expect(try await browser.all("#row-\(other)").isEmpty)
            #expect(try await browser.url().contains("/queue?q=boat"))

            try await browser.click(try await browser.find("#row-\(boat) input"))
            try await browser.click(try await browser.find("button[formaction='/queue/cancel']"))
            #expect(try await browser.text(of: try await browser.find(".notice")) == "1 job cancelled.")

            try await browser.click(try await browser.find(".deeds a[href^='/queue/retry']"))
            #expect(try await browser.text(of: try await browser.find("h1")) == "Retry 1 job?")
            try await browser.click(try await browser.find(".confirm button"))
            #expect(try await browser.text(of: try await browser.find(".notice")) == "1 job put back in line.")

            try await browser.click(try await browser.find("form[action='/queues/canvas/pause'] button"))
            _ = try await browser.find("form[action='/queues/canvas/resume'] button")
            #expect(try await browser.url().contains("q=boat"))
        }
    }
}
