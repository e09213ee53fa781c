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
