/// Why a text is not JSON.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// Not what the grammar allows here.
        case syntax
        case unexpectedEnd
        case invalidUTF8
        /// A `\u` escape that is half of a surrogate pair.
        case loneSurrogate
        case duplicateKey
        /// A number too large for a double.
        case numberOutOfRange
        case tooDeep
        /// Something follows the value.
        case trailingGarbage
    }

    public let code: Code
    /// In bytes from the start.
    public let offset: Int
    public let message: String

    public var description: String { "\(message) at byte \(offset)" }
}
