import EventLoop
import Glibc

/// A client that sends exactly the bytes it is told to, for what no proper client would send.
///
/// It blocks its thread, at most five seconds at a time.
public final class RawClient {
    public struct Reply: Sendable {
        public let status: Int
        /// Names in lower case.
        public let headers: [(name: String, value: String)]
        public let body: [UInt8]

        public var text: String { String(decoding: body, as: UTF8.self) }
        public subscript(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    }

    /// The server said something else than was waited for.
    public struct Unexpected: Error, CustomStringConvertible {
        public let description: String
    }

    private var descriptor: Int32
    private var received: [UInt8] = []
    /// Whether the server has closed its side, or reset the connection.
    public private(set) var isClosed = false

    /// `receiveBuffer` bounds what the kernel takes for a client that does not read; `source` is the client's own address,
    /// of which 127.0.0.0/8 has many.
    public init(port: Int, receiveBuffer: Int32? = nil, source: String? = nil) throws(SystemError) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        if var receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, 4) }
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        if let source {
            let result = Self.with(inet_addr(source), port: 0) { bind(descriptor, $0, $1) }
            guard result == 0 else { throw failed("bind") }
        }
        let result = Self.with(inet_addr("127.0.0.1"), port: port) { connect(descriptor, $0, $1) }
        guard result == 0 else { throw failed("connect") }
    }

    private func failed(_ call: String) -> SystemError {
        let error = SystemError(call)
        close()
        return error
    }

    private static func with(
        _ host: in_addr_t,
        port: Int,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = host
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    deinit { close() }

    public func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Ends the connection with a reset, as a client does that crashes with data unread.
    public func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// Says that no more will be sent, and still reads.
    public func closeSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    // MARK: Sending

    /// All of it, or as much as the server takes before it closes.
    public func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                let rest = UnsafeRawBufferPointer(rebasing: all[sent...])
                return Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    public func send(_ text: String) { send(Array(text.utf8)) }

    /// In pieces of `size` bytes, each in its own packet.
    public func send(_ bytes: [UInt8], inPiecesOf size: Int) {
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + size)
            send(Array(bytes[start..<end]))
            start = end
        }
    }

    // MARK: Receiving

    /// The next response, interim ones included. For the response to a HEAD request say so: it has no body.
    public func reply(toHead: Bool = false) throws -> Reply {
        let head = try take(through: Array("\r\n\r\n".utf8))
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first, first.hasPrefix("HTTP/1.1 "), let status = Int(first.dropFirst(9).prefix(3))
        else {
            throw Unexpected(description: "no status line: \(String(decoding: head, as: UTF8.self))")
        }
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ": ", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: parts[0].lowercased(), value: parts.count > 1 ? String(parts[1]) : "")
        }
        let value = { (name: String) in headers.first { $0.name == name }?.value }
        var body: [UInt8] = []
        if toHead || status < 200 || status == 204 || status == 304 {
            // No content.
        } else if value("transfer-encoding") == "chunked" {
            while true {
                let line = String(decoding: try take(through: [13, 10]).dropLast(2), as: UTF8.self)
                guard let size = Int(line, radix: 16) else { throw Unexpected(description: "no chunk size: \(line)") }
                body += try take(size)
                guard try take(2) == [13, 10] else { throw Unexpected(description: "no end of a chunk") }
                if size == 0 { break }
            }
        } else if let length = value("content-length").flatMap({ Int($0) }) {
            body = try take(length)
        } else {
            body = untilClosed()
        }
        return Reply(status: status, headers: headers, body: body)
    }

    /// Everything that comes until the server closes, or nothing has come for five seconds.
    public func untilClosed() -> [UInt8] {
        while receive() {}
        defer { received = [] }
        return received
    }

    /// Whether the server closes, without another byte.
    public var isClosedNext: Bool { received.isEmpty && !receive() && isClosed }

    public func take(_ count: Int) throws -> [UInt8] {
        while received.count < count {
            guard receive() else {
                throw Unexpected(description: "closed or silent after \(received.count) of \(count) bytes")
            }
        }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    private func take(through end: [UInt8]) throws -> [UInt8] {
        var searched = 0
        while true {
            if received.count >= end.count {
                for start in searched...(received.count - end.count)
                where received[start..<start + end.count].elementsEqual(end) {
                    return try take(start + end.count)
                }
                searched = received.count - end.count
            }
            guard receive() else {
                throw Unexpected(
                    description: "\(isClosed ? "closed" : "silent") after: \(String(decoding: received, as: UTF8.self))"
                )
            }
        }
    }

    /// `false` when the server has closed or is silent.
    private func receive() -> Bool {
        guard !isClosed else { return false }
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                received += buffer[..<count]
                return true
            }
            if count < 0, errno == EINTR { continue }
            isClosed = count == 0 || errno != EAGAIN
            return false
        }
    }
}
