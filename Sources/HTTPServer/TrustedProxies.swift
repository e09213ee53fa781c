/// The proxies in front of the server, whose word about the client's address counts.
public struct TrustedProxies: Sendable {
    /// One address or a network, as `10.0.0.0/8` or `::1`.
    struct Network: Sendable {
        private let address: PeerAddress
        private let bits: Int

        init?(_ text: String) {
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let address = PeerAddress(String(parts[0])) else { return nil }
            let longest = address.isIPv6 ? 128 : 32
            guard parts.count == 2 else {
                (self.address, bits) = (address, longest)
                return
            }
            guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy(ASCII.isDigit), let bits = Int(parts[1]),
                bits <= longest
            else { return nil }
            (self.address, self.bits) = (address, bits)
        }

        func contains(_ other: PeerAddress) -> Bool {
            guard address.isIPv6 == other.isIPv6 else { return false }
            guard address.isIPv6 else { return Self.agree(address.low << 32, other.low << 32, bits) }
            return Self.agree(address.high, other.high, min(bits, 64))
                && Self.agree(address.low, other.low, max(bits - 64, 0))
        }

        /// In their first bits.
        private static func agree(_ left: UInt64, _ right: UInt64, _ bits: Int) -> Bool {
            bits == 0 || (left ^ right) >> UInt64(64 - bits) == 0
        }
    }

    /// Beyond these the rest of `X-Forwarded-For` is not looked at.
    private static let mostHops = 32

    public static let none = TrustedProxies(networks: [])

    private let networks: [Network]

    private init(networks: [Network]) {
        self.networks = networks
    }

    /// Addresses in digits, and networks as `10.0.0.0/8`; `nil` when one of them is neither.
    public init?(_ texts: [String]) {
        networks = texts.compactMap(Network.init)
        guard networks.count == texts.count else { return nil }
    }

    private func contains(_ address: PeerAddress) -> Bool { networks.contains { $0.contains(address) } }

    /// Who sent a request: the other end of its connection, or, as long as that is a trusted proxy, whom it names.
    ///
    /// Each proxy appends whom it heard, so that only the end of `X-Forwarded-For` is known to be true: it is read from
    /// right to left, up to the first who is no proxy. What a client has written stands further left, and is not
    /// believed. Where the field makes no sense, the last who did counts.
    public func client(of request: Request) -> PeerAddress {
        guard !networks.isEmpty, contains(request.address) else { return request.address }
        var last = request.address
        let hops = request.headers.all("x-forwarded-for").joined(separator: ",").utf8
            .split(separator: ASCII.comma, omittingEmptySubsequences: false)
        for hop in hops.suffix(Self.mostHops).reversed() {
            guard let address = PeerAddress(forwarded: hop) else { return last }
            last = address
            guard contains(address) else { return address }
        }
        return last
    }
}

extension PeerAddress {
    /// As proxies write it: bare, or with a port, in brackets where it is an IPv6 address.
    fileprivate init?(forwarded hop: Substring.UTF8View) {
        let text = String(Substring(hop).trimmed)
        if text.hasPrefix("[") {
            let parts = text.dropFirst().split(separator: "]", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, Self.isPort(parts[1]), parts[0].contains(":") else { return nil }
            self.init(String(parts[0]))
        } else if let colon = text.firstIndex(of: ":"), text[colon...].dropFirst().firstIndex(of: ":") == nil {
            guard Self.isPort(text[colon...]) else { return nil }
            self.init(String(text[..<colon]))
        } else {
            self.init(text)
        }
    }

    /// Nothing, or a colon and digits.
    private static func isPort(_ text: Substring) -> Bool {
        guard let colon = text.utf8.first else { return true }
        let digits = text.utf8.dropFirst()
        return colon == ASCII.colon && (1...5).contains(digits.count) && digits.allSatisfy(ASCII.isDigit)
    }
}
