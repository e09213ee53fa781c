import EventLoop

/// Runs `body` in a task of its own, which is cancelled when it takes longer than `limit`, and when the caller is.
///
/// Throws `TimeoutError` and `CancellationError` at once, without waiting for the body to notice.
func within<Value: Sendable>(
    _ limit: Duration,
    on loop: EventLoop,
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let outcome = Promise<Value>(on: loop)
    let task = loop.spawn {
        do {
            outcome.succeed(try await body())
        } catch {
            outcome.fail(error)
        }
    }
    defer { task.cancel() }
    return try await outcome.value(within: limit)
}
