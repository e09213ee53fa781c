import Glibc
import TemplateCompiler
import Testing

/// What the Swift compiler says of generated code, together with the real runtime.
@Suite("Mistakes that Swift finds")
struct DiagnosticTests {
    /// Something that does not exist or does not fit in every kind of tag.
    private static let mistaken = """
        {% params card: Card, other: Nope1 = 1 %}
        <p title="{{ card.nope2 }}">
            {{ card.nope3 }}
            {% if card.nope4 %}a{% elif card.nope4b %}b{% endif %}
            {% for x in card.nope5 %}{{ x }}{% endfor %}
            {% switch card.kind %}
            {% case .nope6 %}
            {% case .one %}
            {{ card
                .nope8 }}
            {% case .nope10 %}
            {% default %}
            {% endswitch %}
            {% let y = card.nope13 %}
            {% include other(text: card.nope14) %}
            {% include other(txet: "") %}
            {% include other %}
        </p>
        <p>{{ card.note }}</p>
        <p title="{{ card.note }}">{{ card }}</p>
        <a href="{{ card.note }}">{{ card.name }}</a>
        <a href="/{{ card }}" data-name="{{ card.name }}">{{ card.count }}</a>
        <hr style="width: {{ card.name }}%; height: {{ card.count }}px">
        <script src="{{ card.name }}"></script>
        <textarea>{{ TrustedHTML("<b>") }}</textarea>
        <script type="application/json">{{ card }}</script>
        """

    private static let model = """
        struct Card {
            let name: String, count: Int, note: String?, kind: Kind
            enum Kind { case one, two }
        }

        """

    private static let complaints = Result { try complaints(of: mistaken) }

    @Test func `a mistake is reported at its own line and column`() throws {
        let complaints = try Self.complaints.get()
        let places = complaints.map { $0.split(separator: ":")[1...2].joined(separator: ":") }
        #expect(
            // Columns move only in the first line, which has none above it, and where a line is too short for a call.
            Set(places) == [
                "1:75", "2:19", "3:13", "4:16", "4:38", "5:22", "7:14", "10:10", "11:14", "14:21", "15:33", "16:7",
                "17:25", "19:2", "20:4", "20:26", "21:9", "22:2", "23:15", "24:5", "25:2", "26:31",
            ],
            "\(complaints.joined(separator: "\n"))"
        )
    }

    @Test func `a value that does not fit its place is told what would`() throws {
        let complaints = try Self.complaints.get()
        func isSaid(_ words: String, inLine line: Int) -> Bool {
            complaints.contains { $0.hasPrefix("mistaken.html:\(line):") && $0.contains(words) }
        }
        #expect(isSaid("unwrap the optional", inLine: 19))
        #expect(isSaid("unwrap the optional", inLine: 20))
        #expect(isSaid("types that are TextRepresentable can be shown", inLine: 20))
        #expect(isSaid("unwrap the optional", inLine: 21))
        #expect(isSaid("a part of a URL is text", inLine: 22))
        #expect(isSaid("only numbers can stand here", inLine: 23))
        #expect(isSaid("a page only loads from a SafeURL", inLine: 24))
        #expect(isSaid("types that are TextRepresentable can be shown", inLine: 25))
        #expect(isSaid("a value in a JSON script is JSONRepresentable", inLine: 26))
    }

    @Test func `names that are Swift keywords make Swift that compiles`() throws {
        let complaints = try Self.complaints(
            of: "<p>a</p>",
            among: [
                "switch": "{% params repeat: Int = 1 %}\n{% block default %}{{ `repeat` }}{% endblock %}",
                "page": "{% extends switch(repeat: 2) %}{% block default %}{% include class %}{% endblock %}",
                "class": "{% block in %}{% endblock %}",
            ]
        )
        #expect(complaints == [])
    }

    /// The errors in the Swift of these templates, the first of which is `mistaken.html`.
    private static func complaints(of template: String, among others: [String: String] = [:]) throws -> [String] {
        var sources = [TemplateSource(path: "mistaken.html", bytes: Array(template.utf8))]
        let texts = others.merging(["other": "{% params text: String %}{{ text }}"]) { $1 }
        for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
            sources.append(TemplateSource(path: "\(name).html", bytes: Array(text.utf8)))
        }
        // Compiled as a part of the module it imports, so that no built module has to be found.
        let swift = try compile(sources).joined(separator: "\n").split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        .filter { $0 != "import Templates" }.joined(separator: "\n")
        return typeCheck(pagesDeclaration + model + swift).filter { $0.contains(": error: ") }
    }

    /// The lines that the Swift compiler says about this source.
    private static func typeCheck(_ source: String) -> [String] {
        let base = "/tmp/template-tests-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let runtime = Golden.directory + "/../../../Sources/Templates"
        Golden.write(source, to: base + ".swift")
        defer {
            unlink(base + ".swift")
            unlink(base + ".txt")
        }
        let command = """
            exec swiftc -typecheck -swift-version 6 -module-name Templates -diagnostic-style llvm \
            '\(runtime)'/*.swift '\(base).swift' 2> '\(base).txt'
            """
        let words = ["/bin/sh", "-c", command]
        var pointers = words.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        var process: pid_t = 0
        #expect(posix_spawn(&process, "/bin/sh", nil, nil, &pointers, environ) == 0)
        var status: Int32 = 0
        #expect(waitpid(process, &status, 0) == process)
        return Golden.read(base + ".txt").split(separator: "\n").map(String.init)
    }
}
