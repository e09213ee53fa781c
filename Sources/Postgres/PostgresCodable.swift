/// How a value travels in the protocol.
public enum PostgresFormat: Int32, Sendable {
    case text = 0
    case binary = 1
}

/// A value that can be bound to a statement.
///
/// A `RawRepresentable` type needs no more than the conformance: it travels as its raw value.
public protocol PostgresEncodable {
    /// What the parameter is declared as; `.unspecified` leaves it to the server to infer from the statement.
    static var postgresType: PostgresType { get }
    static var postgresFormat: PostgresFormat { get }
    /// Appends the value in the format, without length and terminator.
    func encode(into bytes: inout [UInt8])
}

/// A value that a cell of a row can become.
///
/// A `RawRepresentable` type needs no more than the conformance: it is made of its raw value, and one that it refuses is
/// a decoding error.
public protocol PostgresDecodable {
    /// Throws `cell.mismatch` when the cell is of another type, or NULL.
    init(postgres cell: PostgresCell) throws(PostgresError)
}

public typealias PostgresConvertible = PostgresEncodable & PostgresDecodable

extension PostgresEncodable {
    public static var postgresFormat: PostgresFormat { .binary }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    public static var postgresType: PostgresType { RawValue.postgresType }
    public static var postgresFormat: PostgresFormat { RawValue.postgresFormat }
    public func encode(into bytes: inout [UInt8]) { rawValue.encode(into: &bytes) }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    public init(postgres cell: PostgresCell) throws(PostgresError) {
        guard let value = Self(rawValue: try RawValue(postgres: cell)) else { throw cell.mismatch(Self.self) }
        self = value
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    public init(postgres cell: PostgresCell) throws(PostgresError) {
        self = cell.isNull ? nil : try Wrapped(postgres: cell)
    }
}
