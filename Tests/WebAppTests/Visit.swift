import HTTPServer
import JSON
import Testing

@testable import WebApp

/// A visitor whose browser runs no scripts: it keeps cookies, follows redirects, and sends forms as pages have them.
final class Visit: @unchecked Sendable {
    // @unchecked: used by one test's task at a time.

    let site: TestSite
    private(set) var page = ""
    /// Where the last redirect has led.
    private(set) var location = ""
    private(set) var status = 0
    private var cookies: [(String, String)] = []

    init(_ site: TestSite) { self.site = site }

    /// Another window of the same browser.
    func otherWindow() -> Visit {
        let other = Visit(site)
        other.cookies = cookies
        return other
    }

    /// The same browser after the server has started again.
    func again(on site: TestSite) -> Visit {
        let other = Visit(site)
        other.cookies = cookies
        return other
    }

    @discardableResult
    func open(_ target: String) async throws -> String {
        try await take(try await site.get(target, headers: cookies), at: target)
    }

    /// Presses a button of the form: its fields as they stand, but for the changes.
    @discardableResult
    func press(
        _ button: (String, String)? = nil,
        _ changes: [String: String] = [:],
        form: String = "generate"
    ) async throws -> String {
        let found = try #require(FormOnPage(page, id: form), "no form \(form) on the page")
        var fields = found.fields.map { ($0.0, changes[$0.0] ?? $0.1) }
        for (name, value) in changes where !fields.contains(where: { $0.0 == name }) { fields.append((name, value)) }
        if let button { fields.append(button) }
        return try await post(found.action, fields)
    }

    @discardableResult
    func post(_ target: String, _ fields: [(String, String)]) async throws -> String {
        // The fragment of an action stays with the browser.
        let target = String(target.prefix { $0 != "#" })
        let answer = try await site.post(target, form: fields, headers: cookies)
        return try await take(answer, at: target)
    }

    /// What stands in a field of the form.
    func value(_ name: String, form: String = "generate") -> String? {
        FormOnPage(page, id: form)?.fields.last { $0.0 == name }?.1
    }

    func problem(_ control: String) -> String? {
        guard let start = page.firstRange(of: "id=\"\(control)-problem\">") else { return nil }
        return String(page[start.upperBound...].prefix { $0 != "<" })
    }

    private func take(_ answer: Answer, at target: String) async throws -> String {
        if let cookie = answer.cookie.first { cookies = [cookie] }
        status = answer.status
        guard answer.status == 303, let next = answer.headers["location"] else {
            page = answer.text
            location = target
            return page
        }
        return try await open(String(next.prefix { $0 != "#" }))
    }
}

/// The fields of a form, as a browser without scripts would send them.
struct FormOnPage {
    let action: String
    private(set) var fields: [(String, String)] = []

    init?(_ page: String, id: String) {
        guard let start = page.firstRange(of: "id=\"\(id)\""),
            let end = page[start.upperBound...].firstRange(of: "</form>")
        else { return nil }
        let form = page[start.lowerBound..<end.lowerBound]
        action = Self.attribute("action", String(form.prefix { $0 != ">" })) ?? ""
        for match in form.matches(of: /<(input|textarea|select)\b([^>]*)>/) {
            let head = String(match.output.2)
            guard let name = Self.attribute("name", head), !name.isEmpty else { continue }
            let rest = form[match.range.upperBound...]
            let content = String(rest[..<(rest.firstRange(of: "</\(match.output.1)>")?.lowerBound ?? rest.startIndex)])
            switch match.output.1 {
            case "textarea":
                fields.append((name, Self.text(content.hasPrefix("\n") ? String(content.dropFirst()) : content)))
            case "select": fields.append((name, Self.selected(content)))
            default:
                let type = Self.attribute("type", head) ?? "text"
                let isChosen = !["checkbox", "radio"].contains(type) || head.split(separator: " ").contains("checked")
                if isChosen, type != "file" { fields.append((name, Self.attribute("value", head) ?? "")) }
            }
        }
    }

    private static func selected(_ options: String) -> String {
        let option =
            options.split(separator: "<option ").first { $0.contains(" selected>") }
            ?? options.split(separator: "<option ").first { $0.contains("value=") }
        return option.flatMap { attribute("value", String($0)) } ?? ""
    }

    private static func attribute(_ name: String, _ head: String) -> String? {
        guard let start = head.firstRange(of: "\(name)=\"") else { return nil }
        return text(head[start.upperBound...].prefix { $0 != "\"" })
    }

    private static func text(_ escaped: some StringProtocol) -> String {
        String(escaped).replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&#34;", with: "\"")
            .replacing("&quot;", with: "\"").replacing("&#39;", with: "'").replacing("&amp;", with: "&")
    }
}

extension TestSite {
    /// All generations, the oldest first.
    func jobs() async throws -> [JSON] { (try await get("/api/v1/jobs?limit=100").json.array ?? []).reversed() }
}
