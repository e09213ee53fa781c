import EventLoop

/// Waits, from a task on `loop`, for something to become true; throws `TimeoutError` when it does not within `limit`.
public func until(
    on loop: EventLoop,
    within limit: Duration = .seconds(20),
    _ condition: () async throws -> Bool
) async throws {
    let started = MonotonicTime.current
    while try await !condition() {
        guard MonotonicTime.current - started < limit else { throw TimeoutError(limit: limit) }
        try await loop.sleep(for: .milliseconds(1))
    }
}
