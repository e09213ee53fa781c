/// The bytes of one template as its author saved them.
public struct TemplateSource: Sendable {
    /// More is not a template but a mistake.
    static let maximumBytes = 1 << 20

    public let path: String
    public let bytes: [UInt8]

    public init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    /// The file name without `.html`, which becomes the name of the function.
    var name: String {
        let file = path.split(separator: "/").last ?? ""
        return String(file.hasSuffix(".html") ? file.dropLast(5) : file)
    }

    func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    func location(of offset: Int) -> (line: Int, column: Int) {
        var line = 1
        var lineStart = 0
        for index in 0..<min(offset, bytes.count) where bytes[index] == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        return (line, offset - lineStart + 1)
    }

    func diagnostic(_ refusal: Refusal) -> Diagnostic {
        let (line, column) = location(of: refusal.offset)
        return Diagnostic(path: path, line: line, column: column, message: refusal.message)
    }

    func hasPrefix(_ prefix: StaticString, at offset: Int) -> Bool {
        let size = prefix.utf8CodeUnitCount
        guard offset >= 0, offset + size <= bytes.count else { return false }
        for index in 0..<size where bytes[offset + index] != prefix.utf8Start[index] { return false }
        return true
    }

    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, bytes[lower].isSpace { lower += 1 }
        while lower < upper, bytes[upper - 1].isSpace { upper -= 1 }
        return lower..<upper
    }
}

extension UInt8 {
    /// HTML's ASCII whitespace.
    var isSpace: Bool { self == 0x20 || self == 0x0A || self == 0x09 || self == 0x0D || self == 0x0C }

    var isLetter: Bool { (self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "z") }

    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    var isIdentifier: Bool { isLetter || isDigit || self == UInt8(ascii: "_") || self >= 0x80 }
}
