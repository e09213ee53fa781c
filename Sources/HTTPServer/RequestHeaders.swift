/// A request's header fields: positions in the head's bytes, so that a field nobody asks for costs nothing.
public struct RequestHeaders: Sendable {
    let head: [UInt8]
    let fields: [FieldPosition]

    /// The first value of the field, names compared without case; `nil` when the request has none.
    public subscript(_ name: String) -> String? {
        var name = name
        return name.withUTF8 { wanted in
            for field in fields where isNamed(field, wanted) { return text(field.value) }
            return nil
        }
    }

    /// Every value of the field, in the order they came.
    public func all(_ name: String) -> [String] {
        var name = name
        return name.withUTF8 { wanted in
            fields.filter { isNamed($0, wanted) }.map { text($0.value) }
        }
    }

    /// Every field in the order they came.
    public var pairs: [(name: String, value: String)] {
        fields.map { (text($0.name), text($0.value)) }
    }

    private func isNamed(_ field: FieldPosition, _ wanted: UnsafeBufferPointer<UInt8>) -> Bool {
        guard field.nameEnd - field.nameStart == wanted.count else { return false }
        for offset in 0..<wanted.count
        where ASCII.lowercased(head[Int(field.nameStart) + offset]) != ASCII.lowercased(wanted[offset]) {
            return false
        }
        return true
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: head[range], as: UTF8.self) }
}

/// The cookies of a request (RFC 6265, section 5.4).
public struct Cookies: Sendable {
    private let lines: [String]

    init(_ headers: RequestHeaders) { lines = headers.all("cookie") }

    /// The first cookie of this exact name, as it was set: without quotes removed or escapes decoded.
    public subscript(_ name: String) -> String? {
        for line in lines {
            for pair in line.split(separator: ";") {
                let pair = pair.trimmed
                guard let equals = pair.firstIndex(of: "="), pair[..<equals] == name else { continue }
                return String(pair[pair.index(after: equals)...])
            }
        }
        return nil
    }
}
