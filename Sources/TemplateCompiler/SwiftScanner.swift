/// Finds where the Swift between `{{` and `}}` or `{%` and `%}` ends, past brackets and string literals.
struct SwiftScanner {
    private struct StringDelimiter {
        let hashes: Int
        let isMultiline: Bool
        let offset: Int
    }

    private struct Bracket {
        let closing: UInt8
        let offset: Int
        /// The literal to go on with behind the bracket of an interpolation.
        let interpolating: StringDelimiter?
    }

    private static let maximumDepth = 256

    private let source: TemplateSource
    private var index: Int
    private var open: [Bracket] = []

    private init(_ source: TemplateSource, from start: Int) {
        self.source = source
        index = start
    }

    /// The offset of `closing` that ends the code beginning at `start`.
    static func end(
        of closing: StaticString,
        in source: TemplateSource,
        from start: Int,
        opened: Int
    ) throws(Refusal) -> Int {
        var scanner = SwiftScanner(source, from: start)
        return try scanner.find(closing, opened: opened)
    }

    private mutating func find(_ closing: StaticString, opened: Int) throws(Refusal) -> Int {
        while index < source.bytes.count {
            if open.isEmpty, source.hasPrefix(closing, at: index) { return index }
            let byte = source.bytes[index]
            switch byte {
            case UInt8(ascii: "("): try push(UInt8(ascii: ")"))
            case UInt8(ascii: "["): try push(UInt8(ascii: "]"))
            case UInt8(ascii: "{"): try push(UInt8(ascii: "}"))
            case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): try pop(byte)
            case UInt8(ascii: "\""), UInt8(ascii: "#"): try readStringStart()
            case UInt8(ascii: "/") where source.hasPrefix("//", at: index) || source.hasPrefix("/*", at: index):
                throw Refusal(index, "a Swift comment cannot stand in a template tag; use {# … #}")
            default: index += 1
            }
        }
        if let bracket = open.last { throw unclosed(bracket) }
        throw Refusal(opened, "this \(source.text(opened..<opened + 2)) is never closed")
    }

    private mutating func push(_ closing: UInt8, interpolating: StringDelimiter? = nil) throws(Refusal) {
        guard open.count < Self.maximumDepth else { throw Refusal(index, "the brackets are nested too deeply") }
        open.append(Bracket(closing: closing, offset: index, interpolating: interpolating))
        index += 1
    }

    private mutating func pop(_ closing: UInt8) throws(Refusal) {
        guard let bracket = open.popLast() else {
            throw Refusal(index, "'\(Character(Unicode.Scalar(closing)))' closes nothing")
        }
        guard bracket.closing == closing else { throw unclosed(bracket) }
        index += 1
        if let string = bracket.interpolating { try readString(string) }
    }

    private func unclosed(_ bracket: Bracket) -> Refusal {
        Refusal(bracket.offset, "'\(Character(Unicode.Scalar(source.bytes[bracket.offset])))' is never closed")
    }

    private mutating func readStringStart() throws(Refusal) {
        let offset = index
        while index < source.bytes.count, source.bytes[index] == UInt8(ascii: "#") { index += 1 }
        let hashes = index - offset
        guard index < source.bytes.count, source.bytes[index] == UInt8(ascii: "\"") else { return }
        let isMultiline = source.hasPrefix("\"\"\"", at: index)
        index += isMultiline ? 3 : 1
        try readString(StringDelimiter(hashes: hashes, isMultiline: isMultiline, offset: offset))
    }

    /// Reads to the end of the literal, or to an interpolation in it.
    private mutating func readString(_ string: StringDelimiter) throws(Refusal) {
        while index < source.bytes.count {
            let byte = source.bytes[index]
            if byte == UInt8(ascii: "\""), !string.isMultiline || source.hasPrefix("\"\"\"", at: index) {
                let quotes = string.isMultiline ? 3 : 1
                index += quotes
                if readHashes(string.hashes) { return }
                index -= quotes - 1
            } else if byte == UInt8(ascii: "\\") {
                index += 1
                guard readHashes(string.hashes), index < source.bytes.count else { continue }
                if source.bytes[index] == UInt8(ascii: "(") {
                    return try push(UInt8(ascii: ")"), interpolating: string)
                }
                index += 1
            } else if byte == UInt8(ascii: "\n"), !string.isMultiline {
                break
            } else {
                index += 1
            }
        }
        throw Refusal(string.offset, "this string is never closed")
    }

    /// Moves past exactly so many hashes, or not at all.
    private mutating func readHashes(_ count: Int) -> Bool {
        guard index + count <= source.bytes.count else { return false }
        for offset in index..<index + count where source.bytes[offset] != UInt8(ascii: "#") { return false }
        index += count
        return true
    }
}
