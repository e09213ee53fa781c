import EventLoop

/// Runs `body` on a fresh event loop with its own thread, as a request's or a job's task would run.
public func withLoop<Value: Sendable>(
    _ body: @escaping @Sendable (EventLoop) async throws -> Value
) async throws -> Value {
    let loop = try EventLoop()
    loop.start()
    defer {
        loop.stop()
        loop.join()
    }
    return try await loop.run { try await body(loop) }
}
