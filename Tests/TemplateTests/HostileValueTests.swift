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
        for _ in 0..<6000 {
            let count = Int.random(in: 1..<9, using: &generator)
            var text = (0..<count).map { _ in Self.pieces.randomElement(using: &generator) ?? "" }.joined()
            text += ["", "\">", ">", "</p>", "</title>", "</script>", "\"></a>"].randomElement(using: &generator) ?? ""
            guard text.contains("{{"), let specimen = Specimen(text) else { continue }
            accepted += 1
            let harmless = HTMLTokens(specimen.html("x"))
            for value in Self.hostile {
                let html = specimen.html(value)
                let found = HTMLTokens(html)
                #expect(found.structure == harmless.structure, "\(text) with \(value) becomes \(html)")
                for (name, value) in found.values where ["href", "src"].contains(name) {
                    let start = value.filter { !$0.isWhitespace }.lowercased()
                    #expect(!start.hasPrefix("javascript:") && !start.hasPrefix("data:"), "\(text) becomes \(html)")
                }
            }
        }
        #expect(accepted > 100)
    }
}
