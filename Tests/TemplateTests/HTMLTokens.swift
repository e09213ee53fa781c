/// A deliberately plain reader of HTML, independent of the compiler: the tokens a browser would find.
///
/// It follows the tokenizer of the HTML standard (13.2.5) far enough for the pages of these tests.
struct HTMLTokens {
    private let text: [Character]
    private var index = 0
    /// Tags with their attribute names, end tags and comments; what stands between is left out.
    private(set) var structure: [String] = []
    /// Every attribute value, its references decoded.
    private(set) var values: [(name: String, value: String)] = []

    init(_ html: String) {
        text = Array(html.unicodeScalars.map(Character.init))
        while index < text.count { readData() }
    }

    private func startsWith(_ prefix: String) -> Bool {
        let wanted = Array(prefix)
        guard index + wanted.count <= text.count else { return false }
        return zip(text[index...], wanted).allSatisfy { $0.lowercased() == $1.lowercased() }
    }

    private mutating func take(until ends: (Character) -> Bool) -> String {
        var taken = ""
        while index < text.count, !ends(text[index]) {
            taken.append(text[index])
            index += 1
        }
        return taken
    }

    private mutating func readData() {
        _ = take { $0 == "<" }
        guard index + 1 < text.count else {
            index = text.count
            return
        }
        if startsWith("<!--") {
            index += 4
            while index < text.count, !startsWith("-->") { index += 1 }
            index += 3
            structure.append("comment")
        } else if startsWith("<!") || startsWith("<?") {
            _ = take { $0 == ">" }
            structure.append("declaration")
        } else if startsWith("</") {
            index += 2
            structure.append("/" + take { $0 == ">" || $0.isWhitespace }.lowercased())
            _ = take { $0 == ">" }
        } else if text[index + 1].isASCII, text[index + 1].isLetter {
            index += 1
            readTag()
        } else {
            index += 1
        }
    }

    private mutating func readTag() {
        let name = take { $0 == ">" || $0 == "/" || $0.isWhitespace }.lowercased()
        var names: [String] = []
        var type = ""
        while index < text.count, text[index] != ">" {
            if text[index].isWhitespace || text[index] == "/" {
                index += 1
                continue
            }
            let attribute = take { $0 == "=" || $0 == ">" || $0 == "/" || $0.isWhitespace }.lowercased()
            names.append(attribute)
            guard index < text.count, text[index] == "=" else { continue }
            index += 1
            let value = readValue()
            values.append((attribute, value))
            if attribute == "type" { type = value }
        }
        index += 1
        structure.append(name + " " + names.joined(separator: " "))
        if ["script", "style", "title", "textarea", "iframe"].contains(name) {
            if name == "script" { structure.append("type " + type) }
            let start = index
            while index < text.count, !startsWith("</" + name) { index += 1 }
            if name == "script", type.isEmpty { structure.append("runs " + String(text[start..<index])) }
            if name == "style" { structure.append("styles " + String(text[start..<index])) }
        }
    }

    private mutating func readValue() -> String {
        guard index < text.count else { return "" }
        let quote = text[index]
        guard quote == "\"" || quote == "'" else { return decoded(take { $0 == ">" || $0.isWhitespace }) }
        index += 1
        let value = take { $0 == quote }
        index += 1
        return decoded(value)
    }

    private func decoded(_ value: String) -> String {
        let references = [("&#34;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        var decoded = ""
        var rest = value[...]
        while let first = rest.first {
            if let (reference, character) = references.first(where: { rest.hasPrefix($0.0) }) {
                decoded += character
                rest = rest.dropFirst(reference.count)
            } else {
                decoded.append(first)
                rest = rest.dropFirst()
            }
        }
        return decoded
    }
}
