import JSON
import Support
import Testing

@testable import WebApp

/// A window, with scripts or without.
struct Window: Sendable, CustomTestStringConvertible {
    let javaScript: Bool
    let width: Int
    let height: Int
    /// In its light colours.
    let light: Bool

    static let all = [true, false].flatMap { javaScript in
        [(360, 740), (1440, 900)].map { width, height in
            // Each size in both, and with and without scripts.
            Window(javaScript: javaScript, width: width, height: height, light: javaScript == (width > 1000))
        }
    }
    /// For what only scripts do.
    static let scripted = all.filter { $0.javaScript }

    var testDescription: String {
        "\(width) × \(height), JavaScript \(javaScript ? "on" : "off"), \(light ? "light" : "dark")"
    }
}

extension BrowserTests {
    func withBrowser(
        _ window: Window,
        _ body: @escaping @Sendable (Browser, TestSite, String) async throws -> Void
    ) async throws {
        try await withBrowser(
            javaScript: window.javaScript,
            width: window.width,
            height: window.height,
            light: window.light,
            body
        )
    }
}

extension Browser {
    /// What somebody would see in a field.
    func value(of field: String) async throws -> String? {
        try await property("value", of: try await find(field)).string
    }

    /// Waits until an element has these words, maybe with others.
    func reads(_ words: String, in element: String) async throws {
        do {
            try await until(on: loop) {
                guard let found = try await self.all(element).first else { return false }
                // It may be replaced in this moment.
                return (try? await self.text(of: found))?.contains(words) == true
            }
        } catch {
            throw Failure(description: "\(element) never had “\(words)” on \(try await url())")
        }
    }

    func isShown(_ element: String) async throws -> Bool {
        try await isDisplayed(try await find(element))
    }

    /// Nothing is wider than the window.
    func fits(_ window: Window) async throws {
        let width = try await property("scrollWidth", of: try await find("html")).int ?? .max
        if width > window.width { throw Failure(description: "\(try await url()) is \(width) wide") }
    }

    func click(_ selector: String) async throws { try await click(try await find(selector)) }

    /// Writes into a field instead of what stands in it.
    func fill(_ field: String, with text: String) async throws {
        let field = try await find(field)
        try await clear(field)
        try await type(text, into: field)
    }

    func open(fold: String) async throws {
        if try await all("\(fold)[open]").isEmpty { try await click(try await find("\(fold) > summary")) }
        _ = try await find("\(fold)[open]")
    }

    /// Chooses in a `<select>`.
    func choose(_ value: String, in field: String) async throws {
        try await click("\(field) option[value='\(value)']")
    }

    func texts(of selector: String) async throws -> [String] {
        var texts: [String] = []
        for element in try await all(selector) { texts.append(try await text(of: element)) }
        return texts
    }

    /// Waits until the address ends in this.
    func arrives(at path: String) async throws -> Bool {
        try await eventually(on: loop) { try await self.url().hasSuffix(path) ? true : nil }
    }

    /// Waits until so many elements are there.
    func counts(_ count: Int, of selector: String) async throws {
        do {
            try await until(on: loop) { try await self.all(selector).count == count }
        } catch {
            throw Failure(
                description: "\(try await all(selector).count) \(selector) instead of \(count) on \(try await url())"
            )
        }
    }
}
