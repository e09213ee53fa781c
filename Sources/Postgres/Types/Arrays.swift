/// A type whose arrays travel: one-dimensional, without NULL elements.
public protocol PostgresArrayElement {
    static var arrayType: PostgresType { get }
    static var arrayFormat: PostgresFormat { get }
    static func encode(array: [Self], into bytes: inout [UInt8])
    static func decode(array cell: PostgresCell) throws(PostgresError) -> [Self]
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    public static var postgresType: PostgresType { Element.arrayType }
    public static var postgresFormat: PostgresFormat { Element.arrayFormat }
    public func encode(into bytes: inout [UInt8]) { Element.encode(array: self, into: &bytes) }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    public init(postgres cell: PostgresCell) throws(PostgresError) {
        self = try Element.decode(array: cell)
    }
}

extension UInt8: PostgresArrayElement {
    /// An array of bytes is a `bytea`.
    public static var arrayType: PostgresType { .bytea }
    public static var arrayFormat: PostgresFormat { .binary }
    public static func encode(array: [UInt8], into bytes: inout [UInt8]) { bytes.append(contentsOf: array) }

    public static func decode(array cell: PostgresCell) throws(PostgresError) -> [UInt8] {
        guard cell.type == .bytea, let bytes = cell.bytes else { throw cell.mismatch([UInt8].self) }
        return Array(bytes)
    }
}

extension PostgresArrayElement where Self: PostgresConvertible {
    public static var arrayType: PostgresType { postgresType.array }
    public static var arrayFormat: PostgresFormat { postgresFormat }

    public static func encode(array: [Self], into bytes: inout [UInt8]) {
        switch postgresFormat {
        case .text: encode(literal: array, into: &bytes)
        case .binary: encode(binary: array, into: &bytes)
        }
    }

    /// `{"a","b \"c\""}`, <https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO>.
    private static func encode(literal array: [Self], into bytes: inout [UInt8]) {
        var element: [UInt8] = []
        bytes.append(UInt8(ascii: "{"))
        for (position, value) in array.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            element.removeAll(keepingCapacity: true)
            value.encode(into: &element)
            bytes.append(UInt8(ascii: "\""))
            for byte in element {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Dimensions, whether there are NULLs, the element's type, then size and lower bound of each dimension, then the
    /// elements, each with its length (`array_send` in PostgreSQL's `arrayfuncs.c`).
    private static func encode(binary array: [Self], into bytes: inout [UInt8]) {
        bytes.append(bigEndian: Int32(array.isEmpty ? 0 : 1))
        bytes.append(bigEndian: Int32(0))
        bytes.append(bigEndian: postgresType.oid)
        guard !array.isEmpty else { return }
        bytes.append(bigEndian: Int32(clamping: array.count))
        bytes.append(bigEndian: Int32(1))
        for value in array {
            let lengthPosition = bytes.count
            bytes.append(bigEndian: Int32(0))
            value.encode(into: &bytes)
            let length = Int32(clamping: bytes.count - lengthPosition - 4)
            withUnsafeBytes(of: length.bigEndian) { length in
                for offset in 0..<4 { bytes[lengthPosition + offset] = length[offset] }
            }
        }
    }

    public static func decode(array cell: PostgresCell) throws(PostgresError) -> [Self] {
        guard let bytes = cell.bytes, let dimensions = bytes.bigEndian(at: 0, Int32.self),
            let type = bytes.bigEndian(at: 8, UInt32.self),
            cell.type.isUserDefined || PostgresType(oid: type).array == cell.type
        else { throw cell.mismatch([Self].self) }
        if dimensions == 0 { return [] }
        guard dimensions == 1, let count = bytes.bigEndian(at: 12, Int32.self), count >= 0 else {
            throw cell.mismatch([Self].self)
        }
        var elements: [Self] = []
        // An element takes at least its length, so a wrong count cannot reserve much.
        elements.reserveCapacity(min(Int(count), bytes.count / 4))
        var position = 20
        for _ in 0..<count {
            guard let length = bytes.bigEndian(at: position, Int32.self).map(Int.init), length >= 0,
                position + 4 + length <= bytes.count
            else { throw cell.mismatch([Self].self) }
            let element = PostgresCell(
                type: PostgresType(oid: type),
                bytes: UnsafeRawBufferPointer(rebasing: bytes[position + 4..<position + 4 + length]),
                result: cell.result,
                column: cell.column
            )
            elements.append(try Self(postgres: element))
            position += 4 + length
        }
        return elements
    }
}
