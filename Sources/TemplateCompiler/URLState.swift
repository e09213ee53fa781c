/// How far a URL in an attribute has come, which decides what a value in it can still change.
enum URLState: Equatable {
    /// Nothing is written: a value decides the scheme.
    case start
    /// Static text that may still turn out to be a scheme.
    case scheme(String)
    /// A value, perhaps with more behind it, that may still turn out to be a scheme if a colon follows.
    case afterValue
    /// One slash, which a second would turn into another site.
    case slash
    /// Behind `scheme:` or `//`, up to the end of the host.
    case authority(hasHost: Bool)
    /// In the path, the query or the fragment of a site that is known.
    case later
    /// Behind `data:`.
    case opaque
    /// Branches differ in whether the URL has begun.
    case undecided

    static func join(_ one: URLState, _ other: URLState) -> URLState {
        if one == other { return one }
        switch (one, other) {
        case (.scheme, .scheme), (.scheme, .afterValue), (.afterValue, .scheme),
            (.later, .scheme), (.scheme, .later), (.later, .afterValue), (.afterValue, .later):
            return .afterValue
        case (.slash, .later), (.later, .slash): return .slash
        case (.authority, .authority), (.authority, .later), (.later, .authority),
            (.authority, .slash), (.slash, .authority):
            return .authority(hasHost: false)
        default: return .undecided
        }
    }

    /// Goes on by one static byte. Returns why it cannot stand here, if so.
    mutating func read(_ byte: UInt8, isAmpersandReference: Bool) -> String? {
        switch self {
        case .later, .opaque: return nil
        case .authority(let hasHost):
            readAuthority(byte, hasHost: hasHost)
            return nil
        case .slash:
            self = byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\") ? .authority(hasHost: false) : .later
            return nil
        case .start, .scheme, .afterValue, .undecided: break
        }
        if byte == UInt8(ascii: "&") {
            guard isAmpersandReference else { return "write the start of this URL without character references" }
            self = .later
            return nil
        }
        // Browsers skip these before they look for the scheme.
        if byte < 0x20 || (byte == 0x20 && self == .start) { return nil }
        switch byte {
        case UInt8(ascii: ":"): return readColon()
        case UInt8(ascii: "/"), UInt8(ascii: "\\"):
            if case .scheme = self { self = .later } else { self = .slash }
        case UInt8(ascii: "?"), UInt8(ascii: "#"): self = .later
        case _ where byte.isLetter || byte.isDigit || [0x2B, 0x2D, 0x2E].contains(byte): readSchemeCharacter(byte)
        default: if self != .undecided { self = .later }
        }
        return nil
    }

    private mutating func readSchemeCharacter(_ byte: UInt8) {
        switch self {
        case .start: self = .scheme(String(Unicode.Scalar(byte)))
        case .scheme(let text): self = .scheme(text + String(Unicode.Scalar(byte)))
        default: break
        }
    }

    private mutating func readColon() -> String? {
        switch self {
        case .scheme(let text):
            let scheme = text.lowercased()
            if scheme == "javascript" || scheme == "vbscript" { return "a \(scheme): URL cannot stand in a template" }
            self = scheme == "data" ? .opaque : .authority(hasHost: false)
            return nil
        case .afterValue: return "a value followed by ':' could be any scheme; put the whole URL into the value"
        case .undecided: return "whether this ':' ends a scheme depends on the branches or rounds before it"
        default:
            self = .later
            return nil
        }
    }

    private mutating func readAuthority(_ byte: UInt8, hasHost: Bool) {
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: "\\"): self = hasHost ? .later : .authority(hasHost: false)
        case UInt8(ascii: "?"), UInt8(ascii: "#"): self = .later
        default: self = .authority(hasHost: true)
        }
    }

    /// Goes on by one value. Returns why it cannot stand here, if so.
    mutating func readValue(isResource: Bool) -> String? {
        switch self {
        case .start, .scheme, .afterValue: self = .afterValue
        case .slash, .later: self = .later
        case .authority:
            if isResource { return "a page only loads from a site that is named in full; a value cannot choose it" }
            self = .authority(hasHost: true)
        case .opaque: return "a value cannot stand in a data: URL"
        case .undecided: return "whether the URL begins with this value depends on the branches or rounds before it"
        }
        return nil
    }
}
