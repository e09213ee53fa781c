/// A URL that leads where its author meant: what is interpolated into it is percent-encoded as one component.
///
///     let picture: SafeURL = "/pictures/\(id)?size=\(size)"
public struct SafeURL: Sendable, Hashable, TextRepresentable {
    public let text: String

    /// A URL the caller vouches for, such as one from the configuration; never one that a visitor gave.
    public init(trusting text: String) {
        self.text = text
    }
}

extension SafeURL: ExpressibleByStringInterpolation {
    public init(stringLiteral text: String) {
        self.text = text
    }

    public init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
    }

    /// Keeps the literal parts and encodes the others.
    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        public init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 24 * interpolationCount)
        }

        public mutating func appendLiteral(_ literal: String) {
            text += literal
        }

        public mutating func appendInterpolation(_ component: some TextRepresentable) {
            for byte in component.text.utf8 {
                if isUnreserved(byte) {
                    text.unicodeScalars.append(Unicode.Scalar(byte))
                } else {
                    text.unicodeScalars.append("%")
                    text.unicodeScalars.append(Unicode.Scalar(hexadecimalDigit(byte >> 4)))
                    text.unicodeScalars.append(Unicode.Scalar(hexadecimalDigit(byte & 15)))
                }
            }
        }

        public mutating func appendInterpolation(_ component: some FixedWidthInteger) {
            text += String(component)
        }
    }
}
