/// A `Content-Type` as a request has it (RFC 9110, section 8.3).
struct MediaType: Equatable {
    /// In lower case, such as `multipart/form-data`.
    let essence: String
    /// Names in lower case, values as they came, quotes removed.
    let parameters: [String: String]

    /// `nil` when it is malformed or names a parameter twice.
    init?(_ text: String) {
        var rest = text.utf8[...]
        guard let semicolon = rest.firstIndex(of: ASCII.semicolon) else {
            self.init(essence: String(text.trimmed), [:])
            return
        }
        let essence = String(text[..<semicolon].trimmed)
        rest = rest[semicolon...]
        var parameters: [String: String] = [:]
        while let (name, value) = Self.takeParameter(&rest) {
            guard parameters.updateValue(value, forKey: name.lowercased()) == nil else { return nil }
        }
        guard rest.isEmpty else { return nil }
        self.init(essence: essence, parameters)
    }

    private init?(essence: String, _ parameters: [String: String]) {
        let parts = essence.utf8.split(separator: ASCII.slash, omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(ByteSet.token.contains) }) else {
            return nil
        }
        self.essence = essence.lowercased()
        self.parameters = parameters
    }

    /// Takes `; name=value` or `; name="value"` off the front; `nil`, and the rest untouched, when that is not there.
    static func takeParameter(_ rest: inout Substring.UTF8View) -> (name: String, value: String)? {
        var ahead = rest
        guard ahead.popFirst() == ASCII.semicolon else { return nil }
        ahead.skipSpaces()
        let name = ahead.takeWhile(ByteSet.token.contains)
        guard !name.isEmpty, ahead.popFirst() == ASCII.equals else { return nil }
        let value: [UInt8]
        if ahead.first == ASCII.quote {
            guard let quoted = ahead.takeQuoted() else { return nil }
            value = quoted
        } else {
            value = ahead.takeWhile(ByteSet.token.contains)
            guard !value.isEmpty else { return nil }
        }
        guard let value = String(validating: value, as: UTF8.self) else { return nil }
        ahead.skipSpaces()
        rest = ahead
        return (String(decoding: name, as: UTF8.self), value)
    }

    /// `utf-8`, or nothing said.
    var isUTF8: Bool { parameters["charset"].map { $0.equalsIgnoringCase("utf-8") } ?? true }
}

extension Substring.UTF8View {
    mutating func skipSpaces() {
        while first == ASCII.space || first == ASCII.tab { removeFirst() }
    }

    mutating func takeWhile(_ isTaken: (UInt8) -> Bool) -> [UInt8] {
        var taken: [UInt8] = []
        while let byte = first, isTaken(byte) {
            taken.append(byte)
            removeFirst()
        }
        return taken
    }

    /// From one quote to the next; `nil` without a second.
    ///
    /// Only `\"` is an escape: browsers send a file name's backslash as it is.
    mutating func takeQuoted() -> [UInt8]? {
        var taken: [UInt8] = []
        removeFirst()
        while let byte = popFirst() {
            if byte == ASCII.quote { return taken }
            if byte == ASCII.backslash, first == ASCII.quote {
                taken.append(removeFirst())
            } else {
                taken.append(byte)
            }
        }
        return nil
    }
}
