import CLinux
import EventLoop
import Glibc

/// What waits to be sent because the client has not taken it yet.
enum OutgoingPiece {
    case bytes([UInt8], start: Int)
    case file(OpenFile, offset: Int, end: Int)
}

/// From a response to bytes on the socket.
extension Connection {
    /// Bodies up to this size are copied behind their head; larger ones are handed to the kernel beside it.
    private static var copiedBytes: Int { 16 * 1024 }
    /// Sent to one client before the others have their turn.
    private static var turnBytes: Int { 512 * 1024 }

    /// Sends the response, or its head and returns what produces the rest.
    func start(_ response: Response, for request: Request) -> (@Sendable (BodyWriter) async throws -> Void)? {
        let response = server.compressor.compressed(response, for: request)
        decideKeepingAlive()
        if case .stream = response.body, request.isHTTP10 { keepsAlive = false }
        appendHead(of: response, for: request)
        guard !request.isHead, !response.status.forbidsContent else {
            endResponse()
            return nil
        }
        switch response.body {
        case .empty: break
        case .text(let text): output.append(text)
        case .bytes(let bytes): send(body: bytes)
        case .file(let file, let offset, let length):
            flush(moreFollows: true)
            if phase != .closed, length > 0 { queue.append(.file(file, offset: offset, end: offset + length)) }
        case .stream(let producer):
            flush()
            return phase == .closed ? nil : producer
        }
        endResponse()
        return nil
    }

    /// A body nobody read must be read before the next request can be found; too long a one, or one that was never
    /// asked to be sent, ends the connection instead.
    private func decideKeepingAlive() {
        if !body.isComplete {
            bodyChunk = []
            let isWellFormed = discardPending()
            if !body.isComplete {
                let rest = body.remaining ?? .max
                if !isWellFormed || expectsContinue || rest > server.limits.discardedBytes { keepsAlive = false }
                mustLinger = !keepsAlive
            }
        }
        if server.isDraining || peerHasClosed { keepsAlive = false }
        if !pending.isEmpty, !keepsAlive { mustLinger = true }
    }

    private func appendHead(of response: Response, for request: Request) {
        lendOutput()
        if response.status == .ok {
            output.append("HTTP/1.1 200 OK\r\n")
        } else {
            output.append("HTTP/1.1 ")
            output.append(decimal: response.status.code)
            output.append(ASCII.space)
            output.append(response.status.reason)
            output.append("\r\n")
        }
        output.append(server.dateField())
        for (name, value) in response.headers.pairs {
            output.append(name)
            output.append(": ")
            output.append(value)
            output.append("\r\n")
        }
        if let length = response.bodyLength {
            if !response.status.forbidsContent {
                output.append("Content-Length: ")
                output.append(decimal: length)
                output.append("\r\n")
            }
        } else if !request.isHTTP10, !response.status.forbidsContent {
            output.append("Transfer-Encoding: chunked\r\n")
        }
        if !keepsAlive {
            output.append("Connection: close\r\n")
        } else if request.isHTTP10 {
            output.append("Connection: keep-alive\r\n")
        }
        output.append("\r\n")
    }

    private func send(body bytes: [UInt8]) {
        guard bytes.count > Self.copiedBytes, queue.isEmpty else {
            output.append(contentsOf: bytes)
            return
        }
        let sent = output.withUnsafeBytes { head in
            bytes.withUnsafeBytes { body in
                // writev does not write through its pointers; iovec serves readv too.
                var pieces = [head, body].map {
                    iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
                }
                return writev(descriptor, &pieces, 2)
            }
        }
        if sent < 0, errno != EAGAIN, errno != EINTR { return close() }
        let taken = max(0, sent)
        if taken < output.count {
            queue.append(.bytes(Array(output[taken...]), start: 0))
            queue.append(.bytes(bytes, start: 0))
        } else if taken - output.count < bytes.count {
            queue.append(.bytes(bytes, start: taken - output.count))
        }
        output.removeAll(keepingCapacity: true)
    }

    /// The response is complete; what of it has not been sent waits its turn.
    private func endResponse() {
        guard phase != .closed else { return }
        current = nil
        task = nil
        bodyWaiter?.fail(CancellationError())
        bodyWaiter = nil
        phase = .writing
        if isConsuming, keepsAlive, body.isComplete, queue.isEmpty, output.count < Self.copiedBytes * 4 {
            expectNextRequest()
        } else {
            flush()
        }
    }

