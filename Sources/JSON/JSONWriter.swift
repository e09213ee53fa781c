/// Appends JSON text to a buffer, commas included; that keys and values alternate is the caller's part.
public struct JSONWriter {
    public var bytes: [UInt8]
    private var needsComma = false

    /// Appends to `bytes`, so that a used buffer's capacity can be used again.
    public init(appendingTo bytes: [UInt8] = []) { self.bytes = bytes }

    public mutating func beginObject() { open(UInt8(ascii: "{")) }
    public mutating func endObject() { close(UInt8(ascii: "}")) }
    public mutating func beginArray() { open(UInt8(ascii: "[")) }
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// A key known to need no escaping.
    public mutating func key(_ key: StaticString) {
        key.withUTF8Buffer { utf8 in
            assert(utf8.firstEscaped(from: 0) == utf8.count, "the key \(key) needs escaping: pass it as a String")
            // One append instead of five: keys are most of what an answer consists of.
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: utf8.count + 4) { text in
                var count = 0
                if needsComma {
                    text[0] = UInt8(ascii: ",")
                    count = 1
                }
                text[count] = UInt8(ascii: "\"")
                count += 1
                _ = UnsafeMutableBufferPointer(rebasing: text[count...]).update(fromContentsOf: utf8)
                count += utf8.count
                text[count] = UInt8(ascii: "\"")
                text[count + 1] = UInt8(ascii: ":")
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[..<(count + 2)]))
            }
        }
        needsComma = false
    }

    // Disfavoured, so that a literal takes the cheaper one.
    @_disfavoredOverload
    public mutating func key(_ key: String) {
        separate()
        quote(key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func value(_ value: String) {
        separate()
        quote(value)
    }

    public mutating func value(_ value: Int) {
        separate()
        var magnitude = value.magnitude
        // The longest integer has 19 digits and a sign.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var start = 20
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
                magnitude /= 10
            } while magnitude > 0
            if value < 0 {
                start -= 1
                digits[start] = UInt8(ascii: "-")
            }
            bytes.append(contentsOf: digits[start...])
        }
    }

    /// The shortest text that reads back the same; `null` for what JSON cannot say (infinite, not a number).
    public mutating func value(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        bytes.append(contentsOf: value.description.utf8)
    }

    public mutating func value(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// A string made of bytes that need no escaping, which `append` appends.
    public mutating func string(_ append: (inout [UInt8]) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        append(&bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// One value that is JSON text in UTF-8 already; it is not checked.
    public mutating func raw(_ text: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: text)
    }

    public mutating func value(_ value: JSON) {
        switch value {
        case .null: null()
        case .bool(let value): self.value(value)
        case .integer(let value): self.value(value)
        case .number(let value): self.value(value)
        case .string(let value): self.value(value)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let object):
            beginObject()
            for (key, value) in object {
                self.key(key)
                self.value(value)
            }
            endObject()
        }
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func quote(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { utf8 in
            var start = 0
            while true {
                let end = utf8.firstEscaped(from: start)
                bytes.append(contentsOf: utf8[start..<end])
                guard end < utf8.count else { break }
                escape(utf8[end])
                start = end + 1
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            let low = byte & 15
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(UInt8(ascii: "0") + byte >> 4)
            bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Where the next byte is that a JSON string cannot hold as it is, or the end.
    ///
    /// Eight at a time: in each byte of a word the top bit tells whether it is below a limit ("Bit Twiddling Hacks",
    /// Anderson, "Determine if a word has a byte less than n"). A hit is exact when it is the lowest one.
    fileprivate func firstEscaped(from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        var position = start
        while position + 8 <= count, let baseAddress {
            let word = UInt64(
                littleEndian: UnsafeRawPointer(baseAddress + position).loadUnaligned(as: UInt64.self)
            )
            let quotes = word ^ (ones &* 0x22)
            let slashes = word ^ (ones &* 0x5C)
            let controls = (word &- ones &* 0x20) & ~word
            let hits = (controls | (quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes) & tops
            if hits != 0 { return position + hits.trailingZeroBitCount / 8 }
            position += 8
        }
        while position < count {
            let byte = self[position]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C { return position }
            position += 1
        }
        return count
    }
}

extension JSON {
    public func serialized() -> [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }

    public var text: String { String(decoding: serialized(), as: UTF8.self) }
}
