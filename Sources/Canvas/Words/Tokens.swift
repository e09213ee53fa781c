/// Cutting a prompt into words.
enum Tokens {
    /// Further words are not looked at, so that a long prompt costs no more than a page of text.
    static let limit = 400

    /// Words in lower case and without accents; everything that is no letter or digit separates.
    static func words(of text: String) -> [String] {
        var words: [String] = []
        var word = ""
        for scalar in text.unicodeScalars.prefix(limit * 20) {
            if let folded = fold(scalar) {
                word += folded
            } else if !word.isEmpty, scalar.value < 0x300 || scalar.value > 0x36F {
                words.append(word)
                word = ""
                if words.count == limit { return words }
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    /// `nil` for what is no part of a word. Letters beyond Latin stand for themselves.
    private static func fold(_ scalar: Unicode.Scalar) -> String? {
        guard scalar.properties.isAlphabetic || scalar.properties.numericType != nil else { return nil }
        if scalar.isASCII { return String(scalar).lowercased() }
        switch scalar {
        case "ä", "à", "á", "â", "ã", "å", "Ä", "À", "Á", "Â", "Ã", "Å": return "a"
        case "è", "é", "ê", "ë", "È", "É", "Ê", "Ë": return "e"
        case "ì", "í", "î", "ï", "Ì", "Í", "Î", "Ï": return "i"
        case "ö", "ò", "ó", "ô", "õ", "Ö", "Ò", "Ó", "Ô", "Õ": return "o"
        case "ü", "ù", "ú", "û", "Ü", "Ù", "Ú", "Û": return "u"
        case "ñ", "Ñ": return "n"
        case "ç", "Ç": return "c"
        case "ß": return "ss"
        default: return String(scalar).lowercased()
        }
    }

    /// FNV-1a over the whole text: what unknown words decide by.
    static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash ^ hash >> 32
    }
}
