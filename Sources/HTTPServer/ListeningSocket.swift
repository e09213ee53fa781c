import CLinux
import EventLoop
import Glibc

/// Sockets that share a port, one for each loop: the kernel spreads connections over them.
struct ListeningSocket {
    let descriptors: [Int32]
    let port: UInt16

    /// The first socket is bound alone, so that a taken port is an error even where its owner would share it; only
    /// then does it agree to share with the others.
    static func open(host: String, port: Int, count: Int) throws(SystemError) -> ListeningSocket {
        guard let port = UInt16(exactly: port), var address = SocketAddress(host: host, port: port) else {
            throw SystemError("bind", code: EINVAL)
        }
        var descriptors: [Int32] = []
        do throws(SystemError) {
            descriptors.append(try bound(to: address, shares: false))
            address.port = try boundPort(descriptors[0])
            try set(descriptors[0], SOL_SOCKET, SO_REUSEPORT)
            while descriptors.count < count { descriptors.append(try bound(to: address, shares: true)) }
            for descriptor in descriptors {
                guard listen(descriptor, 1024) == 0 else { throw SystemError("listen") }
            }
        } catch {
            for descriptor in descriptors { close(descriptor) }
            throw error
        }
        return ListeningSocket(descriptors: descriptors, port: address.port)
    }

    private static func bound(to address: SocketAddress, shares: Bool) throws(SystemError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, kind, 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        do throws(SystemError) {
            try set(descriptor, SOL_SOCKET, SO_REUSEADDR)
            if shares { try set(descriptor, SOL_SOCKET, SO_REUSEPORT) }
            // Accepted sockets inherit it.
            try set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY)
            guard address.withPointer({ bind(descriptor, $0, $1) }) == 0 else { throw SystemError("bind") }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32) throws(SystemError) {
        var one: Int32 = 1
        guard setsockopt(descriptor, level, option, &one, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw SystemError("setsockopt")
        }
    }

    private static func boundPort(_ descriptor: Int32) throws(SystemError) -> UInt16 {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { throw SystemError("getsockname") }
        return SocketAddress(storage).port
    }
}

/// An IPv4 or IPv6 address with its port, as system calls take it.
struct SocketAddress {
    private var storage = sockaddr_storage()

    init(_ storage: sockaddr_storage) { self.storage = storage }

    /// An address in digits, or `localhost`, which is 127.0.0.1.
    init?(host: String, port: UInt16) {
        let host = host == "localhost" ? "127.0.0.1" : host
        var four = sockaddr_in()
        var six = sockaddr_in6()
        if inet_pton(AF_INET, host, &four.sin_addr) == 1 {
            four.sin_family = sa_family_t(AF_INET)
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: four, as: sockaddr_in.self) }
        } else if inet_pton(AF_INET6, host, &six.sin6_addr) == 1 {
            six.sin6_family = sa_family_t(AF_INET6)
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: six, as: sockaddr_in6.self) }
        } else {
            return nil
        }
        self.port = port
    }

    var family: Int32 { Int32(storage.ss_family) }

    /// It lies at the same place in both families.
    var port: UInt16 {
        get { withUnsafeBytes(of: storage) { $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self).bigEndian } }
        set {
            withUnsafeMutableBytes(of: &storage) {
                $0.storeBytes(of: newValue.bigEndian, toByteOffset: 2, as: UInt16.self)
            }
        }
    }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        let length = family == AF_INET6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
        return withUnsafePointer(to: storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }
}
