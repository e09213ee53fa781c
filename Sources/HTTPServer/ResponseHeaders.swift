/// A response's header fields, few and in order.
///
/// Names are the program's own, so a wrong one is a programming error. Values may hold what a visitor typed: CR, LF,
/// NUL and other control characters become spaces (RFC 9110, section 5.5), so that nothing can begin a new field.
public struct ResponseHeaders: Sendable, ExpressibleByDictionaryLiteral {
    public private(set) var pairs: [(name: String, value: String)]

    public init() { pairs = [] }

    public init(dictionaryLiteral elements: (String, String)...) {
        pairs = []
        for (name, value) in elements { append(name, value) }
    }

    /// The first value of the field; setting replaces all of them, `nil` removes them.
    public subscript(_ name: String) -> String? {
        get { pairs.first { $0.name.equalsIgnoringCase(name) }?.value }
        set {
            pairs.removeAll { $0.name.equalsIgnoringCase(name) }
            if let newValue { append(name, newValue) }
        }
    }

    /// Replaces every value of the field.
    public mutating func set(_ name: String, _ value: String) { self[name] = value }

    /// Adds a value beside those the field has, as `Set-Cookie` needs it.
    public mutating func append(_ name: String, _ value: String) {
        precondition(Self.mayBeSet(name), "\(name) is not a header field a handler may set")
        pairs.append((name, Self.isClean(value) ? value : Self.cleaned(value)))
    }

    public func contains(_ name: String) -> Bool { pairs.contains { $0.name.equalsIgnoringCase(name) } }

    /// A token, and not one of those that frame the message, which are the server's.
    private static func mayBeSet(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.allSatisfy(ByteSet.token.contains) else { return false }
        switch name.utf8.count {
        case 4: return !name.equalsIgnoringCase("date")
        case 10: return !name.equalsIgnoringCase("connection")
        case 14: return !name.equalsIgnoringCase("content-length")
        case 17: return !name.equalsIgnoringCase("transfer-encoding")
        default: return true
        }
    }

    private static func isClean(_ value: String) -> Bool { value.utf8.allSatisfy(ASCII.isFieldValue) }

    private static func cleaned(_ value: String) -> String {
        String(decoding: value.utf8.map { ASCII.isFieldValue($0) ? $0 : ASCII.space }, as: UTF8.self)
    }
}
