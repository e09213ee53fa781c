import EventLoop

/// The connections of one loop. Confined to it.
final class LoopDatabase: @unchecked Sendable {
    // @unchecked: everything but `loop` is touched on the loop only, which `start` and `Database.here` see to.
    let loop: EventLoop
    let configuration: DatabaseConfiguration
    let dialer: Dialer
    let reads: ReadPipeline
    let pool: ConnectionPool
    private var hasStarted = false
    private(set) var isClosed = false

    init(on loop: EventLoop, target: Result<DialTarget, PostgresError>, configuration: DatabaseConfiguration) {
        self.loop = loop
        self.configuration = configuration
        dialer = Dialer(on: loop, target: target, limit: configuration.connectTimeout)
        reads = ReadPipeline(on: loop, dialer: dialer, configuration: configuration)
        pool = ConnectionPool(on: loop, dialer: dialer, configuration: configuration)
    }

    /// Asks the loop to flush the reads at the end of its ticks, from the first use on.
    func start() {
        guard !hasStarted else { return }
        hasStarted = true
        loop.addTickHook(.queries) { [weak reads] in reads?.flush() }
    }

    func close() {
        isClosed = true
        reads.close()
        pool.close()
        dialer.close()
    }
}
