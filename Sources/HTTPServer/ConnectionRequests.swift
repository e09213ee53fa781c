import EventLoop
import Glibc

/// From received bytes to running handlers.
extension Connection {
    func receiveHead() {
        let count = receive()
        guard count > 0 else { return }
        let received = UnsafeRawBufferPointer(rebasing: server.readBuffer[..<count])
        if pending.isEmpty {
            consume(received.assumingMemoryBound(to: UInt8.self))
        } else {
            let known = pending.count
            pending.append(contentsOf: received)
            // Looked through once, not once a packet: a head that comes byte by byte must not cost its square.
            needsMore = !endsHead(after: known)
            takePending()
        }
    }

    /// Whether a complete head, or a reason to refuse it, may have come with the bytes after `known`.
    private func endsHead(after known: Int) -> Bool {
        let limits = server.limits
        if pending.count >= limits.headBytes { return true }
        if known <= limits.requestLineBytes, pending.count > limits.requestLineBytes { return true }
        for position in known..<pending.count where pending[position] == ASCII.lineFeed {
            // Either a line end that is none, or the empty line.
            if position == 0 || pending[position - 1] != ASCII.carriageReturn { return true }
            if position >= 2, pending[position - 2] == ASCII.lineFeed { return true }
        }
        return false
    }

    /// Takes requests out of received bytes for as long as they are answered at once; what is left is kept.
    private func consume(_ received: UnsafeBufferPointer<UInt8>) {
        isConsuming = true
        let used = takeRequests(received.span)
        if phase != .closed, used < received.count {
            pending.append(contentsOf: UnsafeBufferPointer(rebasing: received[used...]))
        }
        isConsuming = false
        takePending()
    }

    /// Goes on with what was received before.
    func takePending() {
        guard !isConsuming else { return }
        isConsuming = true
        while phase == .head, !pending.isEmpty, !needsMore {
            let bytes = pending
            pending = []
            let used = takeRequests(bytes.span)
            if phase != .closed, used < bytes.count { pending.append(contentsOf: bytes[used...]) }
        }
        isConsuming = false
        // What is blocked already has been tried.
        if !output.isEmpty || queue.isEmpty { flush() }
    }

    /// Returns how many bytes were used, or moved to `pending` as the beginning of a body.
    private func takeRequests(_ bytes: Span<UInt8>) -> Int {
        var used = 0
        while phase == .head, used < bytes.count {
            let rest = bytes.extracting(used..<bytes.count)
            let parsed: Head?
            do throws(ProtocolError) {
                parsed = try Head.parse(rest, limits: server.limits)
            } catch {
                reject(error)
                return bytes.count
            }
            guard let head = parsed else {
                needsMore = true
                if !hasBegunHead { deadline = server.loop.now.advanced(by: server.limits.headTime) }
                hasBegunHead = true
                return used
            }
            let headBytes = rest.extracting(0..<head.length).withUnsafeBufferPointer { Array($0) }
            used += head.length
            if head.framing != .none {
                pending = bytes.extracting(used..<bytes.count).withUnsafeBufferPointer { Array($0) }
                used = bytes.count
                begin(head, headBytes)
                return used
            }
            begin(head, headBytes)
        }
        return used
    }

    private func begin(_ head: Head, _ bytes: [UInt8]) {
        server.counters.requests.add(1)
        server.counters.active.add(1)
        keepsAlive = head.keepsAlive
        body = IncomingBody(head.framing)
        expectsContinue = head.expectsContinue
        bodyFailure = nil
        bodyChunk = []
        if head.framing != .none { bodyPace = server.bodyPace }
        let request = Request(
            head,
            bytes: bytes,
            address: address,
            freshID: server.freshRequestID(),
            source: head.framing == .none ? .none : .connection(self)
        )
        current = request
        phase = .handling
        deadline = .never
        let task = server.loop.spawn { [self] in await serve(request) }
        if current === request { self.task = task }
    }

