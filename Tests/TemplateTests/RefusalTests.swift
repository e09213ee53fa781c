import TemplateCompiler
import Testing

@Suite("What the compiler refuses")
struct RefusalTests {
    /// One template of `refusals.txt`: its title, its text and the complaint below it.
    struct Case: CustomTestStringConvertible {
        let title: String
        var template: [Substring] = []
        var complaint: String?

        var testDescription: String { title }
        var text: String { template.joined(separator: "\n") }
    }

    static let path = Golden.directory + "/refusals.txt"

    static let cases: [Case] = {
        var cases: [Case] = []
        for line in Golden.read(path).split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("# ") {
                cases.append(Case(title: String(line.dropFirst(2))))
            } else if line.hasPrefix("> ") {
                cases[cases.count - 1].complaint = String(line.dropFirst(2))
            } else if !line.isEmpty {
                cases[cases.count - 1].template.append(line)
            }
        }
        return cases
    }()

    private func complaint(about template: String) -> String {
        complaints(about: template, among: ["other": "a"]).joined(separator: " | ")
    }

    @Test(arguments: cases)
    func `the template is refused in these words`(refused: Case) {
        #expect(complaint(about: refused.text) == refused.complaint)
        #expect(refused.complaint?.isEmpty == false)
    }

    @Test(.enabled(if: Golden.isUpdating))
    func `the golden file is written anew`() {
        let text = Self.cases.map { refused in
            "# \(refused.title)\n\(refused.text)\n> \(complaint(about: refused.text))\n"
        }
        Golden.write(text.joined(separator: "\n"), to: Self.path)
    }

    @Test func `what is not text is refused`() {
        let sources = [TemplateSource(path: "a.html", bytes: [0x61, 0xFF])]
        #expect(throws: CompileError.self) { try compile(sources) }
        #expect(complaints(about: "a\0b") == ["refused.html:1:1: error: the template is not UTF-8 text"])
    }

    @Test func `a file name that cannot name a function is refused`() {
        for name in ["card-list", "1st", "", "let"] {
            let sources = [TemplateSource(path: "/pages/\(name).html", bytes: [])]
            let error = #expect(throws: CompileError.self) { try compile(sources) }
            let expected =
                "/pages/\(name).html:1:1: error: '\(name)' cannot name a Swift function; rename the file"
            #expect(error?.diagnostics.map(\.description) == [expected])
        }
    }

    @Test func `two files of one name are refused`() {
        let sources = ["/a/card.html", "/b/card.html"].map { TemplateSource(path: $0, bytes: []) }
        let error = #expect(throws: CompileError.self) { try compile(sources) }
        let expected = "/b/card.html:1:1: error: 'card' is the name of /a/card.html, too"
        #expect(error?.diagnostics.map(\.description) == [expected])
    }

    @Test func `every faulty template is named at once`() {
        let found = complaints(about: "<p>", among: ["a": "ok", "b": "</p>"])
        #expect(
            found == ["refused.html:1:1: error: <p> is never closed", "b.html:1:1: error: </p> closes nothing"]
        )
    }

    @Test func `a page is held to the blocks of its layout`() {
        let layout = "<title>{% block heading %}{% endblock %}</title>{% block main required %}{% endblock %}"
        func complaint(_ page: String) -> String? {
            complaints(about: "{% extends layout %}\n" + page, among: ["layout": layout]).first
        }
        let main = "{% block main %}a{% endblock %}"
        #expect(complaint(main) == nil)
        #expect(complaint("") == "refused.html:1:1: error: 'layout' requires the block 'main'")
        #expect(
            complaint(main + "{% block aside %}a{% endblock %}")
                == "refused.html:2:32: error: 'layout' has no block 'aside'"
        )
        #expect(complaint(main + main) == "refused.html:2:32: error: there are two blocks 'main'")
        #expect(
            complaint(main + "<p>a</p>")
                == "refused.html:2:32: error: a page that extends a layout writes only inside its blocks"
        )
        #expect(
            complaint(main + "{% block heading %}<b>a</b>{% endblock %}")
                == "refused.html:2:51: error: write &lt; for a '<' in <title>"
        )
        #expect(complaint("{% block main %}<p>{% endblock %}") == "refused.html:2:17: error: <p> is never closed")
    }

    @Test func `layouts that extend each other are refused`() {
        let found = complaints(about: "{% extends a %}", among: ["a": "{% extends refused %}"])
        #expect(found == ["a.html:1:1: error: 'a' extends itself"])
    }

    @Test func `a fault in a layout is reported once`() {
        let found = complaints(about: "{% extends a %}", among: ["a": "<p>"])
        #expect(found == ["a.html:1:1: error: <p> is never closed"])
    }

    @Test func `tags and brackets have a depth`() {
        let ifs = String(repeating: "{% if a %}", count: 100)
        #expect(complaints(about: ifs).first?.hasSuffix("error: the tags are nested too deeply") == true)
        let brackets = "{{ " + String(repeating: "(", count: 1000)
        #expect(complaints(about: brackets).first?.hasSuffix("error: the brackets are nested too deeply") == true)
        let large = String(repeating: "a", count: 1 << 20) + "a"
        #expect(complaints(about: large) == ["refused.html:1:1: error: the template is too large"])
    }
}
