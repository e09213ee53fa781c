import Templates
import Testing

@testable import TemplateCompiler

/// Random templates out of odd pieces: whatever the compiler accepts, no value may change what a browser makes of it.
@Suite("Hostile values")
struct HostileValueTests {
    private static let pieces = [
        "<p>", "</p>", "<b>", "</b>", "<br>", "<img ", "<a ", "</a>", "<div", " ", ">", "/>", "\"", "'", "=", "text",
        "&amp;", "&",
        "href=\"", "src=\"", "srcset=\"", "title=\"", "title='", "style=\"width: ", "alt=", "data-x=\"", "onclick=\"",
        "<script>", "<script type=\"application/json\">", "</script>", "<style>", "</style>", "<title>", "</title>",
        "<textarea>", "</textarea>", "<!--", "-->", "<svg>", "</svg>", "<use href=\"#", "<path d=\"",
        "<meta content=\"",
        "http-equiv=\"refresh\"", "/", "//", "?q=", "#", ":", "java", "javascript:", "https://example.com/", ", ",
        " 2x", "{\"a\": ", "}",
        "%", "\\", "\n", "<", "</", "<!", "checked", "<link rel=\"stylesheet\" href=\"", "<iframe src=\"", "</iframe>",
        "{{ v }}", "{{ v }}", "{{ v }}", "{{ v }}", "{{ v }}\"", "{{ v }}\">", "\">{{ v }}",
    ]

    private static let hostile = [
        "\"", "'", "<", ">", "&", "\"><script>alert(1)</script>", "'><img src=x onerror=alert(1)>",
        "</script><script>x",
        "</title><b>", "</textarea><b>", "-->", "javascript:alert(1)", "//evil.example", "\" onload=\"x", " onload=x",
        "]]>", "<!--", "\\", "\n", "`", "=", "&quot;", "&#34;", "data:text/html,<script>", "x\" , javascript:x 1x",
    ]

    /// A random template and what is left of it once each value is `substitute`, written as the compiler says.
    private struct Specimen {
        let source: TemplateSource
        let checked: CheckedTemplate

        init?(_ text: String) {
            source = TemplateSource(path: "specimen.html", bytes: Array(text.utf8))
            guard let template = try? Parser.parse(source),
                let checked = try? ContextWalk.check(template, layout: nil, templateNames: [])
            else { return nil }
            self.checked = checked
        }

        func html(_ substitute: String) -> String {
            var html = HTML()
            var text = ""
            for node in checked.template.body {
                switch node {
                case .text(let range): text += source.text(range)
                case .value(let code, _):
                    html = HTML()
                    write(substitute, by: checked.writers[code.offset] ?? .text, into: &html)
                    text += html.string
                default: continue
                }
            }
            return text
        }

        private func write(_ value: String, by writer: Writer, into html: inout HTML) {
            switch writer {
            case .text: html.text(value)
            case .escapableText: html.escapableText(value)
            case .attribute: html.attribute(value)
            case .url: html.url(value)
            case .sourceURL: html.sourceURL(value)
            case .resourceURL: html.resourceURL("/safe")
            case .urlComponent: html.urlComponent(value)
            case .number: html.number(7)
            case .json: html.json(value)
            }
        }
    }

    @Test(arguments: 0..<8)
    func `no value changes the structure of a page or the scheme of a URL`(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed))
        var accepted = 0
        for _ in 0..<250 {
            let text = template(using: &generator)
            guard text.contains("{{"), let specimen = Specimen(text) else { continue }
            accepted += 1
            let harmless = HTMLTokens(specimen.html("x"))
            for value in Self.hostile {
                let html = specimen.html(value)
                let found = HTMLTokens(html)
                #expect(found.structure == harmless.structure, "\(text) with \(value) becomes \(html)")
                for (one, other) in zip(found.values, harmless.values) where leadsAstray(one) {
                    #expect(leadsAstray(other), "\(text) with \(value) becomes \(html)")
                }
            }
        }
        #expect(accepted > 50)
    }

    /// Whether a link runs something or leaves this site without saying how, which only the author may decide.
    private func leadsAstray(_ attribute: (name: String, value: String)) -> Bool {
        guard ["href", "src", "action", "xlink:href", "data", "poster"].contains(attribute.name) else { return false }
        let start = attribute.value.filter { !$0.isWhitespace }.lowercased()
        return ["javascript:", "data:", "vbscript:", "//", "/\\", "\\"].contains { start.hasPrefix($0) }
    }

    private static let elements = [
        "p", "a", "div", "img", "script", "script type=\"application/json\"", "title", "textarea", "style", "svg",
        "use",
        "iframe", "meta", "link", "form", "animate", "br", "pre", "noscript", "object",
    ]
    private static let attributes = [
        "href", "src", "srcset", "title", "style", "alt", "data-x", "onclick", "action", "content", "xlink:href",
        "data",
        "http-equiv", "checked", "srcdoc", "poster", "class",
    ]
    private static let scraps = [
        "/", "//", "?q=", "#", ":", "java", "script:", "https://example.com/", ", ", " 2x", "%", "\\", "\n", " ",
        "data:", "mailto:", "1",
        "&amp;", "&",
    ]

    /// Elements with attributes and content; now and then with a piece in it that does not belong there.
    private func template(using generator: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let element = Self.elements.randomElement(using: &generator) ?? ""
            text += "<" + element
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                let quote = ["\"", "\"", "\"", "'", ""].randomElement(using: &generator) ?? ""
                let name = Self.attributes.randomElement(using: &generator) ?? ""
                text += " \(name)=\(quote)\(value(using: &generator))\(quote)"
            }
            let name = element.prefix { $0 != " " }
            text += HTMLRules.void.contains(String(name)) ? ">" : ">\(value(using: &generator))</\(name)>"
        }
        if Int.random(in: 0..<3, using: &generator) == 0 {
            let piece = Self.pieces.randomElement(using: &generator) ?? ""
            text.insert(contentsOf: piece, at: text.indices.randomElement(using: &generator) ?? text.startIndex)
        }
        return text
    }

    private func value(using generator: inout SeededGenerator) -> String {
        (0..<Int.random(in: 0...3, using: &generator)).map { _ in
            Bool.random(using: &generator) ? "{{ v }}" : Self.scraps.randomElement(using: &generator) ?? ""
        }.joined()
    }
}
