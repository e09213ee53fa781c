import CPostgres

/// One value of a row in binary format, borrowed: valid only while a `PostgresDecodable` is made of it.
public struct PostgresCell {
    public let type: PostgresType
    /// `nil` for NULL.
    public let bytes: UnsafeRawBufferPointer?
    /// The result that it lies in and its column there, for messages.
    let result: OpaquePointer
    let column: Int32

    public var isNull: Bool { bytes == nil }

    public func mismatch(_ expected: Any.Type) -> PostgresError {
        let column = PQfname(result, column).map { String(cString: $0) } ?? "?"
        let found = bytes == nil ? "NULL" : "\(type)"
        return PostgresError(.decoding, "column “\(column)”: \(expected) was expected, \(found) was found")
    }

    /// The whole cell as one big-endian integer of this width.
    func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) -> Value? {
        guard let bytes, bytes.count == MemoryLayout<Value>.size else { return nil }
        return Value(bigEndian: bytes.loadUnaligned(as: Value.self))
    }
}

extension UnsafeRawBufferPointer {
    /// `nil` when the buffer ends before.
    func bigEndian<Value: FixedWidthInteger>(at offset: Int, _: Value.Type = Value.self) -> Value? {
        guard offset >= 0, offset + MemoryLayout<Value>.size <= count else { return nil }
        return Value(bigEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}

extension [UInt8] {
    mutating func append<Value: FixedWidthInteger>(bigEndian value: Value) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}
