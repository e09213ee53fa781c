import CZlib

/// A zip archive read as strictly as its records allow: whatever two of them say of the same thing must agree, and
/// between entries there is nothing. Knows only entries that are stored as they are.
///
/// Written from PKWARE's APPNOTE.TXT 6.3.10, section 4.3, and from no code that writes archives.
public struct ZipReader {
    public struct Entry: Sendable {
        public let name: String
        public let size: UInt64
        public let checksum: UInt32
        /// Seconds since midnight, and the day as in `1980-01-31`.
        public let seconds: Int
        public let day: String
        fileprivate let start: UInt64
    }

    public struct Damage: Error, CustomStringConvertible {
        public let description: String
    }

    public private(set) var entries: [Entry] = []
    private let size: UInt64
    private let read: (_ offset: UInt64, _ count: Int) -> [UInt8]?

    public init(_ bytes: [UInt8]) throws {
        try self.init(size: UInt64(bytes.count)) { offset, count in
            guard offset <= UInt64(bytes.count), Int(offset) + count <= bytes.count else { return nil }
            return Array(bytes[Int(offset)..<Int(offset) + count])
        }
    }

    /// - Parameter read: the bytes there; `nil` beyond the end.
    public init(size: UInt64, read: @escaping (_ offset: UInt64, _ count: Int) -> [UInt8]?) throws {
        self.size = size
        self.read = read
        var (count, directory, end) = try directory()
        var next: UInt64 = 0
        while count > 0 {
            let (entry, length) = try listed(at: directory)
            next = try check(entry, from: next)
            entries.append(entry)
            directory += length
            count -= 1
        }
        guard directory == end else { throw Damage(description: "the list is not as long as it says") }
    }

    /// Throws when it is not what its checksum says.
    public func content(of entry: Entry) throws -> [UInt8] {
        let bytes = try bytes(at: entry.start, Int(entry.size))
        guard UInt32(crc32(0, bytes, UInt32(bytes.count))) == entry.checksum else {
            throw Damage(description: "\(entry.name) has another checksum")
        }
        return bytes
    }

    public func content(of name: String) throws -> [UInt8] {
        guard let entry = entries.first(where: { $0.name == name }) else {
            throw Damage(description: "there is no \(name)")
        }
        return try content(of: entry)
    }

    /// How many entries the list has, where it is, and where it ends.
    private func directory() throws -> (count: UInt64, start: UInt64, end: UInt64) {
        guard size >= 22 else { throw Damage(description: "too short for an archive") }
        var record = try Record(bytes(at: size - 22, 22))
        try record.expect(0x0605_4B50, "the end")
        guard record.number(4) == 0 else { throw Damage(description: "more than one disk") }
        let (here, count) = (record.number(2), record.number(2))
        let (length, start) = (record.number(4), record.number(4))
        guard here == count, record.number(2) == 0 else { throw Damage(description: "the end contradicts itself") }
        guard count == 0xFFFF || length == 0xFFFF_FFFF || start == 0xFFFF_FFFF else {
            guard start + length == size - 22 else { throw Damage(description: "the list is not before the end") }
            return (count, start, start + length)
        }
        let large = try largeDirectory()
        for (short, long, most) in [
            (count, large.count, 0xFFFF), (length, large.end - large.start, 0xFFFF_FFFF),
            (start, large.start, 0xFFFF_FFFF),
        ] as [(UInt64, UInt64, UInt64)] where short != min(long, most) {
            throw Damage(description: "the two ends contradict each other")
        }
        return large
    }

    /// By the end of Zip64, which lies before a locator, which lies before the end.
    private func largeDirectory() throws -> (count: UInt64, start: UInt64, end: UInt64) {
        guard size >= 98 else { throw Damage(description: "too short for Zip64") }
        var locator = try Record(bytes(at: size - 42, 20))
        try locator.expect(0x0706_4B50, "the locator")
        guard locator.number(4) == 0, locator.number(8) == size - 98, locator.number(4) == 1 else {
            throw Damage(description: "the locator does not lead to the end of Zip64")
        }
        var record = try Record(bytes(at: size - 98, 56))
        try record.expect(0x0606_4B50, "the end of Zip64")
        guard record.number(8) == 44, record.number(2) & 0xFF == 45, record.number(2) == 45, record.number(8) == 0
        else { throw Damage(description: "the end of Zip64 has another size, version or disk") }
        let (here, count) = (record.number(8), record.number(8))
        let (length, start) = (record.number(8), record.number(8))
        guard here == count, start + length == size - 98 else {
            throw Damage(description: "the end of Zip64 contradicts itself")
        }
        return (count, start, start + length)
    }

