/// Finds the statements of a script, as `psql` would; bodies in `BEGIN ATOMIC` are not understood.
///
/// Needed outside a transaction only: PostgreSQL runs several statements sent as one in one transaction, which a
/// `CREATE INDEX CONCURRENTLY` refuses.
struct StatementSplitter {
    private let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) { self.text = text }

    /// Without their semicolons; what is only space and comments is left out.
    mutating func statements() -> [Range<Int>] {
        var statements: [Range<Int>] = []
        var start: Int?
        while position < text.count {
            switch (text[position], peek()) {
            case (UInt8(ascii: ";"), _):
                if let start { statements.append(start..<position) }
                start = nil
                position += 1
                continue
            case (UInt8(ascii: "-"), UInt8(ascii: "-")):
                skipLine()
                continue
            case (UInt8(ascii: "/"), UInt8(ascii: "*")):
                skipComment()
                continue
            case (0x09...0x0D, _), (0x20, _):
                position += 1
                continue
            default: break
            }
            if start == nil { start = position }
            switch text[position] {
            case UInt8(ascii: "'"): skipQuoted(escapes: isEscapeString)
            case UInt8(ascii: "\""): skipQuoted(escapes: false)
            case UInt8(ascii: "$"): skipDollarQuoted()
            default: position += 1
            }
        }
        if let start { statements.append(start..<text.count) }
        return statements
    }

    private func peek() -> UInt8? { position + 1 < text.count ? text[position + 1] : nil }

    private mutating func skipLine() {
        while position < text.count, text[position] != UInt8(ascii: "\n") { position += 1 }
    }

    /// These nest.
    private mutating func skipComment() {
        var depth = 0
        while position < text.count {
            switch (text[position], peek()) {
            case (UInt8(ascii: "/"), UInt8(ascii: "*")):
                depth += 1
                position += 2
            case (UInt8(ascii: "*"), UInt8(ascii: "/")):
                depth -= 1
                position += 2
                if depth == 0 { return }
            default: position += 1
            }
        }
    }

    /// `E'it\'s'`, where a backslash protects a quote.
    private var isEscapeString: Bool {
        guard position > 0, text[position - 1] | 0x20 == UInt8(ascii: "e") else { return false }
        return position < 2 || !isWordByte(text[position - 2])
    }

    /// A doubled quote ends one and begins another, which comes to the same.
    private mutating func skipQuoted(escapes: Bool) {
        let quote = text[position]
        position += 1
        while position < text.count, text[position] != quote {
            position += escapes && text[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        position = min(position + 1, text.count)
    }

    /// `$$…$$`, `$tag$…$tag$`; a `$1`, or a dollar within a word, begins nothing.
    private mutating func skipDollarQuoted() {
        let start = position
        position += 1
        if start > 0, isWordByte(text[start - 1]) { return }
        if let first = position < text.count ? text[position] : nil, (0x30...0x39).contains(first) { return }
        var end = position
        while end < text.count, isWordByte(text[end]), text[end] != UInt8(ascii: "$") { end += 1 }
        guard end < text.count, text[end] == UInt8(ascii: "$") else { return }
        let delimiter = text[start...end]
        position = end + 1
        while position + delimiter.count <= text.count {
            if text[position..<position + delimiter.count].elementsEqual(delimiter) {
                position += delimiter.count
                return
            }
            position += 1
        }
        position = text.count
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }
}