    private func serve(_ request: Request) async {
        defer { server.counters.active.add(-1) }
        let response = await server.handler(request)
        guard current === request else { return }
        guard let producer = start(response, for: request) else { return }
        let writer = BodyWriter(connection: self, isChunked: !request.isHTTP10)
        do {
            try await producer(writer)
            guard current === request else { return }
            endStream(isChunked: !request.isHTTP10)
        } catch {
            // Without its last chunk the client knows that the response is incomplete.
            if current === request { close() }
        }
    }

    /// Answers what cannot be served, and ends the connection: where the next request begins is unknown.
    func reject(_ error: ProtocolError) {
        server.counters.rejected.add(1)
        server.appendPlainResponse(error.status, to: &output)
        keepsAlive = false
        mustLinger = true
        pending = []
        phase = .writing
        if !isConsuming { flush() }
    }

    func expectNextRequest() {
        phase = .head
        hasBegunHead = false
        needsMore = false
        deadline = server.loop.now.advanced(by: server.limits.idleTime)
    }

    /// The response has been sent, all of it.
    func awaitNextRequest() {
        expectNextRequest()
        watch?.interest = [.read, .peerClosed]
        takePending()
        if server.isDraining, phase == .head, pending.isEmpty, !isConsuming { close() }
    }

    // MARK: Bodies

    /// `nil` at the end of the body. Only the request that is being handled may ask, and only one task of it at a time.
    func nextBodyChunk(of request: Request) async throws(RequestError) -> [UInt8]? {
        while true {
            guard phase != .closed else { throw .disconnected }
            guard current === request else { throw .alreadyRead }
            if bodyChunk.isEmpty { decodePending() }
            if !bodyChunk.isEmpty {
                let chunk = bodyChunk
                bodyChunk = []
                return chunk
            }
            if body.isComplete { return nil }
            if let bodyFailure { throw bodyFailure }
            if peerHasClosed { throw .disconnected }
            sendContinue()
            try await waitForBody()
        }
    }

    private func decodePending() {
        guard !pending.isEmpty, !body.isComplete, bodyFailure == nil else { return }
        do throws(ProtocolError) {
            let bytes = pending
            let count = try body.decode(bytes.span, into: &bodyChunk)
            pending = Array(bytes[count...])
        } catch {
            bodyFailed(error)
        }
    }

    private func sendContinue() {
        guard expectsContinue else { return }
        expectsContinue = false
        lendOutput()
        output.append("HTTP/1.1 100 Continue\r\n\r\n")
        flush()
    }

    private func waitForBody() async throws(RequestError) {
        guard phase != .closed, bodyWaiter == nil else { throw .disconnected }
        let promise = Promise<Void>(on: server.loop)
        bodyWaiter = promise
        watch?.interest.insert(.read)
        deadline = bodyPace.wait(now: server.loop.now)
        do {
            try await promise.value()
        } catch {
            bodyWaiter = nil
            throw .disconnected
        }
    }

    func receiveBody() {
        let count = receive()
        if count > 0 {
            bodyPace.moved(count, now: server.loop.now)
            let received = UnsafeRawBufferPointer(rebasing: server.readBuffer[..<count])
                .assumingMemoryBound(to: UInt8.self)
            do throws(ProtocolError) {
                let used = try body.decode(received.span, into: &bodyChunk)
                pending.append(contentsOf: UnsafeBufferPointer(rebasing: received[used...]))
            } catch {
                bodyFailed(error)
            }
            if bodyChunk.isEmpty, !body.isComplete, bodyFailure == nil {
                deadline = bodyPace.wait(now: server.loop.now)
                return
            }
        } else if bodyFailure == nil {
            return
        }
        deadline = .never
        bodyWaiter?.succeed(())
        bodyWaiter = nil
    }

    private func bodyFailed(_ error: ProtocolError) {
        bodyFailure = RequestError(error.status, "\(error.reason)")
        keepsAlive = false
        mustLinger = true
        pending = []
    }
}
