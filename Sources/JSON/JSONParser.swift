extension JSON {
    /// Reads exactly one value, by RFC 8259 and no laxer; keys may not repeat within an object.
    ///
    /// `maximumDepth` bounds nested arrays and objects and is itself held to 512, for the stack's sake.
    public init(parsing bytes: some Collection<UInt8>, maximumDepth: Int = 64) throws(JSONError) {
        var parser = JSONParser(bytes: Array(bytes), maximumDepth: min(maximumDepth, 512))
        self = try parser.document()
    }

    public init(parsing text: String, maximumDepth: Int = 64) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), maximumDepth: maximumDepth)
    }
}

/// Recursive descent over bytes.
struct JSONParser {
    private let bytes: [UInt8]
    private let maximumDepth: Int
    private var position = 0
    private var depth = 0

    init(bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func document() throws(JSONError) -> JSON {
        skipWhitespace()
        let value = try value()
        skipWhitespace()
        guard position == bytes.count else { throw error(.trailingGarbage, "something follows the value") }
        return value
    }

    private mutating func value() throws(JSONError) -> JSON {
        switch peek() {
        case UInt8(ascii: "{"): return .object(try nested { parser throws(JSONError) in try parser.object() })
        case UInt8(ascii: "["): return .array(try nested { parser throws(JSONError) in try parser.array() })
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || isDigit(byte): return try number()
        default: throw unexpected("a value")
        }
    }

    private mutating func nested<Value>(
        _ body: (inout JSONParser) throws(JSONError) -> Value
    ) throws(JSONError) -> Value {
        guard depth < maximumDepth else { throw error(.tooDeep, "nested deeper than \(maximumDepth)") }
        depth += 1
        position += 1
        skipWhitespace()
        let value = try body(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(JSONError) -> JSONObject {
        var object = JSONObject()
        if skip(UInt8(ascii: "}")) { return object }
        while true {
            guard peek() == UInt8(ascii: "\"") else { throw unexpected("a key") }
            let start = position
            let key = try string()
            skipWhitespace()
            guard skip(UInt8(ascii: ":")) else { throw unexpected("a colon") }
            skipWhitespace()
            let value = try value()
            guard object.insert(key, value) else {
                throw JSONError(code: .duplicateKey, offset: start, message: "a key for the second time")
            }
            skipWhitespace()
            if skip(UInt8(ascii: "}")) { return object }
            guard skip(UInt8(ascii: ",")) else { throw unexpected("a comma or the end of the object") }
            skipWhitespace()
        }
    }

    private mutating func array() throws(JSONError) -> [JSON] {
        var elements: [JSON] = []
        if skip(UInt8(ascii: "]")) { return elements }
        while true {
            elements.append(try value())
            skipWhitespace()
            if skip(UInt8(ascii: "]")) { return elements }
            guard skip(UInt8(ascii: ",")) else { throw unexpected("a comma or the end of the array") }
            skipWhitespace()
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        for offset in 0..<text.utf8CodeUnitCount {
            guard skip(text.utf8Start[offset]) else { throw unexpected("“\(text)”") }
        }
        return value
    }

    // MARK: Strings

    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        var unescaped: [UInt8]?
        var copied = start
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""):
                let text: String?
                if var whole = unescaped {
                    whole += bytes[copied..<position]
                    text = String(validating: whole, as: UTF8.self)
                } else {
                    text = String(validating: bytes[start..<position], as: UTF8.self)
                }
                guard let text else {
                    throw JSONError(code: .invalidUTF8, offset: start, message: "a string that is not UTF-8")
                }
                position += 1
                return text
            case UInt8(ascii: "\\"):
                var whole = unescaped ?? []
                unescaped = nil
                whole += bytes[copied..<position]
                try escape(into: &whole)
                unescaped = whole
                copied = position
            case 0..<0x20:
                throw error(.syntax, "a control character within a string")
            default:
                position += 1
            }
        }
        throw error(.unexpectedEnd, "the text ends within a string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        position += 1
        guard let letter = peek() else { throw error(.unexpectedEnd, "the text ends within an escape") }
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            let scalar = try unicodeEscape()
            text.append(contentsOf: String(scalar).utf8)
            return
        default: throw error(.syntax, "an unknown escape")
        }
        position += 1
    }

    /// From the `u` on; a character beyond the first plane comes as two escapes.
    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let start = position - 1
        let lone = JSONError(code: .loneSurrogate, offset: start, message: "half of a surrogate pair")
        let first = try hexadecimalUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, skip(UInt8(ascii: "\\")), peek() == UInt8(ascii: "u") else { throw lone }
        let second = try hexadecimalUnit()
        guard (0xDC00..<0xE000).contains(second) else { throw lone }
        let combined = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        guard let scalar = Unicode.Scalar(combined) else { throw lone }
        return scalar
    }

    private mutating func hexadecimalUnit() throws(JSONError) -> UInt16 {
        position += 1
        var unit: UInt16 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch peek() {
            case let byte? where isDigit(byte): digit = byte - UInt8(ascii: "0")
            case let byte? where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20):
                digit = (byte | 0x20) - UInt8(ascii: "a") + 10
            default: throw unexpected("four hexadecimal digits")
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    // MARK: Numbers

    private mutating func number() throws(JSONError) -> JSON {
        let start = position
        let isNegative = skip(UInt8(ascii: "-"))
        var magnitude = 0
        var fits = true
        if !skip(UInt8(ascii: "0")) {
            let digitsStart = position
            while let byte = peek(), isDigit(byte) {
                let (shifted, overflow) = magnitude.multipliedReportingOverflow(by: 10)
                let digit = Int(byte - UInt8(ascii: "0"))
                // Counted downwards when negative, because the smallest integer has no positive counterpart.
                let (sum, carry) =
                    isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
                fits = fits && !overflow && !carry
                magnitude = sum
                position += 1
            }
            guard position > digitsStart else { throw unexpected("a digit") }
        }
        var isWhole = true
        if skip(UInt8(ascii: ".")) {
            isWhole = false
            try digits()
        }
        if peek().map({ $0 | 0x20 }) == UInt8(ascii: "e") {
            isWhole = false
            position += 1
            if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
            try digits()
        }
        // Minus zero is a double only.
        if isWhole, fits, !(isNegative && magnitude == 0) { return .integer(magnitude) }
        guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)), value.isFinite else {
            throw JSONError(code: .numberOutOfRange, offset: start, message: "a number beyond a double")
        }
        return .number(value)
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = peek(), isDigit(byte) { position += 1 }
        guard position > start else { throw unexpected("a digit") }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    // MARK: Bytes

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private func unexpected(_ expected: String) -> JSONError {
        position < bytes.count
            ? error(.syntax, "expected \(expected)")
            : error(.unexpectedEnd, "the text ends where \(expected) is expected")
    }

    private func error(_ code: JSONError.Code, _ message: String) -> JSONError {
        JSONError(code: code, offset: position, message: message)
    }
}
