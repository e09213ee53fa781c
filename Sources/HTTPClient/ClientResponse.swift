/// A whole answer, of whatever status.
public struct ClientResponse: Sendable {
    public let status: Int
    public let headers: ResponseHeaders
    /// Decompressed. Empty after a successful download, whose body went elsewhere.
    public let body: [UInt8]
    /// The body's length, decompressed, also of a download.
    public let bytesReceived: Int
    /// The numeric address that answered.
    public let effectiveAddress: String

    public var isSuccess: Bool { (200...299).contains(status) }
}

/// Header fields in the order received; names are compared without regard to case.
public struct ResponseHeaders: Sendable, Sequence {
    private var fields: [(name: String, value: String)] = []

    public init() {}

    /// The first value of that name.
    public subscript(name: String) -> String? {
        fields.first { $0.name.equalsIgnoringCase(name) }?.value
    }

    public func values(_ name: String) -> [String] {
        fields.filter { $0.name.equalsIgnoringCase(name) }.map(\.value)
    }

    public func makeIterator() -> some IteratorProtocol<(name: String, value: String)> { fields.makeIterator() }

    mutating func append(_ name: String, _ value: String) { fields.append((name, value)) }
}

extension String {
    fileprivate func equalsIgnoringCase(_ other: String) -> Bool {
        utf8.count == other.utf8.count && zip(utf8, other.utf8).allSatisfy { $0.asciiLowercase == $1.asciiLowercase }
    }
}

extension UInt8 {
    fileprivate var asciiLowercase: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
    }
}
