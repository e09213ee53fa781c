extension String {
    /// A provider's own words, made fit to be stored and shown: one line, of at most `limit` characters, without what
    /// is invisible, and without the token, should they repeat it.
    func cleaned(atMost limit: Int, hiding token: Secret? = nil) -> String {
        var text = self
        if let token, !token.revealed.isEmpty { text = text.replacing(token.revealed, with: "•••") }
        var line = String.UnicodeScalarView()
        var count = 0
        var needsSpace = false
        for scalar in text.unicodeScalars {
            if scalar.isInvisible || scalar.properties.isWhitespace {
                needsSpace = true
                continue
            }
            let isSpaced = needsSpace && count > 0
            guard count + (isSpaced ? 2 : 1) <= limit else { return String(line) + "…" }
            if isSpaced { line.append(" ") }
            needsSpace = false
            line.append(scalar)
            count += isSpaced ? 2 : 1
        }
        return String(line)
    }
}

extension Unicode.Scalar {
    /// NUL, which PostgreSQL does not store, other controls, and what turns the direction of writing; not the joiners
    /// that some scripts and pictograms need.
    fileprivate var isInvisible: Bool {
        switch properties.generalCategory {
        case .control: true
        case .format: value != 0x200C && value != 0x200D
        default: false
        }
    }
}
