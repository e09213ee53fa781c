/// What Redis answers (RESP2).
public enum RedisValue: Sendable, Equatable {
    case null
    case integer(Int)
    case bytes([UInt8])
    /// A short fixed word, as `OK`.
    case status(String)
    case array([RedisValue])
    /// Inside an array, as from `EXEC`; a command whose whole answer is an error throws instead.
    case error(String)

    /// The number, also when it came as text, as from `GET`.
    public var integer: Int? {
        if case .integer(let number) = self { return number }
        return text.flatMap { Int($0) }
    }

    /// Bytes or status as text.
    public var text: String? {
        switch self {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .status(let word): word
        default: nil
        }
    }

    public var bytes: [UInt8]? {
        if case .bytes(let bytes) = self { return bytes }
        return nil
    }

    public var array: [RedisValue]? {
        if case .array(let values) = self { return values }
        return nil
    }

    public var isNull: Bool { self == .null }
}
