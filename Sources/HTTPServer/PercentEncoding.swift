/// Decodes `%XX`, and for forms `+` as a space. `nil` for a broken escape, a NUL, or what is not UTF-8.
func percentDecoded(_ bytes: Span<UInt8>, plusIsSpace: Bool = false) -> String? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var position = 0
    while position < bytes.count {
        var byte = bytes[position]
        if byte == ASCII.percent {
            guard position + 2 < bytes.count, let high = ASCII.hexValue(bytes[position + 1]),
                let low = ASCII.hexValue(bytes[position + 2])
            else { return nil }
            byte = UInt8(high << 4 | low)
            position += 2
        } else if byte == ASCII.plus, plusIsSpace {
            byte = ASCII.space
        }
        if byte == 0 { return nil }
        decoded.append(byte)
        position += 1
    }
    return String(validating: decoded, as: UTF8.self)
}

func percentDecoded(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool = false) -> String? {
    percentDecoded(bytes.span, plusIsSpace: plusIsSpace)
}

/// Encodes everything but `unreserved` characters.
func percentEncoded(_ text: some StringProtocol) -> String {
    var encoded: [UInt8] = []
    for byte in text.utf8 {
        if ByteSet.unreserved.contains(byte) {
            encoded.append(byte)
        } else {
            encoded.append(ASCII.percent)
            encoded.append(UInt8(ascii: "0123456789ABCDEF", at: Int(byte >> 4)))
            encoded.append(UInt8(ascii: "0123456789ABCDEF", at: Int(byte & 15)))
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}

extension UInt8 {
    fileprivate init(ascii digits: StaticString, at position: Int) { self = digits.utf8Start[position] }
}
