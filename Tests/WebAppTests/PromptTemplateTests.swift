import Testing

@testable import WebApp

@Suite("Choices in prompts")
struct PromptTemplateTests {
    /// Every prompt a template can become, by drawing often enough.
    private func prompts(_ text: String) throws -> Set<String> {
        let template = try PromptTemplate(text)
        var chance = SystemRandomNumberGenerator()
        return Set((0..<400).map { _ in template.drawn(using: &chance) })
    }

    @Test(arguments: [
        ("a door", ["a door"]),
        ("{red|blue} door", ["red door", "blue door"]),
        ("{a|b}{c|d}", ["ac", "ad", "bc", "bd"]),
        ("{red|{light|dark} blue} door", ["red door", "light blue door", "dark blue door"]),
        ("a{| big} house", ["a house", "a big house"]),
        ("{ü|漢字} 🌊", ["ü 🌊", "漢字 🌊"]),
        ("{x} and {y|z}", ["{x} and y", "{x} and z"]),
        ("{{{word}}}", ["{{{word}}}"]),
        ("{a {b|c}}", ["{a b}", "{a c}"]),
        ("a { b", ["a { b"]),
        ("a } b | c", ["a } b | c"]),
        (#"\{red\|blue\} door"#, ["{red|blue} door"]),
        (#"{a\|b|c\}}"#, ["a|b", "c}"]),
        (#"{a|b} C:\temp \\ \n"#, [#"a C:\temp \ \n"#, #"b C:\temp \ \n"#]),
        (#"no braces: \ \\ \|"#, [#"no braces: \ \\ \|"#]),
        ("", [""]),
    ])
    func `a template becomes these prompts and no others`(text: String, expected: [String]) throws {
        #expect(try prompts(text) == Set(expected))
    }

    @Test func `an opening brace with options must be closed`() {
        #expect(throws: PromptTemplate.Problem.self) { try PromptTemplate("a {red|blue door") }
        do {
            _ = try PromptTemplate("a {red|blue door in a sentence of some length")
        } catch {
            #expect(
                error.message
                    == #"The { before “red|blue door in a sente…” is not closed; write \{ for the brace itself"#
            )
        }
    }

    @Test func `options are drawn about equally often`() throws {
        let template = try PromptTemplate("{a|b|c|d}")
        var chance = SystemRandomNumberGenerator()
        var counts: [String: Int] = [:]
        for _ in 0..<8000 { counts[template.drawn(using: &chance), default: 0] += 1 }
        #expect(counts.count == 4)
        // Eight standard deviations.
        #expect(counts.values.allSatisfy { (1690...2310).contains($0) })
    }

    @Test(arguments: [("a", 1), ("{a|b}", 2), ("{a|{b|c}} {d|e}", 6), ("{a}", 1)])
    func `the variety is told`(text: String, variety: Int) throws {
        #expect(try PromptTemplate(text).variety == variety)
    }

    @Test func `a variety beyond all numbers is no overflow`() throws {
        let text = String(repeating: "{a|b|c|d|e|f|g|h}", count: 100)
        #expect(try PromptTemplate(text).variety == .max)
    }

    @Test(arguments: [
        "a door", "{red|blue} door", #"\{a|b}"#, "{x}", "a { b", #"{\}"#, #"\\{a|b}\"#, "{", "}|{", "{a|", #"\{\|\}"#,
        "",
    ])
    func `any text can be said literally`(text: String) throws {
        #expect(try prompts(PromptTemplate.literal(text)) == [text])
    }

    @Test func `texts made by chance can be said literally, too`() throws {
        for _ in 0..<2000 {
            let text = String((0..<Int.random(in: 0...14)).map { _ in "{{|}}\\a ".randomElement() ?? "a" })
            var chance = SystemRandomNumberGenerator()
            let template = try PromptTemplate(PromptTemplate.literal(text))
            #expect(template.drawn(using: &chance) == text)
        }
    }

    @Test(arguments: [
        String(repeating: "{", count: 32_000), String(repeating: "{a|", count: 10_000),
        String(repeating: "{", count: 16_000) + String(repeating: "|}", count: 8000),
    ])
    func `what is nested too deep is refused, quickly`(text: String) {
        #expect(throws: PromptTemplate.Problem.self) { try PromptTemplate(text) }
    }

    @Test func `many options are no trouble`() throws {
        let text = "{" + String(repeating: "a|", count: 15_000) + "b}"
        #expect(try PromptTemplate(text).variety == 15_001)
    }
}
