import CPostgres

/// A universally unique identifier, RFC 9562; ordered as its bytes are.
public struct UUID: Sendable, Hashable {
    private let high: UInt64
    private let low: UInt64

    /// Before all others.
    public static let zero = UUID(high: 0, low: 0)

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Version 4: chance, from the kernel.
    public static func random() -> UUID {
        var generator = SystemRandomNumberGenerator()
        return UUID(high: generator.next(), low: generator.next()).marked(version: 4)
    }

    /// Version 7: the time in milliseconds, 12 bits of the rest of it, then chance, so that keys made later sort later
    /// (section 6.2, method 3).
    public static func timeOrdered() -> UUID {
        let nanoseconds = UInt64(cpostgres_wall_clock())
        let milliseconds = nanoseconds / 1_000_000
        let fraction = nanoseconds % 1_000_000 * 4096 / 1_000_000
        var generator = SystemRandomNumberGenerator()
        return UUID(high: milliseconds << 16 | fraction, low: generator.next()).marked(version: 7)
    }

    /// Before all of version 7 that are made at this time or later, and after all that were made before its millisecond.
    public static func earliest(at time: Timestamp) -> UUID {
        let milliseconds = max(0, time.microseconds) / 1000
        return UUID(high: UInt64(min(milliseconds, 1 << 48 - 1)) << 16, low: 0)
    }

    /// After all others.
    public static let last = UUID(high: .max, low: .max)

    private func marked(version: UInt64) -> UUID {
        UUID(high: high & ~0xF000 | version << 12, low: low & ~(3 << 62) | 2 << 62)
    }

    /// Takes the 36 characters with four hyphens, in either case, and nothing else.
    public init?(_ text: some StringProtocol) {
        var words: (UInt64, UInt64) = (0, 0)
        var position = 0
        for byte in text.utf8 {
            defer { position += 1 }
            switch position {
            case 8, 13, 18, 23:
                guard byte == UInt8(ascii: "-") else { return nil }
            case 0..<36:
                let digit: UInt8
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
                case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
                case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
                default: return nil
                }
                words.0 = words.0 << 4 | words.1 >> 60
                words.1 = words.1 << 4 | UInt64(digit)
            default: return nil
            }
        }
        guard position == 36 else { return nil }
        self.init(high: words.0, low: words.1)
    }

    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes
    }
}

extension UUID: Comparable {
    public static func < (left: UUID, right: UUID) -> Bool { (left.high, left.low) < (right.high, right.low) }
}

extension UUID: LosslessStringConvertible {
    /// In lower case.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { text in
            var position = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    text[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = index < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (index % 16)) & 15)
                text[position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                position += 1
            }
            return position
        }
    }
}

extension UUID: PostgresConvertible, PostgresArrayElement {
    public static var postgresType: PostgresType { .uuid }

    public func encode(into bytes: inout [UInt8]) {
        bytes.append(bigEndian: high)
        bytes.append(bigEndian: low)
    }

    public init(postgres cell: PostgresCell) throws(PostgresError) {
        guard cell.type == .uuid, let high = cell.bytes?.bigEndian(at: 0, UInt64.self),
            let low = cell.bytes?.bigEndian(at: 8, UInt64.self)
        else { throw cell.mismatch(UUID.self) }
        self.init(high: high, low: low)
    }
}
