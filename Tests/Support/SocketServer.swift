import CLinux
import Glibc
import Synchronization

/// A blocking TCP server on 127.0.0.1 for stand-ins: one thread a connection, at most 64 at once, none of our own
/// server's code.
public final class SocketServer: Sendable {
    public let port: Int
    private let listener: Int32
    private let state = Mutex(State())

    private struct State {
        var open: [Int32: SocketConnection] = [:]
        var accepted = 0
        var threads = 0
        var isStopped = false
    }

    /// `serve` runs on the connection's own thread; the connection is closed when it returns.
    public init(_ serve: @escaping @Sendable (SocketConnection) -> Void) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw SocketFailure(call: "socket", code: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 256) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard bound else {
            let failure = SocketFailure(call: "bind", code: errno)
            close(listener)
            throw failure
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        state.withLock { $0.threads = 1 }
        startThread { [self] in
            accept(with: serve)
            threadEnded()
        }
    }

    /// How many connections were accepted so far.
    public var acceptedCount: Int { state.withLock { $0.accepted } }

    /// Closes everything and waits for the threads. Later connections are refused. Twice is harmless.
    public func stop() {
        let isFirst = state.withLock { state in
            defer { state.isStopped = true }
            if !state.isStopped {
                // Unblocks the accept and every read and write.
                shutdown(listener, Int32(SHUT_RDWR))
                for connection in state.open.values { connection.interrupt() }
            }
            return !state.isStopped
        }
        while state.withLock({ $0.threads > 0 }) { usleep(200) }
        if isFirst { close(listener) }
    }

    private func accept(with serve: @escaping @Sendable (SocketConnection) -> Void) {
        while true {
            // A process that another thread starts meanwhile must not inherit it: it would hold the connection open.
            let descriptor = clinux_accept(listener, nil, nil)
            guard descriptor >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return
            }
            _ = fcntl(descriptor, F_SETFL, 0)
            let connection = SocketConnection(descriptor)
            let isAdmitted = state.withLock { state in
                guard !state.isStopped, state.threads <= 64 else { return false }
                state.accepted += 1
                state.threads += 1
                state.open[descriptor] = connection
                return true
            }
            guard isAdmitted else {
                connection.close()
                continue
            }
            startThread { [self] in
                serve(connection)
                state.withLock { $0.open[descriptor] = nil }
                connection.close()
                threadEnded()
            }
        }
    }

    private func threadEnded() { state.withLock { $0.threads -= 1 } }
}

public struct SocketFailure: Error, CustomStringConvertible {
    public let call: String
    public let code: Int32
    public var description: String { "\(call): \(String(cString: strerror(code)))" }
}

/// One accepted connection, used by its own thread; `interrupt` is for any thread.
public final class SocketConnection: @unchecked Sendable {
    // @unchecked: `pending` belongs to the serving thread; the descriptor is constant and outlives every `interrupt`.
    private let descriptor: Int32
    private var pending: [UInt8] = []

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Whatever comes next; empty when the peer has gone.
    public func read() -> [UInt8] {
        if !pending.isEmpty {
            defer { pending = [] }
            return pending
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return Array(buffer.prefix(max(0, count)))
    }

    /// One HTTP/1.1 request with its body; `nil` when the peer has gone, or after 16 MiB.
    public func readRequest() -> RawRequest? {
        var bytes = read()
        while true {
            if let (request, end) = RawRequest.parse(bytes) {
                pending = Array(bytes[end...])
                return request
            }
            let more = read()
            guard !more.isEmpty, bytes.count < 16 << 20 else { return nil }
            bytes += more
        }
    }

    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Ignores what the peer says until it goes away.
    public func waitUntilClosed() {
        while !read().isEmpty {}
    }

    /// The same without taking anything in, so that the peer's sending comes to a halt.
    public func waitUntilClosedUnread() {
        var entry = pollfd(fd: descriptor, events: Int16(EPOLLRDHUP.rawValue), revents: 0)
        while poll(&entry, 1, -1) < 0, errno == EINTR {}
    }

    /// Whether the peer has neither closed nor sent anything within the time.
    public func isSilent(for milliseconds: Int) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, Int32(milliseconds)) == 0
    }

    /// The close that follows tells the peer "connection reset".
    public func resetOnClose() {
        var setting = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &setting, socklen_t(MemoryLayout<linger>.size))
    }

    func interrupt() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    func close() { Glibc.close(descriptor) }
}

/// An HTTP request as it came.
public struct RawRequest: Sendable {
    public let method: String
    public let target: String
    public let headers: [(name: String, value: String)]
    public let body: [UInt8]
    /// When it was read, in seconds since 1970.
    public let time = wallClock()

    public var text: String { String(decoding: body, as: UTF8.self) }

    public var path: String { String(target.prefix { $0 != "?" }) }

    /// As it came, without percent-decoding.
    public var query: [String: String] {
        let pairs = target.drop { $0 != "?" }.dropFirst().split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), String(parts.count == 2 ? parts[1] : ""))
        }
        return Dictionary(pairs) { first, _ in first }
    }

    /// The first header of that name.
    public subscript(name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// `nil` while bytes are missing. Lax: it reads what our own client sends.
    static func parse(_ bytes: [UInt8]) -> (RawRequest, end: Int)? {
        guard let headEnd = endOfHead(bytes) else { return nil }
        let lines = String(decoding: bytes[..<headEnd], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count == 3 else { return nil }
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: String(parts[0]), value: String((parts.last ?? "").drop { $0 == " " }))
        }
        let length = headers.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
        guard bytes.count >= headEnd + length else { return nil }
        let body = Array(bytes[headEnd..<headEnd + length])
        let request = RawRequest(method: String(words[0]), target: String(words[1]), headers: headers, body: body)
        return (request, headEnd + length)
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for end in 4...bytes.count where bytes[end - 1] == 0x0A {
            if bytes[end - 4] == 0x0D, bytes[end - 3] == 0x0A, bytes[end - 2] == 0x0D { return end }
        }
        return nil
    }
}

/// Starts a detached thread.
func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    var thread = pthread_t()
    let failure = pthread_create(
        &thread,
        nil,
        { pointer in
            guard let pointer else { return nil }
            Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run()
            return nil
        },
        Unmanaged.passRetained(Body(body)).toOpaque()
    )
    precondition(failure == 0, "no thread: \(failure)")
    pthread_detach(thread)
}
