/// The parameters of a statement, encoded one after the other into one buffer.
struct ParameterList: Sendable {
    struct Entry: Sendable {
        var type: PostgresType
        var format: PostgresFormat
        /// Where in `bytes`; text is followed by a NUL that the length leaves out.
        var start: Int
        /// -1 is NULL.
        var length: Int
        /// Where in the statement its placeholder stands.
        var mark: Int
    }

    /// The protocol counts parameters in 16 bits.
    static let maximumCount = 65_535

    private(set) var entries: [Entry] = []
    private(set) var bytes: [UInt8] = []
    /// Why the statement cannot be sent.
    var problem: String?

    mutating func reserve(_ count: Int) {
        entries.reserveCapacity(count)
        bytes.reserveCapacity(count * 24)
    }

    mutating func append<Value: PostgresEncodable>(_ value: Value?, mark: Int) {
        let start = bytes.count
        var length = -1
        if let value {
            value.encode(into: &bytes)
            length = bytes.count - start
            if Value.postgresFormat == .text {
                if bytes[start...].contains(0) { problem = "parameter $\(entries.count + 1) contains NUL" }
                bytes.append(0)
            }
        }
        append(
            Entry(type: Value.postgresType, format: Value.postgresFormat, start: start, length: length, mark: mark)
        )
    }

    /// Copies a parameter of a statement that is spliced into this one.
    mutating func append(_ entry: Entry, of other: ParameterList, mark: Int) {
        var copy = entry
        copy.start = bytes.count
        copy.mark = mark
        if entry.length >= 0 {
            bytes.append(contentsOf: other.bytes[entry.start..<entry.start + entry.length])
            if entry.format == .text { bytes.append(0) }
        }
        append(copy)
    }

    private mutating func append(_ entry: Entry) {
        entries.append(entry)
        if entries.count > Self.maximumCount { problem = "more than \(Self.maximumCount) parameters" }
        if entry.length > Int(Int32.max) { problem = "parameter $\(entries.count) is larger than 2 GB" }
    }

    /// Lends the parameters as libpq takes them: types, values, lengths, formats.
    func withPointers<Result>(_ body: (ParameterPointers) -> Result) -> Result {
        let count = entries.count
        return withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: count * 3) { numbers in
                bytes.withUnsafeBytes { bytes in
                    for (position, entry) in entries.enumerated() {
                        let value = entry.length < 0 ? nil : bytes.baseAddress.map { $0 + entry.start }
                        // An empty buffer has no address, but an empty value is not NULL.
                        values[position] = value?.assumingMemoryBound(to: CChar.self) ?? Self.empty(entry)
                        numbers[position] = Int32(bitPattern: entry.type.oid)
                        numbers[count + position] = Int32(clamping: max(0, entry.length))
                        numbers[2 * count + position] = entry.format.rawValue
                    }
                    guard count > 0, let base = numbers.baseAddress else { return body(ParameterPointers()) }
                    return base.withMemoryRebound(to: UInt32.self, capacity: count) { types in
                        body(
                            ParameterPointers(
                                count: Int32(count),
                                types: UnsafePointer(types),
                                values: UnsafePointer(values.baseAddress),
                                lengths: UnsafePointer(base + count),
                                formats: UnsafePointer(base + 2 * count)
                            )
                        )
                    }
                }
            }
        }
    }

    private static func empty(_ entry: Entry) -> UnsafePointer<CChar>? {
        guard entry.length == 0 else { return nil }
        let empty: StaticString = ""
        return UnsafeRawPointer(empty.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}

struct ParameterPointers {
    var count: Int32 = 0
    var types: UnsafePointer<UInt32>?
    var values: UnsafePointer<UnsafePointer<CChar>?>?
    var lengths: UnsafePointer<Int32>?
    var formats: UnsafePointer<Int32>?
}
