import EventLoop
import JSON
import Testing

@testable import WebApp

@Suite("Forms from schemas")
struct ModelSchemaTests {
    /// A line for each input: name, title, kind, default.
    private func lines(_ schema: ModelSchema) -> [String] {
        schema.inputs.map { input in
            let initial = input.initial.map { " = \($0.text)" } ?? ""
            return "\(input.name)\(input.isRequired ? "*" : "") “\(input.title)” \(words(input.kind))\(initial)"
        }
    }

    private func words(_ kind: ModelInput.Kind) -> String {
        switch kind {
        case .text(let longest): "text" + (longest.map { " up to \($0)" } ?? "")
        case .integer(let least, let most): "whole \(least.map(String.init) ?? "") to \(most.map(String.init) ?? "")"
        case .number(let least, let most):
            "number \(least.map(\.description) ?? "") to \(most.map(\.description) ?? "")"
        case .flag: "flag"
        case .choice(let choices): "one of \(choices.map { "\($0.value.text) \($0.title)" }.joined(separator: " | "))"
        case .address: "address"
        case .lines: "lines"
        case .json: "json"
        }
    }

    private func schema(_ properties: JSON, _ others: JSONObject = [:]) -> ModelSchema {
        var schemas: JSONObject = ["Input": ["properties": properties]]
        for (name, value) in others { schemas[name] = value }
        return ModelSchema(.object(schemas))
    }

