import HTTPServer

/// A client's own name for a request that it may have to send again, from the header `Idempotency-Key`
/// (draft-ietf-httpapi-idempotency-key-header-07).
struct IdempotencyKey: Sendable, Hashable {
    static let header = "Idempotency-Key"
    static let longest = 255
    /// After so long the same key is a new one.
    static let lasts = Duration.seconds(86_400)

    let text: String

    /// `nil` when the request has none.
    init?(_ request: Request) throws(InvalidIdempotencyKey) {
        let fields = request.headers.all(Self.header)
        guard let field = fields.first else { return nil }
        guard fields.count == 1, let text = Self.text(of: Array(field.utf8)),
            (1...Self.longest).contains(text.utf8.count)
        else { throw InvalidIdempotencyKey() }
        self.text = text
    }

    /// A string of RFC 8941, section 3.3.3; or, as most clients send it, the same without quotes.
    private static func text(of field: [UInt8]) -> String? {
        guard field.first == UInt8(ascii: "\"") else {
            let isPlain = field.allSatisfy { (0x21...0x7E).contains($0) && !"\",;".utf8.contains($0) }
            return isPlain ? String(decoding: field, as: UTF8.self) : nil
        }
        var text: [UInt8] = []
        var rest = field[1...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                return rest.isEmpty ? String(decoding: text, as: UTF8.self) : nil
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst(), "\"\\".utf8.contains(escaped) else { return nil }
                text.append(escaped)
            case 0x20...0x7E:
                text.append(byte)
            default:
                return nil
            }
        }
        return nil
    }
}

struct InvalidIdempotencyKey: Error {
    let problem = FieldProblem(
        [IdempotencyKey.header],
        "Should be one string of 1 to \(IdempotencyKey.longest) printable ASCII characters",
        type: "idempotency_key_parsing"
    )
}
