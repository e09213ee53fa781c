import ChaosCheck
import EventLoop
import Glibc
import Postgres
import Support

/// One run: everything is started, struck, ended and questioned.
struct Run: Sendable {
    let options: Options
    let seed: UInt64
    let folder: String
    let loop: EventLoop
    let pool: BlockingPool

    /// Seconds.
    private static let lease = 2
    private static let rate = 8
    private static let concurrency = 12

    struct Outcome: Sendable {
        let evidence: Evidence
        let kills: Int
        let freezes: Int
        let struck: [String: [Schedule.Blow: Int]]
        /// Accepted by the site.
        let jobs: Int
        let duration: Duration
        /// From the last blow to the end of the last job.
        let settling: Duration
    }

    /// Leaves no process behind, also when it throws.
    func execute() async throws -> Outcome {
        let provider = try FaultyProvider(seed: seed)
        defer { provider.fake.stop() }
        let folder = folder
        let services = try await pool.run { try Services(folder: "\(folder)/services") }
        let port = try freePort()
        let environment = environment(services, provider, port: port)
        let fleet = Fleet(options, environment: environment, logs: "\(folder)/logs", on: loop)
        let database = Database(
            DatabaseConfiguration(url: services.postgres.url, statementTimeout: .seconds(60)),
            loops: [loop]
        )
        let outcome: Result<Outcome, any Error>
        do {
            outcome = .success(try await execute(fleet, services, provider, database, environment))
        } catch {
            outcome = .failure(error)
        }
        // Also when this task was cancelled.
        let ended = Promise<Void>(on: loop)
        loop.spawn {
            await fleet.killAll()
            database.close()
            try? await pool.run { services.stop() }
            ended.succeed(())
        }
        await ended.settled()
        return try outcome.get()
    }

    private func execute(
        _ fleet: Fleet,
        _ services: Services,
        _ provider: FaultyProvider,
        _ database: Database,
        _ environment: [String: String]
    ) async throws -> Outcome {
        try await run(["migrate", "up"], environment)
        try await database.beginAudit()
        try fleet.startAll()

        let began = MonotonicTime.current
        let schedule = Schedule(
            seed: seed,
            kills: options.kills,
            workers: options.workers,
            pace: options.pace,
            lease: Double(Self.lease)
        )
        let client = Client(address: "http://127.0.0.1:\(environment["PORT"] ?? "")", seed: seed, on: loop)
        let striker = Striker(fleet, services, pool: pool, on: loop)
        let care = loop.spawn {
            while (try? await loop.sleep(for: .milliseconds(200))) != nil { try? fleet.lookAfter() }
        }
        defer { care.cancel() }
        let progress = loop.spawn {
            while (try? await loop.sleep(for: .seconds(10))) != nil {
                say("\(client.accepted) jobs accepted, \(striker.kills) kills, \(striker.freezes) freezes")
            }
        }
        defer { progress.cancel() }

        let parts: [@Sendable () async throws -> Void] = [
            { try await client.submit(options.jobs, over: schedule.span * 0.9) },
            { try await striker.carryOut(schedule) },
        ]
        try await atOnce(parts, on: loop) { try await $0() }
        let calm = MonotonicTime.current
        try await settle(database, atMost: .seconds(60 + options.jobs / 10))
        let settling = MonotonicTime.current - calm
        // What winds up the last jobs, such as a cancellation at the provider, may still be on its way.
        try await loop.sleep(for: .seconds(2))
        care.cancel()
        try await fleet.endAll()
        // Nobody is at work any more: whatever has no row goes.
        try await run(["sweep"], environment.merging(["ATELIER_SWEEP_GRACE": "0"]) { $1 })

        var evidence = Evidence()
        evidence.submissions = client.submissions
        evidence.lives = fleet.lives
        evidence.freezes = fleet.freezes
        evidence.misconduct = fleet.misconduct
        provider.testify(in: &evidence)
        try await evidence.gather(from: database)
        let (storage, gathered) = ("\(folder)/storage", evidence)
        evidence = try await pool.run {
            var evidence = gathered
            try evidence.gather(filesIn: storage)
            return evidence
        }
        evidence.time = wallClock()
        evidence.limits.rate = Double(Self.rate)
        evidence.limits.workers = options.workers
        evidence.limits.orphanAge = 0
        evidence.limits.concurrency = Self.concurrency
        return Outcome(
            evidence: evidence,
            kills: striker.kills,
            freezes: striker.freezes,
            struck: striker.struck,
            jobs: client.accepted,
            duration: .current - began,
            settling: settling
        )
    }

    private func environment(_ services: Services, _ provider: FaultyProvider, port: Int) -> [String: String] {
        [
            "DATABASE_URL": services.postgres.url, "REDIS_URL": services.redis.url, "PORT": "\(port)",
            "STORAGE_PATH": "\(folder)/storage", "ATELIER_PUBLIC_PATH": "\(options.project)/Public",
            "ATELIER_MIGRATIONS_PATH": "\(options.project)/migrations", "REPLICATE_BASE_URL": provider.fake.baseURL,
            "REPLICATE_MODELS": FaultyProvider.model, "REPLICATE_RATE": "\(Self.rate)",
            "REPLICATE_CONCURRENCY": "\(Self.concurrency)", "ATELIER_PRIVATE_PROVIDERS": provider.privateAddress,
            "ATELIER_JOB_LEASE": "\(Self.lease)", "ATELIER_DRAIN_LIMIT": "1", "MAX_RETRIES": "100",
            "RETRY_BACKOFF_BASE": "1", "ATELIER_SWEEP_INTERVAL": "2", "ATELIER_SWEEP_GRACE": "3",
        ]
    }

    /// Runs a command of the program under test, which must succeed.
    private func run(_ arguments: [String], _ environment: [String: String]) async throws {
        let process = try ChildProcess(options.atelier, arguments, environment: environment, folder: "/")
        let status = try await eventually(within: .seconds(60), on: loop) { process.exitStatus() }
        guard status == 0 else {
            throw Failure(description: "atelier \(arguments.joined(separator: " ")): \(process.output)")
        }
    }

    /// Waits until every job has ended. One that does not is for the checker to find.
    private func settle(_ database: Database, atMost limit: Duration) async throws {
        let deadline = MonotonicTime.current.advanced(by: limit)
        while MonotonicTime.current < deadline {
            let left = try? await database.query(
                "SELECT count(*) FROM jobs WHERE state IN ('pending', 'scheduled', 'processing')"
            ).one { (count: Int) in count }
            if left == 0 { return }
            try await loop.sleep(for: .milliseconds(200))
        }
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
}

/// A port of 127.0.0.1 that nobody used a moment ago.
private func freePort() throws -> Int {
    let probe = try SocketServer { _ in }
    defer { probe.stop() }
    return probe.port
}

/// To the person at the terminal.
func say(_ words: String) {
    let line = "chaos: \(words)\n"
    _ = line.withCString { write(2, $0, strlen($0)) }
}
