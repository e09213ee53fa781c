import EventLoop

/// Wakes one waiting task; a call while nobody waits is remembered once. Confined to its loop.
final class Signal: @unchecked Sendable {
    // @unchecked: used on its loop only.
    private let loop: EventLoop
    private var isSet = false
    private var promise: Promise<Void>?

    init(on loop: EventLoop) {
        self.loop = loop
    }

    func set() {
        guard let promise else {
            isSet = true
            return
        }
        // What is called before the waiter has resumed counts for its next wait.
        self.promise = nil
        promise.succeed(())
    }

    /// Returns when set, or after `limit`. Throws only when the task is cancelled.
    func wait(atMost limit: Duration) async throws {
        precondition(promise == nil, "two tasks wait for one signal")
        if isSet {
            isSet = false
            return
        }
        let promise = Promise<Void>(on: loop)
        self.promise = promise
        defer { if self.promise === promise { self.promise = nil } }
        do {
            try await promise.value(within: limit)
        } catch is TimeoutError {
            return
        }
    }
}
