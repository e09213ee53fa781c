import EventLoop
import HTTPServer
import Support

/// Runs a server on a loop of its own for as long as `body` runs.
func withServer(
    limits: ServerLimits = ServerLimits(),
    loops count: Int = 1,
    _ handler: @escaping HTTPServer.Handler,
    _ body: (HTTPServer) async throws -> Void
) async throws {
    var loops: [EventLoop] = []
    for index in 0..<count { loops.append(try EventLoop(index: index)) }
    for loop in loops { loop.start() }
    let server = HTTPServer(loops: loops, limits: limits, handler: handler)
    try server.start(host: "127.0.0.1", port: 0)
    let outcome: Result<Void, any Error>
    do {
        try await body(server)
        outcome = .success(())
    } catch {
        outcome = .failure(error)
    }
    await server.drain(within: .zero)
    for loop in loops {
        loop.stop()
        loop.join()
    }
    try outcome.get()
}

/// Waits until something becomes true that nobody announces, at most five seconds.
func eventually(_ condition: () -> Bool) async throws -> Bool {
    for _ in 0..<5000 {
        if condition() { return true }
        try await Task.sleep(for: .milliseconds(1))
    }
    return false
}

/// Reads the whole body and answers it, or the reason why it cannot be read.
@Sendable func echo(_ request: Request) async -> Response {
    do throws(RequestError) {
        let body = try await request.body(limit: 100_000)
        return Response(.ok, body: .bytes(body))
    } catch {
        return .text(error.message, status: error.status)
    }
}
