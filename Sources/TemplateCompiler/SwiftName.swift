/// The little that the compiler knows of Swift's own grammar.
enum SwiftName {
    /// Whether this can name a function once it is put in backticks, and a parameter as it is.
    static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, !first.isDigit, !["_", "inout", "let", "var"].contains(name) else {
            return false
        }
        return name.utf8.allSatisfy(\.isIdentifier)
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