    // MARK: Streams

    /// One chunk; waits while the client has not taken what was written before.
    func writeChunk(_ bytes: [UInt8], isChunked: Bool) async throws {
        guard phase == .handling, !peerHasClosed else { throw CancellationError() }
        guard !bytes.isEmpty else { return }
        lendOutput()
        if isChunked {
            output.append(hexadecimal: bytes.count)
            output.append("\r\n")
        }
        output.append(contentsOf: bytes)
        if isChunked { output.append("\r\n") }
        flush()
        try await untilTaken()
    }

    private func untilTaken() async throws {
        guard phase != .closed else { throw CancellationError() }
        guard !queue.isEmpty else { return }
        let promise = Promise<Void>(on: server.loop)
        drainWaiter = promise
        try await promise.value()
    }

    func endStream(isChunked: Bool) {
        if isChunked {
            lendOutput()
            output.append("0\r\n\r\n")
        }
        endResponse()
    }

    // MARK: The socket

    /// Sends as much as the client takes.
    func flush(moreFollows: Bool = false) {
        guard phase != .closed else { return }
        if !output.isEmpty, queue.isEmpty {
            let flags = Int32(MSG_NOSIGNAL) | (moreFollows ? Int32(MSG_MORE) : 0)
            let sent = Glibc.send(descriptor, output, output.count, flags)
            if sent < 0, errno != EAGAIN, errno != EINTR { return close() }
            if sent >= output.count {
                output.removeAll(keepingCapacity: true)
            } else {
                queue.append(.bytes(Array(output[max(0, sent)...]), start: 0))
                output.removeAll(keepingCapacity: true)
            }
        } else if !output.isEmpty {
            queue.append(.bytes(output, start: 0))
            output.removeAll(keepingCapacity: false)
        }
        if !queue.isEmpty, !sendQueue() { return close() }
        if queue.isEmpty { flushed() } else { blocked() }
    }

    private func flushed() {
        if output.isEmpty { server.takeBack(&output) }
        if watch?.interest.contains(.write) == true {
            watch?.interest.remove(.write)
            writePace = server.writePace
        }
        drainWaiter?.succeed(())
        drainWaiter = nil
        guard phase == .writing else {
            if phase == .handling, bodyWaiter == nil { deadline = .never }
            return
        }
        if !keepsAlive {
            end()
        } else if body.isComplete {
            if isConsuming { expectNextRequest() } else { awaitNextRequest() }
        } else {
            phase = .discarding
            discardable = server.limits.discardedBytes
            deadline = server.loop.now.advanced(by: server.limits.bodyStall)
            watch?.interest = [.read, .peerClosed]
        }
    }

    private func blocked() {
        if phase == .head { phase = .writing }
        watch?.interest.insert(.write)
        deadline = writePace.wait(now: server.loop.now)
    }

    /// `false` when the connection is broken.
    private func sendQueue() -> Bool {
        var turn = Self.turnBytes
        while turn > 0, let piece = queue.first {
            let sent: Int
            switch piece {
            case .bytes(let bytes, let start):
                sent = bytes.withUnsafeBytes { all in
                    let rest = UnsafeRawBufferPointer(rebasing: all[start...])
                    return Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                }
                if sent >= 0 {
                    advance(past: sent, .bytes(bytes, start: start + sent), ended: start + sent == bytes.count)
                }
            case .file(let file, let offset, let end):
                var position = off_t(offset)
                sent = sendfile(descriptor, file.descriptor, &position, min(turn, end - offset))
                // The file has become shorter than its announced length.
                if sent == 0 { return false }
                if sent > 0 {
                    advance(past: sent, .file(file, offset: offset + sent, end: end), ended: offset + sent == end)
                }
            }
            if sent < 0 {
                if errno == EINTR { continue }
                return errno == EAGAIN
            }
            turn -= sent
        }
        return true
    }

    private func advance(past sent: Int, _ rest: OutgoingPiece, ended: Bool) {
        writePace.moved(sent, now: server.loop.now)
        if ended { queue.removeFirst() } else { queue[0] = rest }
    }

    func lendOutput() {
        if output.capacity == 0 { output = server.lendBuffer() }
    }
}
