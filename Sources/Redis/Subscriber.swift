import EventLoop

/// A published message.
public struct RedisMessage: Sendable {
    public let channel: String
    public let bytes: [UInt8]
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// A channel, or a pattern of channels.
enum Topic: Hashable, Sendable {
    case channel(String)
    case pattern(String)

    var subscribe: [RedisWord] {
        switch self {
        case .channel(let name): ["SUBSCRIBE", RedisWord(name)]
        case .pattern(let name): ["PSUBSCRIBE", RedisWord(name)]
        }
    }

    var unsubscribe: [RedisWord] {
        switch self {
        case .channel(let name): ["UNSUBSCRIBE", RedisWord(name)]
        case .pattern(let name): ["PUNSUBSCRIBE", RedisWord(name)]
        }
    }
}

/// All subscriptions of a process over one connection, made with the first of them. Confined to its loop, but for
/// `subscribe`.
final class Subscriber: @unchecked Sendable {
    // @unchecked: all state is touched on `loop` only.
    let loop: EventLoop
    private let link: RedisLink
    private let settings: RedisSettings
    private var isStarted = false
    private var isReady = false
    private var listeners: [Topic: [RedisSubscription.Listener]] = [:]
    private var confirmed: Set<Topic> = []
    private var hasHeard = false
    private var watchdog: LoopTimer?

    init(on loop: EventLoop, to address: RedisAddress, _ settings: RedisSettings, resolver: BlockingPool?) {
        self.loop = loop
        self.settings = settings
        link = RedisLink(on: loop, to: address, settings, resolver: resolver)
    }

    func subscribe(
        _ topics: Set<Topic>,
        _ onListening: (@Sendable () -> Void)?,
        _ onMessage: @escaping @Sendable (RedisMessage) -> Void
    ) -> RedisSubscription {
        let listener = RedisSubscription.Listener(topics: topics, onListening: onListening, onMessage: onMessage)
        onLoop { $0.add(listener) }
        return RedisSubscription { [weak self] in self?.onLoop { $0.remove(listener) } }
    }

    func close() {
        watchdog?.cancel()
        link.close()
    }

    // MARK: Who listens to what

    private func add(_ listener: RedisSubscription.Listener) {
        for topic in listener.topics {
            let isNew = listeners[topic] == nil
            listeners[topic, default: []].append(listener)
            if isNew, isReady { try? link.send(topic.subscribe) }
        }
        tellIfListening([listener])
        guard !isStarted else { return }
        isStarted = true
        link.onReady = { [unowned self] in listen() }
        link.onReply = { [unowned self] in receive($0) }
        link.onLost = { [unowned self] _ in
            isReady = false
            confirmed = []
            watchdog?.cancel()
        }
        link.start()
    }

    private func remove(_ listener: RedisSubscription.Listener) {
        for topic in listener.topics {
            listeners[topic]?.removeAll { $0 === listener }
            guard listeners[topic]?.isEmpty == true else { continue }
            listeners[topic] = nil
            confirmed.remove(topic)
            if isReady { try? link.send(topic.unsubscribe) }
        }
    }

    private func tellIfListening(_ candidates: [RedisSubscription.Listener]) {
        for listener in candidates where listener.topics.isSubset(of: confirmed) { listener.onListening?() }
    }

    // MARK: The connection

    private func listen() {
        isReady = true
        for topic in listeners.keys { try? link.send(topic.subscribe) }
        hasHeard = true
        watch()
    }

    /// A subscriber hears nothing while nothing is published, so it asks for a sign of life.
    private func watch() {
        guard hasHeard else {
            return link.drop(RedisError(.timeout, "no sign of life within \(settings.subscriberPing)"))
        }
        hasHeard = false
        try? link.send(["PING"])
        watchdog = loop.schedule(after: settings.subscriberPing) { [unowned self] in watch() }
    }

    private func receive(_ reply: RedisValue) {
        hasHeard = true
        // Before the first SUBSCRIBE the answer to PING is a status.
        guard case .array(let parts) = reply, let kind = parts.first?.text else {
            if case .error(let message) = reply { link.drop(RedisError(.refused, message)) }
            return
        }
        switch (kind, parts.count) {
        case ("message", 3): deliver(parts[2], on: parts[1], of: parts[1].text.map(Topic.channel))
        case ("pmessage", 4): deliver(parts[3], on: parts[2], of: parts[1].text.map(Topic.pattern))
        case ("subscribe", 3): confirm(parts[1].text.map(Topic.channel))
        case ("psubscribe", 3): confirm(parts[1].text.map(Topic.pattern))
        case ("unsubscribe", 3), ("punsubscribe", 3), ("pong", _): break
        default: link.drop(RedisError(.badReply, "a push of an unknown kind"))
        }
    }

    private func deliver(_ body: RedisValue, on channel: RedisValue, of topic: Topic?) {
        guard let topic, let channel = channel.text, let bytes = body.bytes else { return }
        // A copy: a listener may cancel itself or subscribe others.
        for listener in listeners[topic] ?? [] { listener.onMessage(RedisMessage(channel: channel, bytes: bytes)) }
    }

    private func confirm(_ topic: Topic?) {
        guard let topic, let waiting = listeners[topic] else { return }
        confirmed.insert(topic)
        tellIfListening(waiting)
    }
}

/// Ends when it is cancelled, or no longer referenced.
public final class RedisSubscription: Sendable {
    final class Listener: Sendable {
        let topics: Set<Topic>
        let onListening: (@Sendable () -> Void)?
        let onMessage: @Sendable (RedisMessage) -> Void

        init(
            topics: Set<Topic>,
            onListening: (@Sendable () -> Void)?,
            onMessage: @escaping @Sendable (RedisMessage) -> Void
        ) {
            self.topics = topics
            self.onListening = onListening
            self.onMessage = onMessage
        }
    }

    private let end: @Sendable () -> Void

    init(end: @escaping @Sendable () -> Void) { self.end = end }

    deinit { end() }

    /// A message already on its way may still be delivered. Any thread; twice is harmless.
    public func cancel() { end() }
}
