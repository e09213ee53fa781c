import Canvas
import EventLoop
import Glibc
import HTTPClient
import HTTPServer
import JSON
import Jobs
import Postgres
import Redis

/// `atelier serve` and `atelier work`: runs until SIGTERM or SIGINT; a second one ends it at once.
struct ServeCommand {
    let configuration: Configuration
    let servesWeb: Bool
    let runsWorker: Bool

    func run() throws {
        let log = Log(debug: configuration.debug)
        defer { log.close() }
        let loops = try (0..<(servesWeb ? configuration.loops : 1)).map { try EventLoop(index: $0, name: "loop \($0)") }
        // The worker has a loop of its own: a burst of jobs must not slow the pages.
        let workerLoop = runsWorker && servesWeb ? try EventLoop(index: loops.count, name: "worker") : loops[0]
        let all = servesWeb && runsWorker ? loops + [workerLoop] : loops
        let app = try App(configuration, loops: all, log: log)
        let ended = Ending()
        for loop in all { loop.start() }

        loops[0].spawn {
            do {
                try await serve(app, web: servesWeb ? loops : [], worker: runsWorker ? workerLoop : nil)
                ended.set(nil)
            } catch {
                ended.set(error)
            }
        }
        let failure = ended.wait()
        for loop in all { loop.stop() }
        for loop in all { loop.join() }
        app.blocking.stop()
        if let failure { throw failure }
    }

    /// A host as an address has it.
    private static func shown(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    private func serve(_ app: App, web loops: [EventLoop], worker workerLoop: EventLoop?) async throws {
        guard let loop = EventLoop.current else { preconditionFailure("serving begins on a loop") }
        let stop = Promise<Void>(on: loop)
        let signals = try loop.onSignals([SIGTERM, SIGINT]) { signal in
            if stop.isResolved { _exit(128 + signal) }
            stop.succeed(())
        }
        defer { signals.cancel() }

        var server: HTTPServer?
        if !loops.isEmpty {
            let site = try SiteHandler(app)
            let listening = HTTPServer(loops: loops, limits: ServerLimits()) { await site.respond(to: $0) }
            do {
                try listening.start(host: configuration.host, port: configuration.port)
            } catch {
                throw OperatorError(
                    error.code == EADDRINUSE
                        ? "port \(configuration.port) is taken by another program; set PORT to a free one"
                        : "cannot listen on \(configuration.host):\(configuration.port): \(error.reason)"
                )
            }
            app.log.info("serving") { line in
                line.field("address", "http://\(configuration.host):\(listening.port)")
                line.field("version", Main.version)
            }
            greet(
                "\(configuration.projectName) is at http://\(Self.shown(configuration.host)):\(listening.port)/  Ctrl-C stops it."
            )
            server = listening
        }
        let listening = loops.isEmpty ? nil : app.live.listen(on: app.redis, channels: app.channels)
        defer { listening?.cancel() }

        let preparing = loop.spawn {
            do {
                try await prepareDatabase(app)
            } catch {
                stop.fail(error)
            }
        }
        defer { preparing.cancel() }

        let worker = workerLoop.map { Worker(app, on: $0) }
        let workerEnded = Promise<Void>(on: loop)
        if let worker {
            workerLoop?.spawn {
                await worker.run()
                loop.execute { workerEnded.succeed(()) }
            }
        } else {
            workerEnded.succeed(())
        }

        let sweeping = loop.spawn { await keepSweeping(app, on: loop) }
        defer { sweeping.cancel() }
        let emptying = loop.spawn { await keepEmptyingTrash(app, on: loop) }
        defer { emptying.cancel() }
        let tidying = servesWeb ? loop.spawn { await keepFormsTidy(app, on: loop) } : nil
        defer { tidying?.cancel() }

        try await stop.value()
        app.log.info("stopping")
        app.figures.beginDraining()
        app.live.close()
        worker?.drain()
        await server?.drain(within: min(app.configuration.drainLimit, .seconds(10)))
        await workerEnded.settled()
        sweeping.cancel()
        tidying?.cancel()
        app.database.close()
        // What it has aside it puts back first.
        await sweeping.value
        app.log.info("stopped")
    }
}

/// Tells the person at the terminal, if there is one, what the log tells machines.
private func greet(_ text: String) {
    guard isatty(2) == 1 else { return }
    let line = "\n  \(text)\n\n"
    _ = line.withCString { write(2, $0, strlen($0)) }
}

/// Waits for the database, saying so, and refuses one whose tables are older than this program.
private func prepareDatabase(_ app: App) async throws {
    let migrations: [MigrationStatus]
    do {
        migrations = try await statusOfMigrations(app)
    } catch {
        if Task.isCancelled { return }
        throw error
    }
    guard !migrations.contains(where: { $0.state == .pending }) else {
        throw OperatorError("the database is older than this program: run “atelier migrate up”, then start again")
    }
}

/// It may go away again while it is asked.
private func statusOfMigrations(_ app: App) async throws -> [MigrationStatus] {
    while true {
        try await app.database.waitUntilReachable(upTo: .seconds(86_400)) { reason in
            app.log.warning("waiting for the database") { $0.field("reason", reason) }
        }
        do throws(MigrationError) {
            return try await Migrator(folder: app.configuration.migrationsPath).status(of: app.database)
        } catch {
            guard error.code == .away else { throw error }
            app.log.warning("waiting for the database") { $0.field("reason", error.message) }
        }
        guard let loop = EventLoop.current else { preconditionFailure("serving begins on a loop") }
        try await loop.sleep(for: .milliseconds(100))
    }
}

/// How serving ended, for the main thread to wait on.
private final class Ending: @unchecked Sendable {
    // @unchecked: the semaphore orders the write before the read.
    private var semaphore = sem_t()
    private var error: (any Error)?

    init() { sem_init(&semaphore, 0, 0) }

    func set(_ error: (any Error)?) {
        self.error = error
        sem_post(&semaphore)
    }

    func wait() -> (any Error)? {
        while sem_wait(&semaphore) != 0 {}
        return error
    }
}
