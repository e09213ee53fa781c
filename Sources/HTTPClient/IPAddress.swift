import Glibc

/// A numeric address, as far as deciding who may be reached needs it.
enum IPAddress: Equatable {
    /// In host byte order.
    case v4(UInt32)
    case v6(high: UInt64, low: UInt64)

    /// Standard notations only: dotted decimal, or RFC 4291 with an optional zone.
    init?(_ text: String) {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self = .v4(UInt32(bigEndian: four.s_addr))
            return
        }
        var six = in6_addr()
        let unzoned = String(text.prefix { $0 != "%" })
        guard inet_pton(AF_INET6, unzoned, &six) == 1 else { return nil }
        self.init(six)
    }

    /// `nil` for families other than IPv4 and IPv6.
    init?(_ address: UnsafePointer<sockaddr>) {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            self = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                .v4(UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
            }
        case AF_INET6:
            self = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { IPAddress($0.pointee.sin6_addr) }
        default: return nil
        }
    }

    private init(_ address: in6_addr) {
        self = withUnsafeBytes(of: address) { bytes in
            .v6(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    /// Whether it is a unicast address of the public Internet, by the IANA special-purpose address registries.
    ///
    /// IPv6 is allowed by what it is, not by what it is not: only global unicast (2000::/3), so mapped, translated,
    /// unique-local, link-local and multicast addresses need no rule of their own.
    var isGloballyRoutable: Bool {
        switch self {
        case .v4(let address): !Self.specialV4.contains { address >> (32 - $0.bits) == $0.prefix >> (32 - $0.bits) }
        case .v6(let high, _):
            high >> 61 == 0b001 && !Self.specialV6.contains { high >> (64 - $0.bits) == $0.prefix >> (64 - $0.bits) }
        }
    }

    private static let specialV4: [(prefix: UInt32, bits: UInt32)] = [
        (0x0000_0000, 8),  // 0/8 this network
        (0x0A00_0000, 8),  // 10/8 private
        (0x6440_0000, 10),  // 100.64/10 shared by carriers
        (0x7F00_0000, 8),  // 127/8 loopback
        (0xA9FE_0000, 16),  // 169.254/16 link-local, clouds' metadata
        (0xAC10_0000, 12),  // 172.16/12 private
        (0xC000_0000, 24),  // 192.0.0/24 protocol assignments
        (0xC000_0200, 24),  // 192.0.2/24 documentation
        (0xC058_6300, 24),  // 192.88.99/24 6to4 relays
        (0xC0A8_0000, 16),  // 192.168/16 private
        (0xC612_0000, 15),  // 198.18/15 benchmarks
        (0xC633_6400, 24),  // 198.51.100/24 documentation
        (0xCB00_7100, 24),  // 203.0.113/24 documentation
        (0xE000_0000, 4),  // 224/4 multicast
        (0xF000_0000, 4),  // 240/4 reserved, broadcast
    ]

    /// By the first half of the address.
    private static let specialV6: [(prefix: UInt64, bits: UInt64)] = [
        (0x2001_0000_0000_0000, 23),  // 2001::/23 protocol assignments, Teredo
        (0x2001_0DB8_0000_0000, 32),  // 2001:db8::/32 documentation
        (0x2002_0000_0000_0000, 16),  // 2002::/16 6to4: any IPv4 address inside
        (0x3FFF_0000_0000_0000, 20),  // 3fff::/20 documentation
    ]
}
