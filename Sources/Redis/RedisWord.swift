/// One word of a command: text, a number or any bytes. Nothing in it needs escaping.
public struct RedisWord: Sendable, Equatable, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral
{
    let bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    public init(_ text: String) { bytes = Array(text.utf8) }
    public init(_ number: Int) { self.init(String(number)) }

    public init(stringLiteral text: String) { self.init(text) }
    public init(integerLiteral number: Int) { self.init(number) }
    public init(arrayLiteral bytes: UInt8...) { self.bytes = bytes }
}

extension [UInt8] {
    /// Appends a command as an array of bulk strings, the one form in which Redis takes any bytes.
    mutating func append(command words: [RedisWord]) {
        append(contentsOf: "*\(words.count)\r\n".utf8)
        for word in words {
            append(contentsOf: "$\(word.bytes.count)\r\n".utf8)
            append(contentsOf: word.bytes)
            append(UInt8(ascii: "\r"))
            append(UInt8(ascii: "\n"))
        }
    }
}
