import JSON

/// What a model takes, read from the JSON schema of its input.
///
/// The form is that of Cog, which Replicate's models are built with: properties sorted by `x-order`; enumerations behind
/// `allOf: [{"$ref": …}]`. A schema is somebody else's text: whatever it says, reading it is bounded, and what cannot be
/// understood becomes a field for JSON.
struct ModelSchema: Sendable, Equatable {
    static let mostInputs = 100

    /// In the order of the form.
    let inputs: [ModelInput]
    /// Whether inputs that it does not name may be sent, too.
    let isOpen: Bool

    /// - Parameter schemas: the schemas of an OpenAPI description by their names; the input's is `Input`.
    init(_ schemas: JSON) {
        var reader = SchemaReader(schemas: schemas)
        self = reader.schema()
    }

    fileprivate init(inputs: [ModelInput], isOpen: Bool) {
        self.inputs = inputs
        self.isOpen = isOpen
    }

    subscript(name: String) -> ModelInput? { inputs.first { $0.name == name } }

    /// What is wrong with parameters, by input; the prompt is not among them.
    func problems(with parameters: JSONObject) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        for (name, value) in parameters {
            if let problem = self[name]?.problem(with: value) {
                problems.append(FieldProblem([name], problem.message, type: "value_error"))
            } else if self[name] == nil, !isOpen {
                problems.append(FieldProblem([name], "This model has no such input", type: "extra_forbidden"))
            }
        }
        return problems
    }
}

/// Reads a schema within limits, so that none is too large, too deep or too entangled.
private struct SchemaReader {
    private static let deepest = 8
    private static let mostAlternatives = 16
    private static let mostChoices = 500
    /// The keywords that say something about one value.
    private static let keywords = [
        "type", "format", "enum", "const", "default", "title", "description", "minimum", "maximum", "exclusiveMinimum",
        "exclusiveMaximum", "maxLength", "items", "x-order", "x-cog-secret", "deprecated", enumTitles,
    ]
    /// Where the titles of `oneOf: [{"const": …, "title": …}]` are noted, beside `enum`.
    private static let enumTitles = "x-enum-titles"

    let schemas: JSON
    /// Schemas that may still be looked at: a few references can name each other any number of times.
    private var budget = 4000

    init(schemas: JSON) { self.schemas = schemas }

    mutating func schema() -> ModelSchema {
        let input = schemas["Input"] ?? .null
        let required = Set(input["required"]?.array?.prefix(1000).compactMap(\.string) ?? [])
        var found: [(order: Int, input: ModelInput)] = []
        for (name, property) in (input["properties"]?.object ?? [:]).prefix(1000) {
            let properties = flattened(property, depth: 0)
            guard let read = read(name, properties, isRequired: required.contains(name)) else { continue }
            found.append((properties["x-order"]?.int ?? .max, read))
        }
        // The sort is stable: without an order, the schema's own stays.
        found.sort { $0.order < $1.order }
        return ModelSchema(
            inputs: found.prefix(ModelSchema.mostInputs).map(\.input),
            isOpen: input["additionalProperties"]?.bool ?? true
        )
    }

    /// A schema with what it refers to written into it; what stands in it goes before what it refers to.
    private mutating func flattened(_ schema: JSON, depth: Int) -> JSONObject {
        guard depth < Self.deepest, budget > 0, let schema = schema.object else { return [:] }
        budget -= 1
        var result: JSONObject = [:]
        if let name = schema["$ref"]?.string { merge(flattened(target(name), depth: depth + 1), into: &result) }
        for part in (schema["allOf"]?.array ?? []).prefix(Self.mostAlternatives) {
            merge(flattened(part, depth: depth + 1), into: &result)
        }
        merge(alternatives(schema, depth: depth), into: &result)
        // The title of an enumeration is the name of its type.
        result["title"] = nil
        merge(schema, into: &result)
        return result
    }

    /// Titled constants are a choice; what may be absent is written as an alternative to null; of several types, text
    /// can say the most.
    private mutating func alternatives(_ schema: JSONObject, depth: Int) -> JSONObject {
        let alternatives = schema["oneOf"]?.array ?? schema["anyOf"]?.array ?? []
        let constants = alternatives.prefix(Self.mostChoices).compactMap { $0["const"] }
        if !constants.isEmpty, constants.count == alternatives.count {
            return ["enum": .array(constants), Self.enumTitles: .array(alternatives.map { $0["title"] ?? .null })]
        }
        let real = alternatives.prefix(Self.mostAlternatives).map { flattened($0, depth: depth + 1) }
            .filter { $0["type"]?.string != "null" }
        return (real.count == 1 ? real.first : real.first { $0["type"]?.string == "string" }) ?? [:]
    }

