import EventLoop
import Synchronization

/// Redis over one connection a loop for commands, and one for subscriptions.
///
/// What is kept there may be lost, and Redis itself may be away: then commands fail at once, without waiting, until a
/// connection made in the background answers again.
public final class Redis: Sendable {
    private let pipelines: [CommandPipeline]
    private let subscriber: Subscriber
    private let resolver: BlockingPool?
    private let availableCount: AvailableCount

    /// Starts connecting at once, on each of `loops`. The first also carries the subscriptions.
    public init(url: String, loops: [EventLoop], settings: RedisSettings = RedisSettings()) throws(RedisError) {
        let address = try RedisAddress(url: url)
        guard let first = loops.first else { preconditionFailure("a Redis client needs a loop") }
        let resolver = address.needsLookUp ? BlockingPool(threads: 1, capacity: loops.count + 1) : nil
        let availableCount = AvailableCount()
        pipelines = loops.map { loop in
            CommandPipeline(on: loop, to: address, settings, resolver: resolver) { availableCount.add($0 ? 1 : -1) }
        }
        subscriber = Subscriber(on: first, to: address, settings, resolver: resolver)
        self.resolver = resolver
        self.availableCount = availableCount
        for pipeline in pipelines { pipeline.onLoop { $0.start() } }
    }

    deinit {
        for pipeline in pipelines { pipeline.onLoop { $0.close() } }
        subscriber.onLoop { $0.close() }
        resolver?.stop()
    }

    /// Whether commands are answered, on every loop. Any thread.
    public var isAvailable: Bool { availableCount.value == pipelines.count }

    /// Commands of one tick travel together. From a task on one of the loops.
    ///
    /// An answer that is an error throws `refused`. A command that may block must not be asked: it holds up all others.
    @discardableResult
    public func command(_ words: RedisWord...) async throws(RedisError) -> RedisValue {
        try await command(words)
    }

    @discardableResult
    public func command(_ words: [RedisWord]) async throws(RedisError) -> RedisValue {
        try await currentPipeline().command(words)
    }

    /// Sends and forgets: when Redis is away, or nobody listens, the message is gone. Any thread.
    public func publish(_ channel: String, _ message: [UInt8]) {
        let words: [RedisWord] = ["PUBLISH", RedisWord(channel), RedisWord(message)]
        let pipeline = pipelines.first { $0.loop.isCurrent } ?? pipelines[0]
        pipeline.onLoop { try? $0.send(words, answerTo: nil) }
    }

    public func publish(_ channel: String, _ message: String) { publish(channel, Array(message.utf8)) }

    /// Calls `onMessage` on the first loop for each message to one of `channels`, until the subscription is cancelled.
    /// Any thread.
    ///
    /// It survives the loss of the connection, but messages meanwhile are lost. `onListening` tells each time that
    /// Redis has confirmed the channels: only what is published from then on is sure to be heard.
    public func subscribe(
        _ channels: [String],
        onListening: (@Sendable () -> Void)? = nil,
        onMessage: @escaping @Sendable (RedisMessage) -> Void
    ) -> RedisSubscription {
        subscriber.subscribe(Set(channels.map(Topic.channel)), onListening, onMessage)
    }

    /// The same for every channel that matches `pattern`, as in `job:*`.
    public func subscribe(
        pattern: String,
        onListening: (@Sendable () -> Void)? = nil,
        onMessage: @escaping @Sendable (RedisMessage) -> Void
    ) -> RedisSubscription {
        subscriber.subscribe([.pattern(pattern)], onListening, onMessage)
    }

    private func currentPipeline() -> CommandPipeline {
        guard let pipeline = pipelines.first(where: { $0.loop.isCurrent }) else {
            preconditionFailure("a Redis client is used on the loops it was made for")
        }
        return pipeline
    }
}

/// How many pipelines are connected.
private final class AvailableCount: Sendable {
    private let count = Atomic(0)
    var value: Int { count.load(ordering: .acquiring) }
    func add(_ change: Int) { count.add(change, ordering: .acquiringAndReleasing) }
}

/// Something confined to a loop.
protocol LoopConfined: Sendable {
    var loop: EventLoop { get }
}

extension LoopConfined {
    /// At once when already there.
    func onLoop(_ body: @escaping @Sendable (Self) -> Void) {
        if loop.isCurrent { body(self) } else { loop.execute { body(self) } }
    }
}

extension CommandPipeline: LoopConfined {}
extension Subscriber: LoopConfined {}
