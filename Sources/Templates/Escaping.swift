extension HTML {
    /// Writes characters with `& < > " '` as references, which is right in element content and in quoted attributes.
    @usableFromInline mutating func escape(_ text: String) {
        text.withBytes { escape($0) }
    }

    /// Eight bytes at a time: a word without a special byte is one load, one store and no branch taken.
    private mutating func escape(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress else { return }
        let size = bytes.count
        // A byte becomes five at most, and the last word stored may reach seven bytes past what counts.
        write(atMost: 5 * size + 8) { destination in
            var output = destination
            var index = 0
            while index + 8 <= size {
                let word = UInt64(littleEndian: UnsafeRawPointer(source + index).loadUnaligned(as: UInt64.self))
                UnsafeMutableRawPointer(output).storeBytes(of: word.littleEndian, as: UInt64.self)
                let special = specialBytes(word)
                if special == 0 {
                    index += 8
                    output += 8
                } else {
                    let plain = special.trailingZeroBitCount / 8
                    output = writeReference(source[index + plain], output + plain)
                    index += plain + 1
                }
            }
            while index < size {
                output = writeReference(source[index], output)
                index += 1
            }
            return output
        }
    }

    @inlinable mutating func integer(_ value: some FixedWidthInteger) {
        guard let magnitude = UInt64(exactly: value.magnitude) else { return escape(String(value)) }
        integer(magnitude, isNegative: value < 0)
    }

    @usableFromInline mutating func integer(_ magnitude: UInt64, isNegative: Bool) {
        write(atMost: 21) { destination in
            var output = destination
            if isNegative {
                output.pointee = UInt8(ascii: "-")
                output += 1
            }
            var digits = 1
            var bound = magnitude / 10
            while bound > 0 {
                digits += 1
                bound /= 10
            }
            var rest = magnitude
            for place in stride(from: digits - 1, through: 0, by: -1) {
                output[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            return output + digits
        }
    }
}

extension String {
    /// Lends the UTF-8, which a native string has in one piece.
    func withBytes(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        if utf8.withContiguousStorageIfAvailable(body) == nil {
            Array(utf8).withUnsafeBufferPointer(body)
        }
    }
}

/// Marks the lowest of `" & ' < >` in a word with the top bit of its byte; bits above the lowest may be false.
@inline(__always)
private func specialBytes(_ word: UInt64) -> UInt64 {
    zeroBytes(word ^ 0x2222_2222_2222_2222)
        | zeroBytes((word & 0xFEFE_FEFE_FEFE_FEFE) ^ 0x2626_2626_2626_2626)
        | zeroBytes((word & 0xFDFD_FDFD_FDFD_FDFD) ^ 0x3C3C_3C3C_3C3C_3C3C)
}

@inline(__always)
private func zeroBytes(_ word: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
}

@inline(__always)
private func writeReference(_ byte: UInt8, _ output: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
    switch byte {
    case UInt8(ascii: "&"): put("&amp;", output)
    case UInt8(ascii: "<"): put("&lt;", output)
    case UInt8(ascii: ">"): put("&gt;", output)
    case UInt8(ascii: "\""): put("&#34;", output)
    case UInt8(ascii: "'"): put("&#39;", output)
    default:
        put(byte, output)
    }
}

@inline(__always)
func put(_ text: StaticString, _ output: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
    output.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
    return output + text.utf8CodeUnitCount
}

@inline(__always)
func put(_ byte: UInt8, _ output: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
    output.pointee = byte
    return output + 1
}
