import EventLoop

/// One loop's commands over one connection: written together at the end of a tick, answered in order. Confined to its
/// loop.
final class CommandPipeline: @unchecked Sendable {
    // @unchecked: used on `loop` only; `Redis` picks the pipeline of the loop it is called on.
    let loop: EventLoop
    private let link: RedisLink
    private let settings: RedisSettings
    private let onAvailability: (Bool) -> Void
    private var waiting = WaitingReplies()
    private var timer: LoopTimer?
    private var isAvailable = false

    init(
        on loop: EventLoop,
        to address: RedisAddress,
        _ settings: RedisSettings,
        resolver: BlockingPool?,
        onAvailability: @escaping (Bool) -> Void
    ) {
        self.loop = loop
        self.settings = settings
        self.onAvailability = onAvailability
        link = RedisLink(on: loop, to: address, settings, resolver: resolver)
    }

    func start() {
        link.onReady = { [unowned self] in becomeAvailable(true) }
        link.onReply = { [unowned self] in receive($0) }
        link.onLost = { [unowned self] in lose($0) }
        link.start()
    }

    func close() {
        timer?.cancel()
        link.close()
        lose(RedisError(.unavailable, "the client was closed"))
    }

    func command(_ words: [RedisWord]) async throws(RedisError) -> RedisValue {
        let reply = Promise<RedisValue>(on: loop)
        try send(words, answerTo: reply)
        let answer: RedisValue
        do {
            answer = try await reply.value()
        } catch let error as RedisError {
            throw error
        } catch {
            throw RedisError(.cancelled, "cancelled")
        }
        if case .error(let message) = answer { throw RedisError(.refused, message) }
        return answer
    }

    /// `reply`, if any, gets the answer or the reason why there is none.
    func send(_ words: [RedisWord], answerTo reply: Promise<RedisValue>?) throws(RedisError) {
        loop.preconditionIsCurrent()
        guard waiting.count < settings.maximumInFlight else {
            throw RedisError(.busy, "\(waiting.count) commands wait for their answers")
        }
        try link.send(words)
        waiting.append(reply, deadline: .current.advanced(by: settings.commandTimeout))
        if timer == nil { watchOldest() }
    }

    /// One timer for all: answers come in order, so the oldest command is the first to be late.
    private func watchOldest() {
        timer = nil
        guard let deadline = waiting.oldestDeadline else { return }
        timer = loop.schedule(after: max(.zero, deadline - .current)) { [unowned self] in
            timer = nil
            if let oldest = waiting.oldestDeadline, oldest <= .current {
                link.drop(RedisError(.timeout, "no answer within \(settings.commandTimeout)"))
            } else {
                watchOldest()
            }
        }
    }

    private func receive(_ reply: RedisValue) {
        guard let promise = waiting.popFirst() else {
            return link.drop(RedisError(.badReply, "an answer to no question"))
        }
        promise.reply?.succeed(reply)
    }

    private func lose(_ error: RedisError) {
        becomeAvailable(false)
        timer?.cancel()
        timer = nil
        while let promise = waiting.popFirst() { promise.reply?.fail(error) }
    }

    private func becomeAvailable(_ newValue: Bool) {
        guard isAvailable != newValue else { return }
        isAvailable = newValue
        onAvailability(newValue)
    }
}

/// Who waits for an answer, oldest first.
private struct WaitingReplies {
    struct Entry {
        let reply: Promise<RedisValue>?
        let deadline: MonotonicTime
    }

    private var entries: [Entry] = []
    private var head = 0

    var count: Int { entries.count - head }
    var oldestDeadline: MonotonicTime? { head < entries.count ? entries[head].deadline : nil }

    mutating func append(_ reply: Promise<RedisValue>?, deadline: MonotonicTime) {
        entries.append(Entry(reply: reply, deadline: deadline))
    }

    mutating func popFirst() -> Entry? {
        guard head < entries.count else { return nil }
        defer {
            head += 1
            // Moved down now and then, so that a connection that is never idle does not grow for ever.
            if head == entries.count || head >= 1024 {
                entries.removeFirst(head)
                head = 0
            }
        }
        return entries[head]
    }
}
