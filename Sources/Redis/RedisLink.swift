import EventLoop

/// Keeps a connection to Redis: connects, greets, notices its end and connects again. Confined to its loop.
///
///     connecting ──greeted──▶ ready
///        ▲  │                   │
///        │  └──failed──▶ away ◀─┤ too soon, or silent
///        └───pause over───┘     │
///        ▲──────────────────────┘ closed after a while: at once
final class RedisLink {
    enum State {
        /// Hopeful: nothing has failed yet, so a command may wait for the outcome.
        case connecting(isHopeful: Bool)
        case ready
        case away
        case closed
    }

    private(set) var state = State.away
    private let loop: EventLoop
    private let address: RedisAddress
    private let settings: RedisSettings
    private let resolver: BlockingPool?
    private var socket: RedisSocket?
    private var greetingsLeft = 0
    private var failures = 0
    private var readySince = MonotonicTime.current
    private var timer: LoopTimer?

    /// A connection that lived this long ended for a reason of its own; one that did not is part of the trouble.
    private static let provenAfter = Duration.seconds(1)

    var onReady: () -> Void = {}
    var onReply: (RedisValue) -> Void = { _ in }
    /// Called for every connection or attempt that ends; answers still outstanding will not come.
    var onLost: (RedisError) -> Void = { _ in }

    init(on loop: EventLoop, to address: RedisAddress, _ settings: RedisSettings, resolver: BlockingPool?) {
        self.loop = loop
        self.address = address
        self.settings = settings
        self.resolver = resolver
    }

    func start() {
        loop.addTickHook(.queries) { [weak self] in self?.socket?.flush() }
        connect(isHopeful: true)
    }

    /// `false` when Redis is away, or takes no more bytes for now.
    func send(_ words: [RedisWord]) throws(RedisError) {
        switch state {
        case .ready, .connecting(isHopeful: true): break
        default: throw RedisError(.unavailable, "Redis is away")
        }
        guard let socket, socket.unsentBytes < settings.maximumUnsentBytes else {
            throw RedisError(.busy, "Redis takes no more for now")
        }
        socket.append(words)
    }

    /// Gives the connection up, as when answers do not come.
    func drop(_ error: RedisError) {
        socket?.close()
        lose(error, isSuspect: true)
    }

    /// For good.
    func close() {
        state = .closed
        timer?.cancel()
        socket?.close()
        socket = nil
    }

    // MARK: Connecting

    private func connect(isHopeful: Bool) {
        state = .connecting(isHopeful: isHopeful)
        let socket = RedisSocket(
            on: loop,
            maximumReplyBytes: settings.maximumReplyBytes,
            onReply: { [unowned self] in receive($0) },
            onClose: { [unowned self] in lose($0, isSuspect: false) }
        )
        self.socket = socket
        greetingsLeft = address.greeting.count
        for command in address.greeting { socket.append(command) }
        timer = loop.schedule(after: settings.connectTimeout) { [unowned self] in
            drop(RedisError(.timeout, "no greeting within \(settings.connectTimeout)"))
        }
        switch address.endpoint {
        case .unix(let path): socket.open(SocketAddress(unixPath: path))
        case .tcp(let host, let port):
            let numeric = SocketAddress.lookUp(host, port: port, isNumeric: true)
            if numeric.isEmpty { lookUp(host, port: port, for: socket) } else { socket.open(numeric[0]) }
        }
    }

    /// Asks for a name on a thread that may block. Each attempt takes the next of the addresses.
    private func lookUp(_ host: String, port: Int, for socket: RedisSocket) {
        guard let resolver else { return }
        let turn = failures
        let confined = Confined(link: self, socket: socket)
        loop.spawn {
            let found = try? await resolver.run { SocketAddress.lookUp(host, port: port, isNumeric: false) }
            confined.resolved(found ?? [], turn: turn)
        }
    }

    /// Lets a task on the loop hold what belongs to the loop.
    private final class Confined: @unchecked Sendable {
        // @unchecked: made and used on the link's loop only.
        private weak var link: RedisLink?
        private let socket: RedisSocket
        init(link: RedisLink, socket: RedisSocket) {
            self.link = link
            self.socket = socket
        }

        func resolved(_ addresses: [SocketAddress], turn: Int) {
            guard let link, link.socket === socket else { return }
            if addresses.isEmpty {
                link.drop(RedisError(.connectionLost, "the host of Redis has no address"))
            } else {
                socket.open(addresses[turn % addresses.count])
            }
        }
    }

    private func receive(_ reply: RedisValue) {
        guard greetingsLeft > 0 else { return onReply(reply) }
        if case .error(let message) = reply { return drop(RedisError(.unavailable, message)) }
        greetingsLeft -= 1
        guard greetingsLeft == 0 else { return }
        timer?.cancel()
        state = .ready
        readySince = .current
        onReady()
    }

    private func lose(_ error: RedisError, isSuspect: Bool) {
        if case .closed = state { return }
        socket = nil
        timer?.cancel()
        var isProven = false
        if case .ready = state { isProven = MonotonicTime.current - readySince >= Self.provenAfter }
        state = .away
        failures = isProven ? 0 : failures + 1
        let isHopeful = isProven && !isSuspect
        let pause = isHopeful ? .zero : settings.backoff.pause(failures: failures)
        timer = loop.schedule(after: pause) { [unowned self] in connect(isHopeful: isHopeful) }
        onLost(error)
    }
}
