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
}
