extension Int: PostgresConvertible, PostgresArrayElement {
    public static var postgresType: PostgresType { .int8 }
    public func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: Int64(self)) }

    /// Takes every integer type.
    public init(postgres cell: PostgresCell) throws(PostgresError) {
        let value: Int? =
            switch cell.type {
            case .int8: cell.integer(Int64.self).map(Int.init)
            case .int4: cell.integer(Int32.self).map(Int.init)
            case .int2: cell.integer(Int16.self).map(Int.init)
            case .oid: cell.integer(UInt32.self).map(Int.init)
            default: nil
            }
        guard let value else { throw cell.mismatch(Int.self) }
        self = value
    }
}

extension Int32: PostgresConvertible, PostgresArrayElement {
    public static var postgresType: PostgresType { .int4 }
    public func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: self) }

    public init(postgres cell: PostgresCell) throws(PostgresError) {
        let value: Int32? =
            switch cell.type {
            case .int4: cell.integer()
            case .int2: cell.integer(Int16.self).map(Int32.init)
            default: nil
            }
        guard let value else { throw cell.mismatch(Int32.self) }
        self = value
    }
}

extension Int16: PostgresConvertible, PostgresArrayElement {
    public static var postgresType: PostgresType { .int2 }
    public func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: self) }

    public init(postgres cell: PostgresCell) throws(PostgresError) {
        guard cell.type == .int2, let value = cell.integer(Int16.self) else { throw cell.mismatch(Int16.self) }
        self = value
    }
}

extension Double: PostgresConvertible, PostgresArrayElement {
    public static var postgresType: PostgresType { .float8 }
    public func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: bitPattern) }

    public init(postgres cell: PostgresCell) throws(PostgresError) {
        let value: Double? =
            switch cell.type {
            case .float8: cell.integer(UInt64.self).map(Double.init(bitPattern:))
            case .float4: cell.integer(UInt32.self).map { Double(Float(bitPattern: $0)) }
            default: nil
            }
        guard let value else { throw cell.mismatch(Double.self) }
        self = value
    }
}

extension Bool: PostgresConvertible, PostgresArrayElement {
    public static var postgresType: PostgresType { .bool }
    public func encode(into bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }

    public init(postgres cell: PostgresCell) throws(PostgresError) {
        guard cell.type == .bool, let value = cell.integer(UInt8.self) else { throw cell.mismatch(Bool.self) }
        self = value != 0
    }
}
