import CLinux
import EventLoop
import Glibc

/// The server's part on one loop: its listening socket, its connections and the buffers they share.
final class ServerLoop: @unchecked Sendable {
    // @unchecked: everything that changes, but for the counters, is used on `loop` only.

    let loop: EventLoop
    let limits: ServerLimits
    let handler: HTTPServer.Handler
    let counters = LoopCounters()
    /// With all its time in hand.
    let bodyPace: Pace
    let writePace: Pace
    private let admission: Admission

    /// What a socket is read into: one for all, so that an idle connection owns none.
    let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
    let compressor = Compressor()
    private var names = NameGenerator()
    private var date = (second: 0, field: "")
    private var spareBuffers: [[UInt8]] = []

    private var connections: [Connection] = []
    private var listener: (descriptor: Int32, watch: Watch)?
    private var sweep: LoopTimer?
    private var patience: LoopTimer?
    private(set) var isDraining = false
    private var whenEmpty: [() -> Void] = []

    init(_ loop: EventLoop, _ limits: ServerLimits, _ admission: Admission, _ handler: @escaping HTTPServer.Handler) {
        self.loop = loop
        self.limits = limits
        self.admission = admission
        self.handler = handler
        bodyPace = Pace(stall: limits.bodyStall, bytesPerSecond: limits.minimumRate)
        writePace = Pace(stall: limits.writeStall, bytesPerSecond: limits.minimumRate)
    }

    deinit { readBuffer.deallocate() }

    // MARK: Accepting

    func listen(on descriptor: Int32) {
        guard !isDraining, let watch = try? loop.watch(descriptor, for: .read, { [self] _ in accept() }) else {
            close(descriptor)
            return
        }
        listener = (descriptor, watch)
    }

    /// At most as many as one tick should take.
    private func accept() {
        guard let listener else { return }
        for _ in 0..<64 {
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let descriptor = withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    clinux_accept(listener.descriptor, $0, &length)
                }
            }
            if descriptor >= 0 {
                open(descriptor, PeerAddress(storage))
            } else if errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM {
                pauseAccepting()
                return
            } else if errno != ECONNABORTED, errno != EINTR {
                return
            }
        }
    }

    /// Out of descriptors: the listener stays readable, and would spin the loop.
    private func pauseAccepting() {
        listener?.watch.interest = []
        loop.schedule(after: .milliseconds(100)) { [self] in listener?.watch.interest = .read }
    }

    private func open(_ descriptor: Int32, _ address: PeerAddress) {
        guard admission.admit(address) else {
            counters.refused.add(1)
            var refusal: [UInt8] = []
            appendPlainResponse(.serviceUnavailable, to: &refusal)
            _ = send(descriptor, refusal, refusal.count, Int32(MSG_NOSIGNAL))
            close(descriptor)
            return
        }
        let connection = Connection(self, descriptor, address)
        guard connection.open() else {
            close(descriptor)
            admission.leave(address)
            return
        }
        counters.accepted.add(1)
        connection.position = connections.count
        connections.append(connection)
        if sweep == nil { scheduleSweep() }
    }

    func remove(_ connection: Connection) {
        admission.leave(connection.address)
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.position] = last
            last.position = connection.position
        }
        if connections.isEmpty, isDraining { becameEmpty() }
    }

    // MARK: Deadlines

    /// One timer for all connections instead of one for each: requests only write down their deadlines.
    private func scheduleSweep() {
        let shortest = [limits.headTime, limits.idleTime, limits.bodyStall, limits.writeStall, limits.lingerTime].min()
        let interval = max(.milliseconds(5), min(.seconds(1), (shortest ?? .seconds(1)) / 4))
        sweep = loop.schedule(after: interval) { [self] in
            let now = loop.now
            // Backwards, because a connection that ends is replaced by the last.
            for position in stride(from: connections.count - 1, through: 0, by: -1) where position < connections.count {
                if connections[position].deadline <= now { connections[position].deadlinePassed() }
            }
            sweep = nil
            if !connections.isEmpty { scheduleSweep() }
        }
    }

    // MARK: Ending

    func drain(within limit: Duration, _ whenEmpty: @escaping () -> Void) {
        if let listener {
            accept()
            listener.watch.cancel()
            close(listener.descriptor)
            self.listener = nil
        }
        isDraining = true
        self.whenEmpty.append(whenEmpty)
        for connection in connections { connection.drain() }
        if connections.isEmpty {
            becameEmpty()
        } else if limit <= .zero {
            cutOff()
        } else {
            patience?.cancel()
            patience = loop.schedule(after: limit) { [self] in cutOff() }
        }
    }

    private func cutOff() {
        for connection in connections { connection.close() }
    }

    private func becameEmpty() {
        sweep?.cancel()
        patience?.cancel()
        (sweep, patience) = (nil, nil)
        let waiting = whenEmpty
        whenEmpty = []
        for body in waiting { body() }
    }

    // MARK: What every response needs

    /// An empty buffer with room for a response.
    func lendBuffer() -> [UInt8] {
        if let spare = spareBuffers.popLast() { return spare }
        var buffer: [UInt8] = []
        buffer.reserveCapacity(8 * 1024)
        return buffer
    }

    /// Keeps a few for the next connections, and none that has grown large.
    func takeBack(_ buffer: inout [UInt8]) {
        guard buffer.capacity > 0 else { return }
        if spareBuffers.count < 16, buffer.capacity <= 128 * 1024 {
            buffer.removeAll(keepingCapacity: true)
            spareBuffers.append(buffer)
        }
        buffer = []
    }

    func freshRequestID() -> String { RequestID.text(names.next()) }

    /// `Date: …` with its line end, composed once a second.
    func dateField() -> String {
        let second = time(nil)
        if second != date.second { date = (second, "Date: \(HTTPDate.text(second))\r\n") }
        return date.field
    }

    /// The server's own answer where no handler is asked: it always ends the connection.
    func appendPlainResponse(_ status: Status, to output: inout [UInt8]) {
        let text = "\(status)\n"
        output.append("HTTP/1.1 \(status)\r\n\(dateField())Content-Type: text/plain; charset=utf-8\r\n")
        output.append("X-Content-Type-Options: nosniff\r\nContent-Length: \(text.utf8.count)\r\n")
        if status == .serviceUnavailable { output.append("Retry-After: 5\r\n") }
        output.append("Connection: close\r\n\r\n\(text)")
    }
}
