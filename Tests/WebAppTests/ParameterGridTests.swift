import JSON
import Testing

@testable import WebApp

@Suite("Grids of parameters")
struct ParameterGridTests {
    static func input(_ kind: ModelInput.Kind, name: String = "steps") -> ModelInput {
        ModelInput(name: name, title: name, hint: "", kind: kind, initial: nil, isRequired: false)
    }

    static let whole = input(.integer(atLeast: nil, atMost: nil))
    static let number = input(.number(atLeast: nil, atMost: nil))
    static let text = input(.text(longest: nil))
    static let style = input(
        .choice(["photo", "oil, thick", "1..2"].map { ModelInput.Choice(value: .string($0), title: $0) })
    )

    @Test(arguments: [
        ("7, 8, 9", [7, 8, 9]), ("1..5", [1, 2, 3, 4, 5]), ("5..3", [5, 4, 3]), ("1..3, 10", [1, 2, 3, 10]),
        ("-2..0", [-2, -1, 0]), ("0..10 by 5", [0, 5, 10]), (" 4 ", [4]), ("7,7, 7", [7]), ("1..1", [1]),
        ("1,,2,", [1, 2]),
        ("1\n2\r\n3", [1, 2, 3]),
    ])
    func `whole numbers are listed, or written as ranges`(text: String, expected: [Int]) throws {
        #expect(try ParameterGrid.values(text, of: Self.whole) == expected.map { .integer($0) })
    }

    @Test(arguments: [
        ("0..1 by 0.25", "[0.0,0.25,0.5,0.75,1.0]"), ("0.1..0.4 by 0.1", "[0.1,0.2,0.3,0.4]"),
        ("-0.5..0.5 by 0.5", "[-0.5,0.0,0.5]"), ("7.5, 8", "[7.5,8]"), ("1e1", "[10.0]"),
    ])
    func `decimal ranges show no binary fractions`(text: String, expected: String) throws {
        #expect(JSON.array(try ParameterGrid.values(text, of: Self.number)).text == expected)
    }

    @Test func `texts keep their dots, and commas in quotation marks`() throws {
        let values = try ParameterGrid.values(#"photo, "oil, thick", 1..2"#, of: Self.style)
        #expect(values == ["photo", "oil, thick", "1..2"])
        #expect(try ParameterGrid.values("a..z, b", of: Self.text) == ["a..z", "b"])
    }

    @Test(arguments: [
        "", " , ,", "seven", "1..", "..5", "1..2..3", "1..5 by 0", "1..5 by -1", "1..999999999999999999999", "1..1000",
        "0..1 by 0.0000001", "1..65", "-..-", "1.5", String(repeating: "1,2,", count: 500) + "x",
        (1...70).map(String.init).joined(separator: ","),
    ])
    func `what is no list of whole numbers is refused`(text: String) {
        #expect(throws: InputProblem.self) { try ParameterGrid.values(text, of: Self.whole) }
    }

    @Test func `a value out of bounds is named`() {
        let input = Self.input(.integer(atLeast: 1, atMost: 8))
        #expect(throws: InputProblem(message: "9: Should be at most 8")) { try ParameterGrid.values("7..9", of: input) }
    }

    @Test func `combinations are in the order of the axes, the first the slowest`() throws {
        let grid = ParameterGrid(axes: [
            (Self.input(.integer(atLeast: nil, atMost: nil), name: "a"), [1, 2]),
            (Self.input(.flag, name: "b"), [true, false]),
            (Self.input(.flag, name: "c"), [true]),
        ])
        #expect(grid.count == 4)
        #expect(
            JSON.array(grid.combinations.map { .object($0) }).text
                == #"[{"a":1,"b":true,"c":true},{"a":1,"b":false,"c":true},{"a":2,"b":true,"c":true},{"a":2,"b":false,"c":true}]"#
        )
        #expect(ParameterGrid(axes: []).combinations == [[:]])
    }
}
