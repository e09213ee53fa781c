/// The short name by which a request is found in the logs of everything it touched.
enum RequestID {
    /// `X-Request-Id` if it is 1 to 64 of `A-Z a-z 0-9 . _ -`: it goes into logs and replies.
    static func sent(in headers: RequestHeaders) -> String? {
        guard let value = headers["x-request-id"], (1...64).contains(value.utf8.count),
            value.utf8.allSatisfy({ ByteSet.unreserved.contains($0) && $0 != UInt8(ascii: "~") })
        else { return nil }
        return value
    }

    static func fresh() -> String { text(UInt64.random(in: .min ... .max)) }

    /// 13 characters of base 32, few enough that the string needs no allocation.
    static func text(_ value: UInt64) -> String {
        let digits: StaticString = "0123456789abcdefghjkmnpqrstvwxyz"
        return String(unsafeUninitializedCapacity: 13) { buffer in
            for position in 0..<13 {
                buffer[position] = digits.utf8Start[Int(value >> UInt64(60 - 5 * position) & 31)]
            }
            return 13
        }
    }
}

/// SplitMix64: names need to differ, not to be unguessable, and a system call for each would cost more than a request.
struct NameGenerator {
    private var state = UInt64.random(in: .min ... .max)

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
