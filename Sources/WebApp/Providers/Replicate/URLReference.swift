/// A reference as a `Location` header has it (RFC 9110, 10.2.2): absolute, or relative to the URL it was found at.
enum URLReference {
    /// As in RFC 3986, 5.2, but for dot segments, which the HTTP client removes. `nil` when `base` is no absolute URL.
    static func resolve(_ reference: String, against base: String) -> String? {
        if hasScheme(reference) { return reference }
        guard let mark = base.firstRange(of: "://") else { return nil }
        let end = base[mark.upperBound...].firstIndex { "/?#".contains($0) } ?? base.endIndex
        let path = base[end...].prefix { $0 != "?" && $0 != "#" }
        let origin = base[..<end]
        if reference.hasPrefix("//") { return "\(base[..<mark.lowerBound]):\(reference)" }
        if reference.hasPrefix("/") { return "\(origin)\(reference)" }
        if reference.isEmpty || reference.hasPrefix("?") || reference.hasPrefix("#") {
            return "\(origin)\(path)\(reference)"
        }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
        return "\(origin)\(folder)\(reference)"
    }

    private static func hasScheme(_ reference: String) -> Bool {
        guard let colon = reference.firstIndex(of: ":"), let first = reference.first else { return false }
        return first.isASCII && first.isLetter
            && reference[..<colon].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
    }
}
