import CLinux
import Glibc

/// The other end's IP address, without its port.
public struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    let isIPv6: Bool
    /// The address as a number; of an IPv4 address `low` alone.
    let high: UInt64
    let low: UInt64

    public static let loopback = PeerAddress(isIPv6: false, high: 0, low: 0x7F00_0001)

    private init(isIPv6: Bool, high: UInt64, low: UInt64) {
        (self.isIPv6, self.high, self.low) = (isIPv6, high, low)
    }

    init(_ storage: sockaddr_storage) {
        self = withUnsafeBytes(of: storage) { bytes in
            guard storage.ss_family == sa_family_t(AF_INET6) else {
                let address = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
                return PeerAddress(isIPv6: false, high: 0, low: UInt64(UInt32(bigEndian: address)))
            }
            return PeerAddress(
                sixHigh: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
            )
        }
    }

    /// Dotted decimal, or the forms of RFC 4291 without a zone; `nil` for anything else.
    public init?(_ text: String) {
        guard text.utf8.count < Int(INET6_ADDRSTRLEN), !text.utf8.contains(0) else { return nil }
        var four: UInt32 = 0
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(isIPv6: false, high: 0, low: UInt64(UInt32(bigEndian: four)))
            return
        }
        var six: (high: UInt64, low: UInt64) = (0, 0)
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        self.init(sixHigh: UInt64(bigEndian: six.high), low: UInt64(bigEndian: six.low))
    }

    /// An IPv4 address in the clothes of IPv6, as of an IPv6 socket, is an IPv4 address.
    private init(sixHigh high: UInt64, low: UInt64) {
        let isMapped = high == 0 && low >> 32 == 0xFFFF
        self.init(isIPv6: !isMapped, high: high, low: isMapped ? low & 0xFFFF_FFFF : low)
    }

    /// What one client has to itself: an IPv4 address, or the /64 network of an IPv6 address.
    public var network: PeerAddress { isIPv6 ? PeerAddress(isIPv6: true, high: high, low: 0) : self }

    public var description: String {
        guard isIPv6 else {
            return "\(low >> 24 & 255).\(low >> 16 & 255).\(low >> 8 & 255).\(low & 255)"
        }
        var address = (high.bigEndian, low.bigEndian)
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &text, socklen_t(INET6_ADDRSTRLEN)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
