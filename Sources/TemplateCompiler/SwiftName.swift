/// The little that the compiler knows of Swift's own grammar.
enum SwiftName {
    /// Whether this can name a function once it is put in backticks, and a parameter as it is.
    static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, !first.isDigit, !["_", "inout", "let", "var"].contains(name) else {
            return false
        }
        return name.utf8.allSatisfy(\.isIdentifier)
    }

    private static let keywords: Set<String> = [
        "Any", "Self", "Type", "as", "associatedtype", "await", "break", "case", "catch", "class", "continue",
        "default", "defer", "deinit", "do", "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for",
        "func", "guard", "if", "import", "in", "init", "internal", "is", "nil", "operator", "precedencegroup",
        "private", "protocol", "public", "repeat", "rethrows", "return", "self", "static", "struct", "subscript",
        "super", "switch", "throw", "throws", "true", "try", "typealias", "where", "while",
    ]

    /// The name as it is used in an expression.
    static func escaped(_ name: String) -> String {
        keywords.contains(name) ? "`\(name)`" : name
    }

    /// The names a body knows its parameters by: the last word before each colon that follows a comma or the start.
    static func parameters(in source: TemplateSource, _ range: Range<Int>) -> [String] {
        var names: [String] = []
        var depth = 0
        var word = range.lowerBound..<range.lowerBound
        var isName = true
        for index in range {
            let byte = source.bytes[index]
            switch byte {
            case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: ",") where depth == 0: isName = true
            case UInt8(ascii: ":") where depth == 0 && isName:
                let name = source.text(word)
                if isValid(name) { names.append(name) }
                isName = false
            case _ where byte.isIdentifier && isName && depth == 0:
                word = (word.upperBound == index ? word.lowerBound : index)..<index + 1
            default: continue
            }
        }
        return names
    }
}
