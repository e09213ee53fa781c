/// A statement and its parameters, written as a string: what is interpolated is bound, never pasted.
///
///     "SELECT prompt FROM jobs WHERE id = \(id)"     // SELECT prompt FROM jobs WHERE id = $1
///
/// An interpolated `SQL` is spliced with its parameters renumbered. Only literals are text: there is no way from a
/// `String` that exists at run time into a statement, except as a quoted `identifier`.
public struct SQL: Sendable {
    /// UTF-8 and a NUL, as libpq takes it.
    let text: [UInt8]
    let parameters: ParameterList

    init(text: [UInt8], parameters: ParameterList) {
        self.text = text
        self.parameters = parameters
    }

    /// The same as writing the literal where an `SQL` is expected, for constants without a declared type.
    public init(trusted text: StaticString) {
        self.init(stringLiteral: text)
    }

    /// A name of a table, column or database in double quotes.
    public static func identifier(_ name: String) -> SQL {
        var interpolation = StringInterpolation(literalCapacity: name.utf8.count + 2, interpolationCount: 0)
        interpolation.text.append(UInt8(ascii: "\""))
        for byte in name.utf8 {
            if byte == 0 { interpolation.parameters.problem = "a name with NUL" }
            if byte == UInt8(ascii: "\"") { interpolation.text.append(byte) }
            interpolation.text.append(byte)
        }
        interpolation.text.append(UInt8(ascii: "\""))
        return SQL(stringInterpolation: interpolation)
    }

    public static func joined(_ parts: some Sequence<SQL>, separator: SQL) -> SQL {
        var joined = StringInterpolation(literalCapacity: 256, interpolationCount: 16)
        for (position, part) in parts.enumerated() {
            if position > 0 { joined.appendInterpolation(separator) }
            joined.appendInterpolation(part)
        }
        return SQL(stringInterpolation: joined)
    }
}

extension SQL: ExpressibleByStringInterpolation {
    public init(stringLiteral value: StaticString) {
        var interpolation = StringInterpolation(literalCapacity: value.utf8CodeUnitCount, interpolationCount: 0)
        interpolation.appendLiteral(value)
        self.init(stringInterpolation: interpolation)
    }

    public init(stringInterpolation: StringInterpolation) {
        self.init(text: stringInterpolation.text + [0], parameters: stringInterpolation.parameters)
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        // Literals arrive as StaticString, which nothing at run time can become.
        public typealias StringLiteralType = StaticString

        fileprivate var text: [UInt8] = []
        fileprivate var parameters = ParameterList()

        public init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount * 4 + 1)
            parameters.reserve(interpolationCount)
        }

        public mutating func appendLiteral(_ literal: StaticString) {
            literal.withUTF8Buffer { text.append(contentsOf: $0) }
        }

        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value) {
            parameters.append(value, mark: text.count)
            appendPlaceholder()
        }

        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            parameters.append(value, mark: text.count)
            appendPlaceholder()
        }

        public mutating func appendInterpolation(_ part: SQL) {
            var start = 0
            for (position, parameter) in part.parameters.entries.enumerated() {
                text.append(contentsOf: part.text[start..<parameter.mark])
                parameters.append(parameter, of: part.parameters, mark: text.count)
                appendPlaceholder()
                start = parameter.mark + 1 + decimalDigits(position + 1)
            }
            text.append(contentsOf: part.text[start..<part.text.count - 1])
            parameters.problem = parameters.problem ?? part.parameters.problem
        }

        private mutating func appendPlaceholder() {
            text.append(UInt8(ascii: "$"))
            let number = parameters.entries.count
            var divisor = 1
            for _ in 1..<decimalDigits(number) { divisor *= 10 }
            while divisor > 0 {
                text.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
                divisor /= 10
            }
        }
    }
}

private func decimalDigits(_ number: Int) -> Int {
    var (digits, rest) = (1, number)
    while rest >= 10 {
        digits += 1
        rest /= 10
    }
    return digits
}

extension SQL: CustomStringConvertible {
    /// The text with its placeholders; never the values.
    public var description: String { String(decoding: text.dropLast(), as: UTF8.self) }
}
