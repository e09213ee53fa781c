import TemplateCompiler
import Testing

/// The compiler reads files that people are in the middle of writing.
@Suite("Damaged templates")
struct MutationTests {
    private static let scraps = [
        "{{", "}}", "{%", "%}", "{#", "#}", "{{ x }}", "{% if x %}", "{% endif %}", "{% else %}", "{% for x in y %}",
        "{% endfor %}",
        "{% switch x %}", "{% case 1 %}", "{% endswitch %}", "{% block b %}", "{% endblock %}", "{% params a: Int %}",
        "{% extends other %}",
        "{% include other %}", "{%-", "-%}", "\"", "'", "<", ">", "</", "/>", "<!--", "-->", "<script>", "</script>",
        "=", "&", "\\(", "\\",
        "#\"", "\"#", "\"\"\"", "(", ")", "[", "]", "{", "}", "\n", "\0", "é", "href=\"", "<svg>", "<pre>",
        "<textarea>",
    ]

    private static let corpus: [[UInt8]] = {
        let folder = Golden.directory.dropLast("Golden".count) + "Templates/"
        let real = ["layout", "column", "gallery", "card", "places", "spacing", "tree"].map {
            Golden.read(folder + $0 + ".html")
        }
        return (real + RefusalTests.cases.map(\.text)).map { Array($0.utf8) }
    }()

    @Test func `the corpus is there`() {
        #expect(Self.corpus.count > 100)
        #expect(Self.corpus.allSatisfy { !$0.isEmpty })
    }

    @Test(arguments: 0..<8)
    func `a damaged template is compiled or refused within its bounds, never worse`(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed) &* 7919)
        for _ in 0..<1500 {
            let bytes = damaged(Self.corpus.randomElement(using: &generator) ?? [], using: &generator)
            let sources = [
                TemplateSource(path: "damaged.html", bytes: bytes),
                TemplateSource(path: "other.html", bytes: Array("a".utf8)),
            ]
            do {
                #expect(try compile(sources).count == 2)
            } catch {
                let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                for diagnostic in error.diagnostics {
                    #expect(diagnostic.path == "damaged.html" && !diagnostic.message.isEmpty)
                    let isInside = lines.indices.contains(diagnostic.line - 1)
                    #expect(
                        isInside && diagnostic.column >= 1 && diagnostic.column <= lines[diagnostic.line - 1].count + 1
                    )
                }
            }
        }
    }

    private func damaged(_ original: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let position = Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0 where position < bytes.count: bytes[position] = UInt8.random(in: 0...127, using: &generator)
            case 1:
                bytes.removeSubrange(position..<min(bytes.count, position + Int.random(in: 0..<12, using: &generator)))
            case 2: bytes.removeSubrange(position...)
            case 3: bytes.insert(contentsOf: bytes[..<position], at: position)
            default:
                let scrap = Self.scraps.randomElement(using: &generator) ?? ""
                bytes.insert(contentsOf: Array(scrap.utf8), at: position)
            }
        }
        return bytes
    }
}
