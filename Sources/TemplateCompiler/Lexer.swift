/// A piece of Swift in a template, without the space around it.
struct Code: Equatable {
    let range: Range<Int>

    var offset: Int { range.lowerBound }
    var isEmpty: Bool { range.isEmpty }
}

/// A template cut into what is written as it is and what is not.
struct Token {
    enum Kind {
        /// Markup, as it will be written.
        case text(Range<Int>)
        case value(Code)
        /// `{% … %}`.
        case tag(Code)
        case comment
    }

    let kind: Kind
    let offset: Int
}

/// Cuts a template into tokens and takes the white space that its tags take.
struct Lexer {
    private let source: TemplateSource
    private var tokens: [Token] = []
    private var textStart = 0

    private init(_ source: TemplateSource) {
        self.source = source
    }

    static func tokens(of source: TemplateSource) throws(Refusal) -> [Token] {
        guard source.bytes.count <= TemplateSource.maximumBytes else { throw Refusal(0, "the template is too large") }
        guard let text = String(validating: source.bytes, as: UTF8.self), !text.utf8.contains(0) else {
            throw Refusal(0, "the template is not UTF-8 text")
        }
        var lexer = Lexer(source)
        try lexer.run()
        return lexer.tokens
    }

    private mutating func run() throws(Refusal) {
        if source.hasPrefix("\u{FEFF}", at: 0) { textStart = 3 }
        var index = textStart
        while index < source.bytes.count {
            guard source.bytes[index] == UInt8(ascii: "{"), index + 1 < source.bytes.count else {
                index += 1
                continue
            }
            switch source.bytes[index + 1] {
            case UInt8(ascii: "{"): index = try readCode(at: index, closing: "}}")
            case UInt8(ascii: "%"): index = try readCode(at: index, closing: "%}")
            case UInt8(ascii: "#"): index = try readComment(at: index)
            default: index += 1
            }
        }
        emitText(to: source.bytes.count)
    }

    private mutating func readCode(at start: Int, closing: StaticString) throws(Refusal) -> Int {
        let trimsBefore = source.hasPrefix("-", at: start + 2)
        let codeStart = start + (trimsBefore ? 3 : 2)
        let close = try SwiftScanner.end(of: closing, in: source, from: codeStart, opened: start)
        let trimsAfter = close > codeStart && source.bytes[close - 1] == UInt8(ascii: "-")
        let code = Code(range: source.trimmed(codeStart..<(trimsAfter ? close - 1 : close)))
        let isValue = source.bytes[start + 1] == UInt8(ascii: "{")
        guard !code.isEmpty else { throw Refusal(start, isValue ? "{{ }} is empty" : "{% %} is empty") }
        emit(
            isValue ? .value(code) : .tag(code),
            range: start..<close + 2,
            trimsBefore: trimsBefore,
            trimsAfter: trimsAfter,
            takesLine: !isValue
        )
        return textStart
    }

    private mutating func readComment(at start: Int) throws(Refusal) -> Int {
        var close = start + 2
        while !source.hasPrefix("#}", at: close) {
            guard close < source.bytes.count else { throw Refusal(start, "this {# is never closed") }
            close += 1
        }
        emit(.comment, range: start..<close + 2, trimsBefore: false, trimsAfter: false, takesLine: true)
        return textStart
    }

    private mutating func emit(
        _ kind: Token.Kind,
        range: Range<Int>,
        trimsBefore: Bool,
        trimsAfter: Bool,
        takesLine: Bool
    ) {
        var lower = range.lowerBound
        var upper = range.upperBound
        if takesLine, let line = lineTaken(by: range) {
            lower = line.lowerBound
            upper = line.upperBound
        }
        if trimsBefore {
            while lower > textStart, source.bytes[lower - 1].isSpace { lower -= 1 }
        }
        if trimsAfter {
            while upper < source.bytes.count, source.bytes[upper].isSpace { upper += 1 }
        }
        emitText(to: lower)
        tokens.append(Token(kind: kind, offset: range.lowerBound))
        textStart = upper
    }

    /// The whole line of a tag that stands alone on it.
    private func lineTaken(by range: Range<Int>) -> Range<Int>? {
        var lower = range.lowerBound
        while lower > textStart, source.bytes[lower - 1].isBlank { lower -= 1 }
        guard lower == 0 || source.bytes[lower - 1] == UInt8(ascii: "\n") else { return nil }
        var upper = range.upperBound
        while upper < source.bytes.count, source.bytes[upper].isBlank { upper += 1 }
        guard upper < source.bytes.count else { return lower..<upper }
        guard source.bytes[upper] == UInt8(ascii: "\n") else { return nil }
        return lower..<upper + 1
    }

    private mutating func emitText(to end: Int) {
        guard textStart < end else { return }
        tokens.append(Token(kind: .text(textStart..<end), offset: textStart))
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool { isSpace && self != UInt8(ascii: "\n") }
}
