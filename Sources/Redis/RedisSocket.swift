import EventLoop
import Glibc

/// One connection's bytes: commands out, replies in. Confined to its loop; never used again once it has closed.
final class RedisSocket {
    private let loop: EventLoop
    private let reader: ReplyReader
    private let onReply: (RedisValue) -> Void
    private let onClose: (RedisError) -> Void
    private var descriptor: Int32 = -1
    private var watch: Watch?
    private var isConnected = false
    private var isClosed = false
    private var output: [UInt8] = []
    private var sent = 0

    /// `onClose` is called once, unless `close` came first.
    init(
        on loop: EventLoop,
        maximumReplyBytes: Int,
        onReply: @escaping (RedisValue) -> Void,
        onClose: @escaping (RedisError) -> Void
    ) {
        self.loop = loop
        self.onReply = onReply
        self.onClose = onClose
        reader = ReplyReader(maximumBytes: maximumReplyBytes)
    }

    deinit { close() }

    var unsentBytes: Int { output.count - sent }

    /// Takes a command, before the connection is open too; `flush` sends it.
    func append(_ words: [RedisWord]) { output.append(command: words) }

    func open(_ address: SocketAddress) {
        guard !isClosed else { return }
        let flags = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        descriptor = socket(address.family, flags, 0)
        guard descriptor >= 0 else { return fail("socket") }
        if address.family != AF_UNIX {
            var on: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
            setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        // EAGAIN: a unix socket whose backlog is full; trying again later is the caller's.
        isConnected = address.connect(descriptor) == 0
        guard isConnected || errno == EINPROGRESS else { return fail("connect") }
        do {
            watch = try loop.watch(descriptor, for: isConnected ? .read : .write) { [weak self] events in
                self?.ready(events)
            }
        } catch {
            fail(error.call, error.code)
        }
    }

    func flush() {
        guard isConnected, !isClosed, sent < output.count else { return }
        let count = output.withUnsafeBytes { bytes in
            let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
            return send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
        }
        if count > 0 { sent += count }
        if count < 0, errno != EAGAIN, errno != EINTR { return fail("send") }
        if sent == output.count {
            output.removeAll(keepingCapacity: output.capacity <= 1 << 16)
            sent = 0
            watch?.interest = .read
        } else {
            watch?.interest = [.read, .write]
        }
    }

    /// Without a word to `onClose`. Twice is harmless.
    func close() {
        isClosed = true
        watch?.cancel()
        watch = nil
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    private func ready(_ events: IOEvents) {
        if !isConnected {
            var failure: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &length)
            guard failure == 0 else { return fail("connect", failure) }
            isConnected = true
            watch?.interest = .read
        }
        if !events.isDisjoint(with: [.read, .hangUp, .error]) { receive() }
        flush()
    }

    private func receive() {
        withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { buffer in
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            guard count > 0 else {
                if count == 0 { return fail(RedisError(.connectionLost, "Redis closed the connection")) }
                return errno == EAGAIN || errno == EINTR ? () : fail("recv")
            }
            do throws(RedisError) {
                try reader.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                while !isClosed, let reply = try reader.next() { onReply(reply) }
            } catch {
                fail(error)
            }
        }
    }

    private func fail(_ call: String, _ code: Int32 = errno) {
        fail(RedisError(.connectionLost, SystemError(call, code: code).description))
    }

    private func fail(_ error: RedisError) {
        guard !isClosed else { return }
        close()
        onClose(error)
    }
}
