import JSON

/// One input of a model as the form shows it.
struct FormField {
    enum Control {
        case line, area, address, json, flag
        /// The limits as texts, empty where there is none.
        case number(least: String, most: String, step: String)
        case choice([(value: String, title: String)])
    }

    let input: ModelInput
    /// What stands in it.
    let text: String
    let problem: String?
    let control: Control

    init(_ input: ModelInput, text: String, problems: FormProblems) {
        self.input = input
        self.text = text
        problem = problems[GenerateForm.control(input.name)]
        control = Self.control(input)
    }

    /// The name it is sent by.
    var name: String { GenerateForm.control(input.name) }
    var id: String { Self.id(name) }
    var isCode: Bool { input.kind == .json }
    var isAddress: Bool { input.kind == .address }
    var isOn: Bool { text == "true" }

    /// What the author says, and the limits.
    var hint: String {
        guard case .number(let least, let most, _) = control, !least.isEmpty, !most.isEmpty else { return input.hint }
        return "\(least) to \(most)\(input.hint.isEmpty ? "" : ". \(input.hint)")"
    }

    /// The elements that explain it, by their ids.
    var explainedBy: String {
        [problem == nil ? nil : "\(id)-problem", hint.isEmpty ? nil : "\(id)-hint"].compactMap(\.self)
            .joined(separator: " ")
    }

    /// A choice that is none of the listed ones, such as one that an older version of the model had.
    var strangeChoice: String? {
        guard case .choice(let choices) = control, !text.isEmpty, !choices.contains(where: { $0.value == text }) else {
            return nil
        }
        return text
    }

    /// Names that this site's own pages, styles and scripts know keep theirs; all others are marked, so that no model can
    /// name an element of the page.
    static func id(_ name: String) -> String {
        if ["prompt", "negative_prompt", "width", "height", "seed", "count", "extra"].contains(name) { return name }
        let isPlain = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        }
        return isPlain ? "in-\(name)" : "in-" + name.utf8.map { String($0, radix: 16) }.joined(separator: "-")
    }

    private static func control(_ input: ModelInput) -> Control {
        switch input.kind {
        case .text(let longest): (longest ?? .max) <= 200 || input.name.hasSuffix("_id") ? .line : .area
        case .integer(let least, let most):
            .number(least: least.map(String.init) ?? "", most: most.map(String.init) ?? "", step: "1")
        case .number(let least, let most):
            .number(least: least.map(ModelInput.words) ?? "", most: most.map(ModelInput.words) ?? "", step: "any")
        case .flag: .flag
        case .choice(let choices):
            .choice(choices.map { (input.text(of: $0.value), title(of: $0, input)) })
        case .address: .address
        case .lines: .area
        case .json: .json
        }
    }

    /// Aspect ratios are easier to choose by their shape.
    private static func title(of choice: ModelInput.Choice, _ input: ModelInput) -> String {
        let sides = choice.title.split(separator: ":").compactMap { Double($0) }
        guard input.name == "aspect_ratio", sides.count == 2, sides[0] > 0, sides[1] > 0 else { return choice.title }
        return "\(choice.title), \(sides[0] == sides[1] ? "square" : sides[0] > sides[1] ? "landscape" : "portrait")"
    }
}
