extension String: PostgresConvertible, PostgresArrayElement {
    /// Inferred, so that a string can be compared with an enumeration; where nothing tells, write `\(text)::text`.
    public static var postgresType: PostgresType { .unspecified }
    public static var postgresFormat: PostgresFormat { .text }
    public func encode(into bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }

    /// Takes text, names, JSON and the labels of enumerations.
    public init(postgres cell: PostgresCell) throws(PostgresError) {
        switch cell.type {
        case .text, .varchar, .bpchar, .name, .unknown, .json: break
        case let type where type.isUserDefined: break
        default: throw cell.mismatch(String.self)
        }
        guard let bytes = cell.bytes else { throw cell.mismatch(String.self) }
        // Sessions speak UTF-8 and the server checks what it stores; validating once more costs as much as the string.
        self = String(decoding: bytes, as: UTF8.self)
    }
}
