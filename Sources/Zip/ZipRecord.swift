/// The bytes of a record, numbers in little-endian order.
struct ZipRecord {
    /// From here on a 32-bit field says only that the number stands elsewhere.
    static let tooLarge = UInt64(UInt32.max)

    var bytes: [UInt8] = []

    mutating func put<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Numbers of 64 bits in place of fields that are too short, 4.5.3.
    mutating func putExtra(_ numbers: [UInt64]) {
        put(1 as UInt16)
        put(UInt16(8 * numbers.count))
        for number in numbers { put(number) }
    }

    /// The end of the central directory, 4.3.16, and before it that of Zip64 where it is needed, 4.3.14 and 4.3.15.
    mutating func putEnd(entries: UInt64, size: UInt64, start: UInt64) {
        let isLarge = entries >= UInt64(UInt16.max) || size >= Self.tooLarge || start >= Self.tooLarge
        if isLarge {
            put(0x0606_4B50 as UInt32)
            // Of what follows in this record.
            put(44 as UInt64)
            put((3 << 8 | 45) as UInt16)
            put(45 as UInt16)
            put(0 as UInt32)
            put(0 as UInt32)
            for number in [entries, entries, size, start] { put(number) }
            // Where to find it.
            put(0x0706_4B50 as UInt32)
            put(0 as UInt32)
            put(start + size)
            put(1 as UInt32)
        }
        put(0x0605_4B50 as UInt32)
        put(0 as UInt32)
        for _ in 0..<2 { put(UInt16(min(entries, UInt64(UInt16.max)))) }
        for number in [size, start] { put(UInt32(min(number, Self.tooLarge))) }
        put(0 as UInt16)
    }
}
