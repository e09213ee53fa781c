import EventLoop

/// One task's wait for a result that its loop delivers, cheaper than a `Promise`: no timer, and it may ignore
/// cancellation. Confined to its loop.
class Wait<Value>: @unchecked Sendable {
    // @unchecked: the cancellation handler hops to the loop before it touches anything.
    private var outcome: Result<Value, PostgresError>?
    private var waiter: UnsafeContinuation<Void, Never>?

    final var isResolved: Bool { outcome != nil }

    /// The first outcome counts.
    final func resolve(_ result: Result<Value, PostgresError>) {
        guard outcome == nil else { return }
        outcome = result
        let waiter = self.waiter
        self.waiter = nil
        waiter?.resume()
    }

    /// Throws `.cancelled` as soon as the waiting task is.
    final func value(on loop: EventLoop) async throws(PostgresError) -> Value {
        await withTaskCancellationHandler {
            await suspendUntilResolved()
        } onCancel: {
            loop.execute { self.resolve(.failure(.cancelled)) }
        }
        return try take()
    }

    /// For what must not be left half done; something else must bound the wait.
    final func valueIgnoringCancellation() async throws(PostgresError) -> Value {
        await suspendUntilResolved()
        return try take()
    }

    private final func suspendUntilResolved() async {
        guard outcome == nil else { return }
        await withUnsafeContinuation { waiter = $0 }
    }

    private final func take() throws(PostgresError) -> Value {
        guard let outcome else { preconditionFailure("a wait ended without an outcome") }
        return try outcome.get()
    }
}
