import Glibc
import TemplateCompiler
import Testing

@Suite("What the compiler writes")
struct OutputTests {
    static let names = ["fragment", "frame", "page", "plain", "selection"]

    private static func path(_ name: String, _ suffix: String) -> String {
        "\(Golden.directory)/Output/\(name).\(suffix)"
    }

    private static func sources() -> [TemplateSource] {
        names.map { TemplateSource(path: "\($0).html", bytes: Array(Golden.read(path($0, "html")).utf8)) }
    }

    @Test func `the Swift of the golden folder is written to the byte`() throws {
        for (name, text) in zip(Self.names, try compile(Self.sources())) {
            if Golden.isUpdating { Golden.write(text, to: Self.path(name, "swift.txt")) }
            #expect(text == Golden.read(Self.path(name, "swift.txt")), "\(name).html")
        }
    }

    @Test func `the order of the templates does not matter`() throws {
        let forward = try compile(Self.sources())
        let backward = try compile(Self.sources().reversed())
        #expect(forward == backward.reversed())
    }

    /// A field that does not exist, in every kind of tag, each on a line of its own.
    private static let misspelt = """
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
            {{ card.note }}
            {{ card }}
            {% include other(txet: "") %}
            {% include other %}
        </p>
        """

    /// Stands in for the runtime, so that the generated files can be checked by themselves.
    private static let runtime = """
        enum Templates {
            struct HTML {
                mutating func literal(_ markup: StaticString) {}
                mutating func text(_ value: String) {}
                mutating func attribute(_ value: String) {}
                @available(*, unavailable, message: "unwrap") mutating func text<Value>(_ value: Value?) {}
            }
        }
        enum Pages {}
        struct Card { let note: String?; let kind: Kind; enum Kind { case one, two } }

        """

    @Test func `a misspelt field is reported at its own line and column`() throws {
        let sources = [
            TemplateSource(path: "misspelt.html", bytes: Array(Self.misspelt.utf8)),
            TemplateSource(path: "other.html", bytes: Array("{% params text: String %}{{ text }}".utf8)),
            TemplateSource(path: "switch.html", bytes: Array("{% block default %}{% endblock %}".utf8)),
            TemplateSource(
                path: "page.html",
                bytes: Array("{% extends switch %}{% block default %}a{% endblock %}".utf8)
            ),
        ]
        let swift = try compile(sources).joined(separator: "\n").split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        .filter { $0 != "import Templates" }.joined(separator: "\n")
        let complaints = try typeCheck(Self.runtime + swift)
        let places = complaints.compactMap { line -> String? in
            guard line.hasPrefix("misspelt.html:"), line.contains(": error: ") else { return nil }
            return line.split(separator: ":")[1...2].joined(separator: ":")
        }
        #expect(
            // Only on the first line, which has none above it, columns move.
            Set(places) == [
                "1:75", "2:19", "3:13", "4:16", "4:38", "5:22", "7:14", "10:10", "11:14", "14:21", "15:33", "16:3",
                "17:3", "18:7", "19:25",
            ],
            "\(complaints.joined(separator: "\n"))"
        )
    }

    /// The lines that the Swift compiler says about this source.
    private func typeCheck(_ source: String) throws -> [String] {
        let base = "/tmp/template-tests-\(getpid())"
        Golden.write(source, to: base + ".swift")
        defer {
            unlink(base + ".swift")
            unlink(base + ".txt")
        }
        let command = "swiftc -typecheck -diagnostic-style llvm '\(base).swift' 2> '\(base).txt'"
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
