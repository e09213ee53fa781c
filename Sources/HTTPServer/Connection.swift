import EventLoop
import Glibc

/// One client's connection: reads requests, runs their handlers one after the other, writes their answers in order.
///
/// Back-pressure throughout: a body is read only while its handler waits for it, the next request only when the answer
/// before it has been sent, and a stream's producer waits while the client does not read.
final class Connection: @unchecked Sendable {
    // @unchecked: confined to `server.loop`; the request's task runs there too.

    enum Phase {
        /// Waiting for a request, or for the rest of its head.
        case head
        /// The handler runs, or its response is being streamed.
        case handling
        /// The response is complete, but the client has not taken all of it.
        case writing
        /// The answer came before the end of the body, which is read and thrown away.
        case discarding
        /// We have said our last word; what still comes is thrown away so that the client sees it, not a reset.
        case lingering
        case closed
    }

    let server: ServerLoop
    let descriptor: Int32
    let address: PeerAddress
    /// In the server's list.
    var position = 0
    var watch: Watch?
    var phase = Phase.head
    var deadline: MonotonicTime
    /// Received and not yet used: a part of a head, a part of a body, or requests that wait their turn.
    var pending: [UInt8] = []
    /// Whether `pending` is known to hold no complete head.
    var needsMore = false
    /// Whether `deadline` is already that of a head; on a new connection it is, before its first byte.
    var hasBegunHead = true
    /// Whether requests are being taken out of received bytes: answers are then collected and sent together.
    var isConsuming = false
    /// Whether the client has closed its side.
    var peerHasClosed = false

    // The request that is being handled.
    var current: Request?
    var task: Task<Void, Never>?
    var keepsAlive = true
    var body = IncomingBody(.none)
    var expectsContinue = false
    var bodyChunk: [UInt8] = []
    var bodyFailure: RequestError?
    var bodyWaiter: Promise<Void>?
    var bodyPace: Pace

    // The way out.
    /// Borrowed from the server while there is something to send.
    var output: [UInt8] = []
    var queue: [OutgoingPiece] = []
    var drainWaiter: Promise<Void>?
    var writePace: Pace
    var mustLinger = false
    var discardable = 0

    init(_ server: ServerLoop, _ descriptor: Int32, _ address: PeerAddress) {
        self.server = server
        self.descriptor = descriptor
        self.address = address
        deadline = server.loop.now.advanced(by: server.limits.headTime)
        bodyPace = server.bodyPace
        writePace = server.writePace
    }

    func open() -> Bool {
        watch = try? server.loop.watch(descriptor, for: [.read, .peerClosed]) { [self] events in handle(events) }
        return watch != nil
    }

    func close() {
        guard phase != .closed else { return }
        phase = .closed
        watch?.cancel()
        watch = nil
        Glibc.close(descriptor)
        pending = []
        queue = []
        output = []
        deadline = .never
        current = nil
        bodyFailure = bodyFailure ?? .disconnected
        bodyWaiter?.fail(CancellationError())
        bodyWaiter = nil
        drainWaiter?.fail(CancellationError())
        drainWaiter = nil
        task?.cancel()
        task = nil
        server.remove(self)
    }

    // MARK: Events

    private func handle(_ events: IOEvents) {
        if !events.isDisjoint(with: [.error, .hangUp]) {
            close()
            return
        }
        if events.contains(.write) { flush() }
        if events.contains(.read) {
            readable(events)
        } else if events.contains(.peerClosed) {
            peerClosed()
        }
    }

    private func readable(_ events: IOEvents) {
        switch phase {
        case .head: receiveHead()
        case .handling where bodyWaiter != nil: receiveBody()
        case .handling, .writing:
            // Nobody wants it now. To stop listening only here spares most requests two system calls.
            if events.contains(.peerClosed) { peerClosed() } else { watch?.interest.remove(.read) }
        case .discarding: receiveDiscarded()
        case .lingering: receiveLast()
        case .closed: break
        }
    }

    /// The client has gone, or has only said that it will send no more; nobody but its own answer can tell.
    func peerClosed() {
        peerHasClosed = true
        watch?.interest.subtract([.read, .peerClosed])
        switch phase {
        case .handling: task?.cancel()
        case .writing, .closed: break
        case .head, .discarding, .lingering: close()
        }
    }

    /// How many bytes now are in the loop's buffer; 0 when there are none or the connection has ended.
    func receive() -> Int {
        let count = recv(descriptor, server.readBuffer.baseAddress, server.readBuffer.count, 0)
        if count > 0 { return count }
        if count == 0 {
            bodyFailure = .disconnected
            peerClosed()
        } else if errno != EAGAIN, errno != EINTR {
            close()
        }
        return 0
    }

    private func receiveDiscarded() {
        let count = receive()
        guard count > 0 else { return }
        discardable -= count
        pending.append(contentsOf: server.readBuffer[..<count])
        guard discardPending(), discardable >= 0 else { return close() }
        if body.isComplete { awaitNextRequest() }
    }

    private func receiveLast() {
        let count = receive()
        discardable -= count
        if count > 0, discardable <= 0 { close() }
    }

    /// Throws away the part of the body that is in `pending`; `false` when it is malformed.
    func discardPending() -> Bool {
        var discarded: [UInt8] = []
        let bytes = pending
        guard let count = try? body.decode(bytes.span, into: &discarded) else { return false }
        pending = Array(bytes[count...])
        return true
    }

    // MARK: Deadlines and ending

    func deadlinePassed() {
        switch phase {
        case .head where !pending.isEmpty: reject(ProtocolError(.requestTimeout, "head too slow"))
        case .handling where queue.isEmpty:
            bodyFailure = .tooSlow
            keepsAlive = false
            mustLinger = true
            deadline = .never
            bodyWaiter?.succeed(())
            bodyWaiter = nil
        default: close()
        }
    }

    /// Closes an idle connection, after a look whether a request has just arrived.
    func drain() {
        guard phase == .head, pending.isEmpty else { return }
        receiveHead()
        if phase == .head, pending.isEmpty { close() }
    }

    /// After the last answer: at once when everything was read, else the client would see a reset in its place.
    func end() {
        guard mustLinger, !peerHasClosed, shutdown(descriptor, Int32(SHUT_WR)) == 0 else { return close() }
        phase = .lingering
        pending = []
        discardable = server.limits.discardedBytes
        deadline = server.loop.now.advanced(by: server.limits.lingerTime)
        watch?.interest = [.read]
    }
}

extension MonotonicTime {
    static let never = MonotonicTime(nanoseconds: .max)
}
