import JSON

/// One input of a model, as its JSON schema describes it.
struct ModelInput: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// `longest` in characters, where the schema has a limit.
        case text(longest: Int?)
        case integer(atLeast: Int?, atMost: Int?)
        case number(atLeast: Double?, atMost: Double?)
        case flag
        /// At least one.
        case choice([Choice])
        /// The address of a file.
        case address
        /// A list of strings, typed one a line.
        case lines
        /// Anything else, typed as JSON.
        case json
    }

    /// A string, a number or a truth value, and how it is called.
    struct Choice: Sendable, Equatable {
        let value: JSON
        let title: String
    }

    let name: String
    let title: String
    /// What the model's author says about it, in one line; may be empty.
    let hint: String
    let kind: Kind
    /// What the model takes when nothing is sent; always such that it could be sent.
    let initial: JSON?
    let isRequired: Bool

    /// What stands in a form that nobody has filled in.
    var initialText: String { initial.map(text) ?? "" }

    /// Whether its values are counted, so that `1..5` names five of them.
    var isNumeric: Bool {
        switch kind {
        case .integer, .number: true
        default: false
        }
    }

    /// A value as people read it.
    func words(_ value: JSON) -> String {
        guard case .choice(let choices) = kind else { return text(of: value) }
        return choices.first { $0.value == value }?.title ?? text(of: value)
    }

    /// How a value stands in a form.
    func text(of value: JSON) -> String {
        switch (kind, value) {
        case (.json, _): value.text
        case (.lines, .array(let elements)): elements.map { $0.string ?? $0.text }.joined(separator: "\n")
        case (.integer, .number): value.int.map(String.init) ?? value.text
        case (_, .string(let text)): text
        default: value.text
        }
    }
}

/// Why a value cannot be an input of a model: a sentence without the input's name.
struct InputProblem: Error, Equatable {
    let message: String
}

extension ModelInput {
    /// A bound for what nothing else limits.
    static let longestText = 32_000

    /// The value that was typed; `nil` when nothing was.
    func value(typed text: String) throws(InputProblem) -> JSON? {
        let trimmed = String(text.trimmingSpaces)
        if trimmed.isEmpty {
            return nil
        }
        let value = try parsed(text, trimmed: trimmed)
        if let problem = problem(with: value) { throw problem }
        return value
    }

    private func parsed(_ text: String, trimmed: String) throws(InputProblem) -> JSON {
        switch kind {
        case .text: return .string(text)
        case .address: return .string(trimmed)
        case .integer:
            guard let number = Int(trimmed) else { throw InputProblem(message: "Type a whole number") }
            return .integer(number)
        case .number:
            if let number = Int(trimmed) { return .integer(number) }
            // Swift also reads hexadecimal numbers, infinity and what is no number.
            guard trimmed.utf8.allSatisfy("0123456789+-.eE".utf8.contains), let number = Double(trimmed) else {
                throw InputProblem(message: "Type a number, such as 7.5")
            }
            return .number(number)
        case .flag:
            switch trimmed {
            case "true", "on", "yes", "1": return .bool(true)
            case "false", "off", "no", "0": return .bool(false)
            default: throw InputProblem(message: "Should be true or false")
            }
        case .choice(let choices):
            guard let choice = choices.first(where: { [text, trimmed].contains(self.text(of: $0.value)) }) else {
                throw notOne(of: choices)
            }
            return choice.value
        case .lines:
            let lines = trimmed.split { $0.isNewline }.map { JSON.string(String($0.trimmingSpaces)) }
            return .array(lines.filter { $0 != "" })
        case .json:
            do {
                return try JSON(parsing: Array(trimmed.utf8))
            } catch {
                throw InputProblem(message: "This is not JSON: \(error.message)")
            }
        }
    }

    /// What is wrong with a value, as far as the schema tells; the provider has the last word.
    func problem(with value: JSON) -> InputProblem? {
        do {
            try check(value)
            return nil
        } catch {
            return error
        }
    }

    private func check(_ value: JSON) throws(InputProblem) {
        switch kind {
        case .text(let longest):
            try check(try string(value), longest: longest)
        case .address:
            let text = try string(value)
            try check(text, longest: 2000)
            let isWeb = text.hasPrefix("https://") || text.hasPrefix("http://")
            guard isWeb, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
                throw InputProblem(message: "Should be an address that begins with https://")
            }
        case .integer(let least, let most):
            guard let number = value.int else { throw InputProblem(message: "Type a whole number") }
            if let least, number < least { throw InputProblem(message: "Should be at least \(least)") }
            if let most, number > most { throw InputProblem(message: "Should be at most \(most)") }
        case .number(let least, let most):
            guard let number = value.double, number.isFinite else {
                throw InputProblem(message: "Type a number, such as 7.5")
            }
            if let least, number < least { throw InputProblem(message: "Should be at least \(Self.words(least))") }
            if let most, number > most { throw InputProblem(message: "Should be at most \(Self.words(most))") }
        case .flag:
            guard value.bool != nil else { throw InputProblem(message: "Should be true or false") }
        case .choice(let choices):
            guard choices.contains(where: { $0.value == value || $0.value.isNumber(value) }) else {
                throw notOne(of: choices)
            }
        case .lines:
            guard let elements = value.array, elements.allSatisfy({ $0.string != nil }) else {
                throw InputProblem(message: "Should be a list of texts")
            }
            guard elements.count <= 100 else { throw InputProblem(message: "Should have at most 100 lines") }
        case .json:
            return
        }
    }

    private func string(_ value: JSON) throws(InputProblem) -> String {
        guard let text = value.string else { throw InputProblem(message: "Should be a text") }
        return text
    }

    private func check(_ text: String, longest: Int?) throws(InputProblem) {
        if let longest, text.unicodeScalars.count > longest {
            throw InputProblem(message: "Should have at most \(longest) characters")
        }
        guard text.utf8.count <= Self.longestText else {
            throw InputProblem(message: "Should have at most \(Self.longestText) bytes")
        }
    }

    private func notOne(of choices: [Choice]) -> InputProblem {
        let shown = choices.prefix(20).map { text(of: $0.value) }.joined(separator: ", ")
        return InputProblem(message: "Should be one of \(shown)\(choices.count > 20 ? ", …" : "")")
    }

    /// A limit as people write it: `10`, not `10.0`.
    static func words(_ number: Double) -> String {
        Int(exactly: number).map(String.init) ?? number.description
    }
}

extension JSON {
    /// The same number, however it is written.
    fileprivate func isNumber(_ other: JSON) -> Bool {
        guard let double else { return false }
        return double == other.double
    }
}
