/// A wait that ran out of time.
public struct TimeoutError: Error, Sendable, CustomStringConvertible {
    public let limit: Duration
    public init(limit: Duration) { self.limit = limit }
    public var description: String { "no answer within \(limit)" }
}

/// A value that one task waits for and a callback on the same loop delivers: once, the first outcome wins.
///
/// Confined to its loop; at most one task waits.
public final class Promise<Value: Sendable>: @unchecked Sendable {
    // @unchecked: made, resolved and awaited on one loop; the cancellation handler hops there first.
    private let loop: EventLoop
    private var outcome: Result<Value, any Error>?
    private var waiter: UnsafeContinuation<Void, Never>?

    public init(on loop: EventLoop) {
        self.loop = loop
    }

    public var isResolved: Bool { outcome != nil }

    public func succeed(_ value: Value) { resolve(.success(value)) }

    public func fail(_ error: any Error) { resolve(.failure(error)) }

    /// Delivers the outcome, unless there is one already.
    public func resolve(_ result: Result<Value, any Error>) {
        loop.preconditionIsCurrent()
        guard outcome == nil else { return }
        outcome = result
        let waiter = self.waiter
        self.waiter = nil
        waiter?.resume()
    }

    /// Waits for the outcome, from a task on this loop.
    ///
    /// Throws what the promise failed with, `TimeoutError` after `limit`, or `CancellationError` when the waiting task
    /// is cancelled; the last two resolve the promise too, so that a late delivery is ignored.
    public func value(within limit: Duration? = nil) async throws -> Value {
        loop.preconditionIsCurrent()
        let timer = limit.map { limit in
            loop.schedule(after: limit) { self.fail(TimeoutError(limit: limit)) }
        }
        defer { timer?.cancel() }
        await withTaskCancellationHandler {
            await suspendUntilResolved()
        } onCancel: {
            // Also when the caller is on the loop: the handler may run inside the waiting task's own registration.
            loop.execute { self.fail(CancellationError()) }
        }
        guard let outcome else { preconditionFailure("a promise resumed without an outcome") }
        return try outcome.get()
    }

    private func suspendUntilResolved() async {
        await withUnsafeContinuation { continuation in
            if outcome != nil {
                continuation.resume()
            } else {
                precondition(waiter == nil, "two tasks wait for one promise")
                waiter = continuation
            }
        }
    }

    /// Waits for a value even when the waiting task is cancelled: for ends that must be seen through. The promise must
    /// not be failed.
    public func settled() async -> Value {
        loop.preconditionIsCurrent()
        await suspendUntilResolved()
        guard case .success(let value) = outcome else { preconditionFailure("a promise to be settled was failed") }
        return value
    }
}
