public import JSON

extension JSON: PostgresConvertible {
    public static var postgresType: PostgresType { .jsonb }

    /// The text behind a version number, which is 1 (`jsonb_recv`).
    public func encode(into bytes: inout [UInt8]) {
        bytes.append(1)
        bytes.append(contentsOf: serialized())
    }

    /// Takes `jsonb` and `json`.
    public init(postgres cell: PostgresCell) throws(PostgresError) {
        let text = try RawJSON(postgres: cell).bytes
        do {
            try self.init(parsing: text)
        } catch {
            throw PostgresError(.decoding, "JSON in the database: \(error)")
        }
    }
}

/// JSON text as it is stored, for passing on unread.
public struct RawJSON: Sendable, Hashable, PostgresConvertible {
    /// UTF-8.
    public let bytes: [UInt8]

    /// The server checks the text when it is stored.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public static var postgresType: PostgresType { .jsonb }

    public func encode(into bytes: inout [UInt8]) {
        bytes.append(1)
        bytes.append(contentsOf: self.bytes)
    }

    public init(postgres cell: PostgresCell) throws(PostgresError) {
        switch (cell.type, cell.bytes) {
        case (.jsonb, let bytes?) where bytes.first == 1: self.bytes = Array(bytes.dropFirst())
        case (.json, let bytes?): self.bytes = Array(bytes)
        default: throw cell.mismatch(RawJSON.self)
        }
    }
}