    /// A line of the list, with how many bytes it takes.
    private func listed(at offset: UInt64) throws -> (Entry, UInt64) {
        var record = try Record(bytes(at: offset, 46))
        try record.expect(0x0201_4B50, "a line of the list")
        guard record.number(2) >> 8 == 3 else { throw Damage(description: "not made on Unix") }
        let properties = try Properties(&record)
        let (names, extras, comments) = (record.number(2), record.number(2), record.number(2))
        guard comments == 0, record.number(4) == 0, record.number(4) == 0o100644 << 16 else {
            throw Damage(description: "not a plain file")
        }
        var start = record.number(4)
        let name = try name(at: offset + 46, Int(names))
        var extra = try Record(bytes(at: offset + 46 + names, Int(extras)))
        var size = properties.size
        if !extra.isEmpty {
            guard extra.number(2) == 1, extra.number(2) == extras - 4 else {
                throw Damage(description: "a strange extra")
            }
            if size == 0xFFFF_FFFF {
                size = extra.number(8)
                guard extra.number(8) == size else { throw Damage(description: "\(name) has two sizes") }
            }
            if start == 0xFFFF_FFFF { start = extra.number(8) }
            guard extra.isEmpty, properties.version == 45 else { throw Damage(description: "an extra too long") }
        }
        let entry = Entry(
            name: name,
            size: size,
            checksum: properties.checksum,
            seconds: properties.seconds,
            day: properties.day,
            start: try contentStart(at: start, name, properties, size)
        )
        return (entry, 46 + names + extras)
    }

    /// What stands before the content says the same as the list.
    private func contentStart(at offset: UInt64, _ name: String, _ listed: Properties, _ size: UInt64) throws -> UInt64
    {
        var record = try Record(bytes(at: offset, 30))
        try record.expect(0x0403_4B50, "a header")
        let properties = try Properties(&record)
        let (names, extras) = (record.number(2), record.number(2))
        guard try self.name(at: offset + 30, Int(names)) == name, properties.checksum == listed.checksum,
            properties.seconds == listed.seconds, properties.day == listed.day, properties.size == listed.size
        else { throw Damage(description: "\(name) is another in the list") }
        if extras > 0 {
            var extra = try Record(bytes(at: offset + 30 + names, Int(extras)))
            guard extra.number(2) == 1, extra.number(2) == 16, extra.number(8) == size, extra.number(8) == size else {
                throw Damage(description: "\(name) is of another size in the list")
            }
        } else if properties.size == 0xFFFF_FFFF {
            throw Damage(description: "\(name) does not say its size")
        }
        return offset + 30 + names + extras
    }

    /// Answers where the next one begins.
    private func check(_ entry: Entry, from next: UInt64) throws -> UInt64 {
        guard entry.start > next, entry.start - next < 70_000 else {
            throw Damage(description: "\(entry.name) does not follow the one before")
        }
        return entry.start + entry.size
    }

    private func name(at offset: UInt64, _ count: Int) throws -> String {
        guard let name = String(validating: try bytes(at: offset, count), as: UTF8.self) else {
            throw Damage(description: "a name that is not UTF-8")
        }
        return name
    }

    private func bytes(at offset: UInt64, _ count: Int) throws -> [UInt8] {
        guard let bytes = read(offset, count), bytes.count == count else {
            throw Damage(description: "nothing at \(offset)")
        }
        return bytes
    }

    /// What a header and a line of the list have in common, from the version that is needed to the second size.
    private struct Properties {
        let version: UInt64
        let seconds: Int
        let day: String
        let checksum: UInt32
        let size: UInt64

        init(_ record: inout Record) throws {
            version = record.number(2)
            let (flags, method) = (record.number(2), record.number(2))
            let (time, date) = (Int(record.number(2)), Int(record.number(2)))
            seconds = (time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2
            let numbers = [1980 + date >> 9, date >> 5 & 15, date & 31]
            day = numbers.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: "-")
            checksum = UInt32(record.number(4))
            size = record.number(4)
            guard flags == 1 << 11, method == 0, record.number(4) == size, version == 10 || version == 45 else {
                throw Damage(description: "not stored as it is, or with names that are not in UTF-8")
            }
        }
    }

    /// Numbers in little-endian order, one after the other.
    private struct Record {
        private var rest: ArraySlice<UInt8>

        init(_ bytes: [UInt8]) { rest = bytes[...] }

        var isEmpty: Bool { rest.isEmpty }

        mutating func number(_ bytes: Int) -> UInt64 {
            let number = rest.prefix(bytes).reversed().reduce(0) { $0 << 8 | UInt64($1) }
            rest = rest.dropFirst(bytes)
            return number
        }

        mutating func expect(_ signature: UInt64, _ name: String) throws {
            guard number(4) == signature else { throw Damage(description: "\(name) is not where it should be") }
        }
    }
}
