/// One word of a search: `boats`, `"two boats"`, `state:failed`, `error:"timed out"`.
struct SearchWord: Sendable, Equatable {
    /// As it was typed.
    let text: String
    /// In lower case, without its colon; `nil` for a word of the prompt.
    let qualifier: String?
    /// Without quotation marks.
    let value: String
    private let isQuoted: Bool

    /// The value's parts between commas; one in quotation marks is whole.
    var values: [String] {
        if isQuoted { return value.isEmpty ? [] : [value] }
        return value.split(separator: ",").map(String.init)
    }

    /// Words are separated by white space outside of quotation marks; one that is not closed reaches to the end.
    static func split(_ text: String) -> [SearchWord] {
        var words: [SearchWord] = []
        var word = ""
        var isQuoted = false
        for character in text {
            if character == "\"" { isQuoted.toggle() }
            if character.isWhitespace, !isQuoted {
                if !word.isEmpty { words.append(SearchWord(word)) }
                word = ""
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(SearchWord(word)) }
        return words
    }

    /// A name is letters only, so that `16:9` and `"note: this"` are words like others.
    private init(_ text: String) {
        self.text = text
        let name = text.prefix { $0 != ":" && $0 != "\"" }
        let isName = !name.isEmpty && name.utf8.allSatisfy { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || $0 == 0x5F }
        if isName, name.endIndex < text.endIndex, text[name.endIndex] == ":" {
            qualifier = name.lowercased()
            let rest = text[name.endIndex...].dropFirst()
            isQuoted = rest.hasPrefix("\"")
            value = rest.filter { $0 != "\"" }
        } else {
            qualifier = nil
            isQuoted = text.hasPrefix("\"")
            value = text.filter { $0 != "\"" }
        }
    }

    private static let secondsOfUnit: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]

    /// `90s`, `1h30m`; up to about a century.
    static func duration(_ text: some StringProtocol) -> Duration? {
        var seconds = 0
        var digits = ""
        for character in text {
            if character.isASCII, character.isNumber {
                digits.append(character)
            } else {
                guard let unit = secondsOfUnit[character], digits.utf8.count <= 9, let number = Int(digits) else {
                    return nil
                }
                seconds += number * unit
                digits = ""
            }
        }
        guard digits.isEmpty, !text.isEmpty, seconds <= 100 * 365 * 86_400 else { return nil }
        return .seconds(seconds)
    }

    /// `2`, `>2`, `>=2`, `<2`, `<=2`; `nil` for anything else.
    static func range(_ text: String) -> ClosedRange<Int>? {
        let sign = text.prefix { $0 == "<" || $0 == ">" || $0 == "=" }
        let digits = text.dropFirst(sign.count)
        guard (1...6).contains(digits.utf8.count), let number = Int(digits), number >= 0 else { return nil }
        let most = Int(Int32.max)
        return switch sign {
        case "", "=": number...number
        case ">": number + 1...most
        case ">=": number...most
        case "<": number > 0 ? 0...number - 1 : -1 ... -1
        case "<=": 0...number
        default: nil
        }
    }
}
