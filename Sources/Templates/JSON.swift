/// What a template may hand to a script: one JSON value as text.
public protocol JSONRepresentable {
    /// Valid JSON; what HTML would misread is escaped when it is written.
    var jsonText: String { get }
}

/// Text that already is one JSON value.
public struct JSONText: JSONRepresentable, Sendable {
    public let jsonText: String

    /// The caller vouches for the syntax. Wrong syntax breaks the reader of the value, never the page around it.
    public init(valid text: String) {
        jsonText = text
    }
}

extension HTML {
    /// The content of `<script type="application/json">`.
    ///
    /// `<`, `>` and `&` can only stand inside strings of valid JSON, where `\u003c` means the same, so no value ends
    /// the script or begins a comment. The two line separators are escaped for readers older than ES2019.
    @inlinable public mutating func json(_ value: some JSONRepresentable) { script(value.jsonText) }

    @usableFromInline mutating func script(_ json: String) {
        json.withBytes { bytes in
            write(atMost: 6 * bytes.count) { destination in
                var output = destination
                var index = 0
                while index < bytes.count {
                    let byte = bytes[index]
                    index += 1
                    switch byte {
                    case UInt8(ascii: "<"): output = put("\\u003c", output)
                    case UInt8(ascii: ">"): output = put("\\u003e", output)
                    case UInt8(ascii: "&"): output = put("\\u0026", output)
                    case 0xE2 where index + 1 < bytes.count && bytes[index] == 0x80 && bytes[index + 1] | 1 == 0xA9:
                        output = put(bytes[index + 1] == 0xA8 ? "\\u2028" : "\\u2029", output)
                        index += 2
                    default: output = put(byte, output)
                    }
                }
                return output
            }
        }
    }

    @available(*, unavailable, message: "a value in a JSON script is JSONRepresentable, or JSONText(valid:)")
    public mutating func json<Value>(_ value: Value) {}
}

extension String: JSONRepresentable {
    public var jsonText: String {
        var quoted = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension Bool: JSONRepresentable {
    public var jsonText: String { text }
}

extension Int: JSONRepresentable {
    public var jsonText: String { String(self) }
}

extension Int64: JSONRepresentable {
    public var jsonText: String { String(self) }
}

extension Int32: JSONRepresentable {
    public var jsonText: String { String(self) }
}

extension UInt64: JSONRepresentable {
    public var jsonText: String { String(self) }
}

/// `null` for what is not finite: JSON has no word for it.
extension Double: JSONRepresentable {
    public var jsonText: String { isFinite ? description : "null" }
}

extension Optional: JSONRepresentable where Wrapped: JSONRepresentable {
    public var jsonText: String { self?.jsonText ?? "null" }
}

extension Array: JSONRepresentable where Element: JSONRepresentable {
    public var jsonText: String { "[" + map(\.jsonText).joined(separator: ",") + "]" }
}

/// In the order of the names, so that equal values are equal bytes.
extension Dictionary: JSONRepresentable where Key == String, Value: JSONRepresentable {
    public var jsonText: String {
        let members = sorted { $0.key < $1.key }.map { $0.key.jsonText + ":" + $0.value.jsonText }
        return "{" + members.joined(separator: ",") + "}"
    }
}
