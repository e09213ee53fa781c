/// A prompt with choices in it: `{red|blue} door` is a red or a blue door.
///
/// Choices nest. A backslash makes `{`, `|`, `}` and itself plain. Braces without a `|` between them are braces, and a
/// text without `{` is taken byte for byte.
struct PromptTemplate: Sendable {
    struct Problem: Error, Equatable {
        let message: String
    }

    private indirect enum Part {
        case text(String)
        case choice([[Part]])
    }

    private static let deepest = 20

    private let parts: [Part]

    init(_ text: String) throws(Problem) {
        guard text.utf8.contains(UInt8(ascii: "{")) else {
            parts = [.text(text)]
            return
        }
        var reader = Reader(bytes: Array(text.utf8))
        parts = try reader.level(depth: 0).options[0]
    }

    private init(parts: [Part]) { self.parts = parts }

    static let empty = PromptTemplate(parts: [])

    var hasChoices: Bool { Self.hasChoice(parts) }

    /// How many different prompts may come of it, equal options counted twice; at most `Int.max`.
    var variety: Int { Self.variety(parts) }

    /// One of the prompts, each choice made anew.
    func drawn(using chance: inout some RandomNumberGenerator) -> String {
        var text = ""
        Self.draw(parts, into: &text, using: &chance)
        return text
    }

    /// The template that becomes this text and nothing else.
    static func literal(_ text: String) -> String {
        var chance = SystemRandomNumberGenerator()
        if let template = try? PromptTemplate(text), !template.hasChoices, template.drawn(using: &chance) == text {
            return text
        }
        var escaped = ""
        for character in text.unicodeScalars {
            if "\\{|}".unicodeScalars.contains(character) { escaped.unicodeScalars.append("\\") }
            escaped.unicodeScalars.append(character)
        }
        return escaped
    }

    private static func hasChoice(_ parts: [Part]) -> Bool {
        parts.contains { part in
            if case .choice = part { true } else { false }
        }
    }

    private static func variety(_ parts: [Part]) -> Int {
        parts.reduce(1) { product, part in
            guard case .choice(let options) = part else { return product }
            let sum = options.reduce(0) { total, option in
                let (sum, overflow) = total.addingReportingOverflow(variety(option))
                return overflow ? .max : sum
            }
            let (result, overflow) = product.multipliedReportingOverflow(by: sum)
            return overflow ? .max : result
        }
    }

    private static func draw(_ parts: [Part], into text: inout String, using chance: inout some RandomNumberGenerator) {
        for part in parts {
            switch part {
            case .text(let plain): text += plain
            case .choice(let options):
                draw(options[Int.random(in: options.indices, using: &chance)], into: &text, using: &chance)
            }
        }
    }

    /// Reads the text between two braces, or all of it.
    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        mutating func level(depth: Int) throws(Problem) -> (options: [[Part]], isClosed: Bool) {
            guard depth <= PromptTemplate.deepest else {
                throw Problem(message: "Choices should not be nested deeper than \(PromptTemplate.deepest)")
            }
            var options: [[Part]] = [[]]
            var text: [UInt8] = []
            func flush() {
                guard !text.isEmpty else { return }
                options[options.count - 1].append(.text(String(decoding: text, as: UTF8.self)))
                text = []
            }
            while position < bytes.count {
                let byte = bytes[position]
                position += 1
                switch byte {
                case UInt8(ascii: "\\"):
                    if position < bytes.count, "\\{|}".utf8.contains(bytes[position]) {
                        text.append(bytes[position])
                        position += 1
                    } else {
                        text.append(byte)
                    }
                case UInt8(ascii: "{"):
                    let start = position
                    let inner = try level(depth: depth + 1)
                    if inner.options.count == 1 {
                        text.append(byte)
                        flush()
                        options[options.count - 1] += inner.options[0]
                        if inner.isClosed { text.append(UInt8(ascii: "}")) }
                    } else {
                        guard inner.isClosed else { throw unclosed(at: start) }
                        flush()
                        options[options.count - 1].append(.choice(inner.options))
                    }
                case UInt8(ascii: "|") where depth > 0:
                    flush()
                    options.append([])
                case UInt8(ascii: "}") where depth > 0:
                    flush()
                    return (options, true)
                default: text.append(byte)
                }
            }
            flush()
            return (options, false)
        }

        private func unclosed(at start: Int) -> Problem {
            let near = String(decoding: bytes[start...].prefix(24), as: UTF8.self)
            return Problem(message: "The { before “\(near)…” is not closed; write \\{ for the brace itself")
        }
    }
}
