/// The decoded pairs of a query string, read anew at each question: most handlers ask once.
public struct Parameters: Sendable {
    private let bytes: ArraySlice<UInt8>

    /// `name=value&name=value`, percent-encoded, `+` for a space.
    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// The first value of the name.
    public subscript(_ name: String) -> String? {
        for pair in encodedPairs {
            guard let found = pair.decoded(), found.name == name else { continue }
            return found.value
        }
        return nil
    }

    /// Every value of the name, in their order.
    public func all(_ name: String) -> [String] {
        pairs.compactMap { $0.name == name ? $0.value : nil }
    }

    public var pairs: [(name: String, value: String)] { encodedPairs.compactMap { $0.decoded() } }

    /// Of the pairs, also of those that cannot be decoded.
    var count: Int { bytes.split(separator: ASCII.ampersand).count }

    /// At most `limit` pairs; `nil` when there are more, or when one of them cannot be decoded.
    func validated(limit: Int) -> [(name: String, value: String)]? {
        var decoded: [(name: String, value: String)] = []
        for pair in encodedPairs {
            guard decoded.count < limit, let pair = pair.decoded() else { return nil }
            decoded.append(pair)
        }
        return decoded
    }

    private var encodedPairs: some Sequence<EncodedPair> {
        bytes.split(separator: ASCII.ampersand).lazy.map(EncodedPair.init)
    }
}

private struct EncodedPair {
    let bytes: ArraySlice<UInt8>

    func decoded() -> (name: String, value: String)? {
        let equals = bytes.firstIndex(of: ASCII.equals)
        let value = equals.map { bytes[($0 + 1)...] } ?? []
        guard let name = percentDecoded(bytes[..<(equals ?? bytes.endIndex)], plusIsSpace: true),
            let value = percentDecoded(value, plusIsSpace: true)
        else { return nil }
        return (name, value)
    }
}