    @Test func `a model of Replicate, as its API describes it`() throws {
        let text = #"""
            {"Input": {"type": "object", "title": "Input", "required": ["prompt", "image"], "properties": {
                "seed": {"type": "integer", "title": "Seed", "x-order": 5, "description": "Random seed.\nSet for  reproducible"},
                "prompt": {"type": "string", "title": "Prompt", "x-order": 0},
                "aspect_ratio": {"enum": ["1:1", "16:9"], "type": "string", "title": "aspect_ratio", "default": "1:1", "x-order": 1},
                "scheduler": {"allOf": [{"$ref": "#/components/schemas/scheduler"}], "default": "K_EULER", "x-order": 2},
                "num_inference_steps": {"type": "integer", "title": "Num Inference Steps", "default": 4, "minimum": 1, "maximum": 50, "x-order": 3},
                "guidance_scale": {"type": "number", "title": "Guidance Scale", "default": 7.5, "minimum": 0, "maximum": 20.5, "x-order": 4},
                "go_fast": {"type": "boolean", "title": "Run faster", "default": true, "x-order": 7},
                "image": {"type": "string", "title": "Image", "format": "uri", "x-order": 6},
                "lora": {"anyOf": [{"type": "string", "maxLength": 100}, {"type": "null"}], "title": "Lora"},
                "images": {"type": "array", "items": {"type": "string", "format": "uri"}, "title": "Images", "default": []},
                "megapixels": {"enum": [0.25, 1, 2], "default": 1},
                "settings": {"type": "object", "title": "Settings"}
            }},
            "scheduler": {"enum": ["DDIM", "K_EULER"], "type": "string", "title": "scheduler", "description": "An enumeration."}}
            """#
        let schema = ModelSchema(try JSON(parsing: Array(text.utf8)))
        #expect(
            lines(schema) == [
                #"prompt* “Prompt” text"#,
                #"aspect_ratio “Aspect ratio” one of "1:1" 1:1 | "16:9" 16:9 = "1:1""#,
                #"scheduler “Scheduler” one of "DDIM" DDIM | "K_EULER" K_EULER = "K_EULER""#,
                #"num_inference_steps “Num inference steps” whole 1 to 50 = 4"#,
                #"guidance_scale “Guidance scale” number 0.0 to 20.5 = 7.5"#,
                #"seed “Seed” whole  to "#,
                #"image* “Image” address"#,
                #"go_fast “Run faster” flag = true"#,
                #"lora “Lora” text up to 100"#,
                #"images “Images” lines = []"#,
                #"megapixels “Megapixels” one of 0.25 0.25 | 1 1 | 2 2 = 1"#,
                #"settings “Settings” json"#,
            ]
        )
        #expect(schema["seed"]?.hint == "Random seed. Set for reproducible")
        #expect(schema.isOpen)
    }

    @Test func `the built-in model is described the same way, and checks the same`() throws {
        let description = CanvasProvider.description
        let schema = try #require(description.schema)
        #expect(!schema.isOpen)
        #expect(schema.inputs.map(\.name) == ["prompt", "negative_prompt", "width", "height", "style", "seed"])
        #expect(schema["style"]?.words("stainedGlass") == "Stained glass")
        for parameters: JSONObject in [
            ["width": 63], ["width": 64], ["height": 2048], ["height": 2049], ["seed": 0], ["seed": -1],
            ["seed": .integer(CanvasProvider.largestSeed + 1)], ["style": "oil"], ["style": "forest"], ["steps": 1],
            ["negative_prompt": 1], ["width": 100.5],
        ] {
            var reader = FieldReader(parameters)
            _ = CanvasParameters(&reader)
            let found = schema.problems(with: parameters).map(\.field)
            #expect(found == reader.problems.map(\.field), "\(JSON.object(parameters).text)")
        }
    }

    @Test func `secrets and what is deprecated are left out`() {
        let schema = schema([
            "key": ["type": "string", "format": "password"], "token": ["type": "string", "x-cog-secret": true],
            "old": ["type": "string", "deprecated": true], "new": ["type": "string"],
        ])
        #expect(schema.inputs.map(\.name) == ["new"])
    }

    @Test(
        arguments: [
            (["type": "integer", "default": "many"], "whole  to "),
            (["type": "integer", "minimum": 5, "maximum": 1, "default": 3], "whole  to  = 3"),
            (["type": "integer", "minimum": 1, "maximum": 4, "default": 9], "whole 1 to 4"),
            (["type": "integer", "minimum": 1e300, "maximum": -1e300], "whole  to "),
            (["type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10], "whole 1 to 9"),
            (["type": "integer", "exclusiveMinimum": .integer(.max)], "whole \(Int.min) to "),
            (["type": "number", "minimum": 2, "maximum": 1], "number  to "),
            (["type": "string", "maxLength": -5], "text"),
            (["type": "string", "enum": []], "text"),
            (["type": "string", "enum": [["a": 1], "b"]], #"one of "b" b"#),
            (["type": "string", "enum": "b"], "text"),
            (["type": ["integer", "null"]], "whole  to "),
            (["type": 7], "json"), (true, "json"), ([:], "json"), (.null, "json"), ("text", "json"),
            (["oneOf": [["const": "a", "title": "A"], ["const": "b"]]], #"one of "a" A | "b" b"#),
            (["anyOf": [["type": "number"], ["type": "string"]]], "text"),
            (["$ref": "#/components/schemas/Missing", "type": "boolean"], "flag"),
            (["$ref": "https://example.com/schema.json"], "json"),
            (["const": "fixed"], #"one of "fixed" fixed"#),
        ] as [(JSON, String)]
    )
    func `what is wrong or strange becomes something that works`(property: JSON, expected: String) {
        let input = schema(["x": property]).inputs.first
        let initial = input?.initial.map { " = \($0.text)" } ?? ""
        #expect(input.map { words($0.kind) + initial } == expected)
    }

    @Test func `titles and hints are plain, short lines`() throws {
        let schema = schema([
            "a": [
                "type": "string",
                "title": .string("<script>alert(1)</script>\u{202E}\u{0}\n\n" + String(repeating: "x", count: 500)),
                "description": .string(String(repeating: "word ", count: 10_000)),
            ]
        ])
        let input = try #require(schema["a"])
        #expect(input.title.unicodeScalars.count <= 81)
        #expect(input.hint.unicodeScalars.count <= 301)
        #expect(!input.title.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
    }

    @Test func `names that no form can carry are left out`() {
        let schema = schema(
            [
                "": ["type": "string"], "a\nb": ["type": "string"], "nul\u{0}": ["type": "string"],
                String(repeating: "n", count: 101): ["type": "string"], "fine <name>": ["type": "string"],
            ] as JSON
        )
        #expect(schema.inputs.map(\.name) == ["fine <name>"])
    }

    @Test func `hostile schemas are read within bounds, in time`() {
        let began = MonotonicTime.current
        // Thousands of inputs.
        var many: JSONObject = [:]
        for number in 0..<20_000 { many["input\(number)"] = ["type": "string", "x-order": .integer(-number)] }
        #expect(schema(.object(many)).inputs.count == ModelSchema.mostInputs)
        // Schemas that name themselves and each other.
        let loop: JSON = ["allOf": [["$ref": "#/components/schemas/b"], ["$ref": "#/components/schemas/a"]]]
        let loops = schema(["x": ["$ref": "#/components/schemas/a"]], ["a": loop, "b": loop])
        #expect(loops.inputs.map(\.name) == ["x"])
        // Each level names sixteen of the next: sixteen to the power of twenty.
        var levels: JSONObject = [:]
        for level in 0..<20 {
            let reference: JSON = ["$ref": "#/components/schemas/level\(level + 1)"]
            levels["level\(level)"] = ["allOf": .array(Array(repeating: reference, count: 16))]
        }
        var fans: JSONObject = [:]
        for number in 0..<100 { fans["f\(number)"] = ["$ref": "#/components/schemas/level0"] }
        #expect(schema(.object(fans), levels).inputs.count == 100)
        // A choice of a hundred thousand.
        let huge: JSON = .array((0..<100_000).map { .string("choice \($0)") })
        #expect(words(schema(["x": ["type": "string", "enum": huge]]).inputs[0].kind) == "text")
        #expect(
            words(schema(["x": ["oneOf": .array((0..<100_000).map { ["const": .integer($0)] })]]).inputs[0].kind)
                == "json"
        )
        // Not schemas at all.
        for strange: JSON in [
            .null, [], 7, "Input", ["Input": 7], ["Input": ["properties": [1, 2]]], ["Input": ["required": 3]],
        ] {
            #expect(ModelSchema(strange).inputs.isEmpty)
        }
        #expect(MonotonicTime.current - began < .seconds(20))
    }

    @Test(
        arguments: [
            (.integer(atLeast: 1, atMost: 4), "3", "3"), (.integer(atLeast: 1, atMost: 4), " 3 ", "3"),
            (.integer(atLeast: 1, atMost: 4), "5", nil), (.integer(atLeast: 1, atMost: 4), "1.5", nil),
            (.number(atLeast: 0, atMost: 1), "0.25", "0.25"), (.number(atLeast: 0, atMost: 1), ".5", "0.5"),
            (.number(atLeast: 0, atMost: 1), "nan", nil), (.number(atLeast: nil, atMost: nil), "1e999", nil),
            (.number(atLeast: nil, atMost: nil), "0x10", nil), (.flag, "true", "true"), (.flag, "maybe", nil),
            (.address, "https://example.com/a.png", #""https://example.com/a.png""#),
            (.address, "javascript:alert(1)", nil),
            (.address, "https://a b", nil), (.address, "file:///etc/passwd", nil),
            (.lines, "a\n\n b \r\nc", #"["a","b","c"]"#), (.json, #"{"a": [1]}"#, #"{"a":[1]}"#), (.json, "{", nil),
            (.text(longest: 3), "abc", #""abc""#), (.text(longest: 3), "abcd", nil),
        ] as [(ModelInput.Kind, String, String?)]
    )
    func `what is typed becomes a value, or is refused`(kind: ModelInput.Kind, typed: String, expected: String?) {
        let input = ParameterGridTests.input(kind)
        #expect((try? input.value(typed: typed))?.text == expected)
    }

    @Test func `every value comes back from the form as it went in`() throws {
        for (kind, value): (ModelInput.Kind, JSON) in [
            (.integer(atLeast: nil, atMost: nil), 7), (.number(atLeast: nil, atMost: nil), 0.1), (.flag, false),
            (.lines, ["a", "b"]), (.json, ["a": [1, 2.5, .null]]), (.text(longest: nil), "two\nlines"),
            (.choice([.init(value: 2, title: "two")]), 2),
        ] {
            let input = ParameterGridTests.input(kind)
            #expect(try input.value(typed: input.text(of: value)) == value)
        }
    }
}
