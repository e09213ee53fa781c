import JSON
import Support
import Testing

@testable import WebApp

extension BrowserTests {
    @Test func `keys lead to the pages, are listed, and can be turned off for good`() async throws {
        try await withBrowser { browser, _, address async throws in
            try await browser.go(to: address + "/architecture")
            try await browser.press("gq")
            #expect(try await browser.arrives(at: "/queue"))
            // In a field they are letters.
            try await browser.go(to: address)
            let prompt = try await browser.find("#prompt")
            try await browser.type("gh", into: prompt)
            #expect(try await browser.property("value", of: prompt).string == "gh")

            try await browser.go(to: "\(address)/architecture")
            try await browser.press("?")
            let box = try await browser.find("dialog[open] #keys-on")
            try await browser.click(box)
            try await browser.click(try await browser.find("dialog[open] button"))
            try await browser.press("gh")
            // Off also on the next page, where a button opens the list.
            try await browser.reload()
            #expect(try await browser.url().hasSuffix("/architecture"))
            try await browser.press("gh?")
            #expect(try await browser.all("dialog[open]").isEmpty)
            try await browser.click(try await browser.find("#keys-open"))
            try await browser.click(try await browser.find("dialog[open] #keys-on"))
            try await browser.click(try await browser.find("dialog[open] button"))
            try await browser.press("gh")
            #expect(try await browser.arrives(at: "/history"))
        }
    }

    @Test func `without JavaScript nothing speaks of keys`() async throws {
        try await withBrowser(javaScript: false) { browser, _, address async throws in
            try await browser.go(to: address)
            #expect(try await browser.text(of: try await browser.find("footer")).isEmpty)
        }
    }
}
