import CLinux
import Glibc

/// The other end's IP address, without its port.
struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    private let isIPv6: Bool
    /// As in memory, network order.
    private let high: UInt64
    private let low: UInt64

    static let loopback = PeerAddress(isIPv6: false, high: 0, low: 0x7F00_0001)

    private init(isIPv6: Bool, high: UInt64, low: UInt64) {
        (self.isIPv6, self.high, self.low) = (isIPv6, high, low)
    }

    /// An IPv4 address that came through an IPv6 socket is an IPv4 address.
    init(_ storage: sockaddr_storage) {
        self = withUnsafeBytes(of: storage) { bytes in
            guard storage.ss_family == sa_family_t(AF_INET6) else {
                let address = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self).bigEndian
                return PeerAddress(isIPv6: false, high: 0, low: UInt64(address))
            }
            let high = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self).bigEndian
            let low = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self).bigEndian
            let isMapped = high == 0 && low >> 32 == 0xFFFF
            return PeerAddress(isIPv6: !isMapped, high: high, low: isMapped ? low & 0xFFFF_FFFF : low)
        }
    }

    /// What one client has to itself: an IPv4 address, or the /64 network of an IPv6 address.
    var network: PeerAddress { isIPv6 ? PeerAddress(isIPv6: true, high: high, low: 0) : self }

    var description: String {
        guard isIPv6 else {
            return "\(low >> 24 & 255).\(low >> 16 & 255).\(low >> 8 & 255).\(low & 255)"
        }
        var address = (high.bigEndian, low.bigEndian)
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &text, socklen_t(INET6_ADDRSTRLEN)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
