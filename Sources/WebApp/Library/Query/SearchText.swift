/// What somebody types to find prompts: `lighthouse "red boat" -night or harbour`.
///
/// All words must be there. A word of three letters or more finds all that begin with it, one in quotation marks only
/// itself; several in quotation marks stand beside each other. `-` before a word leaves out what has it, `or` between two
/// takes either.
struct SearchText: Sendable {
    static let longest = 500
    static let mostWords = 20

    /// For `to_tsquery('simple', …)`, every word in quotation marks, so that none can mean more; empty without words.
    let query: String
    let words: Int

    init(_ text: String) {
        var parts: [String] = []
        var separator = ""
        for word in Self.split(text) {
            if !word.isQuoted, word.text.lowercased() == "or" {
                if !parts.isEmpty { separator = " | " }
                continue
            }
            let isExcluded = !word.isQuoted && word.text.hasPrefix("-") || word.isExcluded
            let bare = word.isQuoted ? word.text : String(word.text.drop { $0 == "-" })
            // What has neither letter nor digit is not indexed.
            guard bare.contains(where: { $0.isLetter || $0.isNumber }) else { continue }
            let findsBeginnings = !word.isQuoted && bare.count >= 3
            parts.append(
                (parts.isEmpty ? "" : separator.isEmpty ? " & " : separator) + (isExcluded ? "!" : "")
                    + Self.quoted(bare) + (findsBeginnings ? ":*" : "")
            )
            separator = ""
        }
        query = parts.joined()
        words = parts.count
    }

    private struct Word {
        let text: String
        let isQuoted: Bool
        var isExcluded = false
    }

    /// By white space outside of quotation marks; one that is not closed reaches to the end.
    private static func split(_ text: String) -> [Word] {
        var words: [Word] = []
        var rest = text[...]
        while let start = rest.firstIndex(where: { !$0.isWhitespace }) {
            rest = rest[start...]
            let isExcluded = rest.hasPrefix("-\"")
            if isExcluded || rest.hasPrefix("\"") {
                rest = rest.dropFirst(isExcluded ? 2 : 1)
                let end = rest.firstIndex(of: "\"") ?? rest.endIndex
                words.append(Word(text: String(rest[..<end]), isQuoted: true, isExcluded: isExcluded))
                rest = rest[end...].dropFirst()
            } else {
                let end = rest.firstIndex { $0.isWhitespace || $0 == "\"" } ?? rest.endIndex
                words.append(Word(text: String(rest[..<end]), isQuoted: false))
                rest = rest[end...]
            }
        }
        return words
    }

    private static func quoted(_ word: String) -> String {
        var quoted = "'"
        for character in word {
            if character == "'" || character == "\\" { quoted.append(character) }
            quoted.append(character)
        }
        return quoted + "'"
    }
}