    private func merge(_ schema: JSONObject, into result: inout JSONObject) {
        for keyword in Self.keywords {
            if let value = schema[keyword] { result[keyword] = value }
        }
    }

    private func target(_ reference: String) -> JSON {
        let prefix = "#/components/schemas/"
        guard reference.hasPrefix(prefix) else { return .null }
        return schemas[String(reference.dropFirst(prefix.count))] ?? .null
    }

    /// `nil` for what does not belong in a form: secrets, which would be stored and shown, and what is deprecated.
    private func read(_ name: String, _ schema: JSONObject, isRequired: Bool) -> ModelInput? {
        let isSecret = schema["x-cog-secret"]?.bool == true || schema["format"]?.string == "password"
        guard !isSecret, schema["deprecated"]?.bool != true, Self.isName(name) else { return nil }
        let input = ModelInput(
            name: name,
            title: Self.title(schema["title"]?.string?.cleaned(atMost: 80) ?? "", of: name),
            hint: schema["description"]?.string?.cleaned(atMost: 300) ?? "",
            kind: Self.kind(schema),
            initial: nil,
            isRequired: isRequired
        )
        guard let initial = schema["default"], !initial.isNull, input.problem(with: initial) == nil,
            input.text(of: initial).utf8.count <= 4000
        else { return input }
        return ModelInput(
            name: name,
            title: input.title,
            hint: input.hint,
            kind: input.kind,
            initial: initial,
            isRequired: isRequired
        )
    }

    private static func isName(_ name: String) -> Bool {
        (1...100).contains(name.utf8.count) && name == name.cleaned(atMost: 100)
    }

    /// A title that was only made of the name, such as “Num Outputs”, is written as people do: “Num outputs”.
    private static func title(_ title: String, of name: String) -> String {
        let words = name.split { $0 == "_" || $0 == "-" }.joined(separator: " ")
        let isMade = [words.lowercased(), name.lowercased(), ""].contains(title.lowercased())
        return isMade && !words.isEmpty
            ? words.prefix(1).uppercased() + words.dropFirst() : title.isEmpty ? name : title
    }

    private static func kind(_ schema: JSONObject) -> ModelInput.Kind {
        if let values = schema["enum"]?.array ?? schema["const"].map({ [$0] }) {
            let choices = choices(values.prefix(mostChoices + 1), titles: schema[enumTitles]?.array)
            if !choices.isEmpty, choices.count <= mostChoices { return .choice(choices) }
        }
        let type = schema["type"]?.string ?? schema["type"]?.array?.compactMap(\.string).first { $0 != "null" }
        switch type {
        case "boolean": return .flag
        case "integer":
            let least = [schema["minimum"]?.int, schema["exclusiveMinimum"]?.int.map { $0 &+ 1 }].compactMap(\.self)
                .max()
            let most = [schema["maximum"]?.int, schema["exclusiveMaximum"]?.int.map { $0 &- 1 }].compactMap(\.self)
                .min()
            guard let least, let most, least > most else { return .integer(atLeast: least, atMost: most) }
            // Limits that nothing can keep are none.
            return .integer(atLeast: nil, atMost: nil)
        case "number":
            let least = [schema["minimum"]?.double, schema["exclusiveMinimum"]?.double].compactMap(\.self).max()
            let most = [schema["maximum"]?.double, schema["exclusiveMaximum"]?.double].compactMap(\.self).min()
            guard let least, let most, least > most else { return .number(atLeast: least, atMost: most) }
            return .number(atLeast: nil, atMost: nil)
        case "string":
            if schema["format"]?.string == "uri" { return .address }
            return .text(longest: schema["maxLength"]?.int.flatMap { $0 > 0 ? $0 : nil })
        case "array" where schema["items"]?["type"]?.string == "string": return .lines
        default: return .json
        }
    }

    private static func choices(_ values: some Collection<JSON>, titles: [JSON]?) -> [ModelInput.Choice] {
        values.enumerated().filter { isPlain($0.element) }.map { position, value in
            let title = titles?.dropFirst(position).first?.string?.cleaned(atMost: 80)
            return ModelInput.Choice(value: value, title: title ?? value.string?.cleaned(atMost: 80) ?? value.text)
        }
    }

    private static func isPlain(_ value: JSON) -> Bool {
        switch value {
        case .string(let text): text.utf8.count <= 500 && !text.utf8.contains { $0 < 0x20 }
        case .bool, .integer, .number: true
        default: false
        }
    }
}
