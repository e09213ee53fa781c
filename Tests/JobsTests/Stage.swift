import EventLoop
import Glibc
import JSON
import Postgres
import Redis
import Support
import Synchronization

@testable import Jobs

/// What the jobs of a test do.
struct Stage: Sendable {
    let play: @Sendable (Attempt) async throws -> JobOutcome<String>
    var abandon: @Sendable (JobID, JSON) async throws -> Void = { _, _ in }
}

/// A job that does what the test says, and makes a text.
struct Probe: Job {
    static let kind = "probe"

    struct Unreadable: Error {}

    init(id: JobID, arguments: JSON) throws {
        if arguments["unreadable"] != nil { throw Unreadable() }
    }

    func run(_ stage: Stage, _ attempt: Attempt) async throws -> JobOutcome<String> {
        try await stage.play(attempt)
    }

    static func abandon(_ id: JobID, checkpoint: JSON, _ stage: Stage) async throws {
        try await stage.abandon(id, checkpoint)
    }

    static func store(_ products: [(id: JobID, product: String)]) -> SQL? {
        """
        INSERT INTO made (job, what)
        SELECT p.job, p.what
        FROM unnest(\(products.map(\.id.rawValue))::uuid[], \(products.map(\.product))::text[]) AS p (job, what)
        JOIN finished_jobs ON finished_jobs.id = p.job
        """
    }
}

/// The same, of another kind.
struct OtherProbe: Job {
    static let kind = "other_probe"
    let probe: Probe

    init(id: JobID, arguments: JSON) throws { probe = try Probe(id: id, arguments: arguments) }

    func run(_ stage: Stage, _ attempt: Attempt) async throws -> JobOutcome<String> {
        try await probe.run(stage, attempt)
    }

    static func store(_ products: [(id: JobID, product: String)]) -> SQL? {
        Probe.store(products.map { ($0.id, "other \($0.product)") })
    }
}

/// A worker on a loop and on connections of its own, as in a process of its own.
final class TestWorker: Sendable {
    let worker: Worker<Stage>
    let loop: EventLoop
    private let database: Database
    private let redis: Redis
    private let notes = Shared<[WorkerNote]>([])
    private let hasRun = Shared(false)
    private let task = Shared<Task<Void, Never>?>(nil)
    private let hasVanished = Shared(false)

    /// Starts at once. `redis` is `nil` for one that is away.
    init(
        on database: Database,
        redis: String? = environment("TEST_REDIS_URL"),
        prefix: String = "jobs-\(UUID.random())",
        connections: Int = 8,
        _ change: (inout WorkerSettings) -> Void = { _ in },
        abandon: @escaping @Sendable (JobID, JSON) async throws -> Void = { _, _ in },
        play: @escaping @Sendable (Attempt) async throws -> JobOutcome<String>
    ) throws {
        loop = try EventLoop(name: "worker")
        var configuration = database.configuration
        configuration.connectionsPerLoop = connections
        self.database = Database(configuration, loops: [loop])
        self.redis = try Redis(url: redis ?? "unix:///nowhere/redis.sock", loops: [loop])
        var settings = WorkerSettings(queues: [.init(name: "test", concurrency: 10)])
        settings.heartbeat = .milliseconds(100)
        settings.pollInterval = .milliseconds(30)
        settings.pollIntervalWithoutWakeUps = .milliseconds(30)
        settings.rescueInterval = .milliseconds(50)
        settings.stopGrace = .milliseconds(100)
        settings.retry = RetryRule(base: 0.05)
        settings.channelPrefix = prefix
        change(&settings)
        worker = Worker(
            name: "tester",
            settings: settings,
            kinds: [JobKind(Probe.self), JobKind(OtherProbe.self)],
            context: Stage(play: play, abandon: abandon),
            database: self.database,
            redis: self.redis,
            loop: loop,
            log: { [notes] note in notes.withLock { $0.append(note) } }
        )
        loop.start()
        let run = loop.spawn {
            await self.worker.run()
            self.hasRun.withLock { $0 = true }
        }
        task.withLock { $0 = run }
    }

    var hasEnded: Bool { hasRun.current }
    var reports: [JobReport] { notes.current.compactMap { if case .attempt(let report) = $0 { report } else { nil } } }
    var problems: [String] { notes.current.compactMap { if case .problem(let text) = $0 { text } else { nil } } }

    /// Drains, and waits for its end.
    func stop(on here: EventLoop) async throws {
        worker.drain()
        try await until(on: here, within: .seconds(20)) { self.hasEnded }
        vanish()
    }

    /// Cancels its task.
    func cancel() { task.current?.cancel() }

    /// Ends its thread in the middle of whatever it does, as a kill would.
    func vanish() {
        let isGone = hasVanished.withLock { isGone in
            defer { isGone = true }
            return isGone
        }
        guard !isGone else { return }
        database.close()
        loop.stop()
        loop.join()
    }

    /// Has it look at the queue.
    func nudge() {
        loop.execute { [worker] in worker.wakeUp.set() }
    }

    /// Stops its thread, as SIGSTOP would, until the answer is called.
    func freeze() -> @Sendable () -> Void {
        let gate = Gate()
        loop.execute { gate.wait() }
        return { gate.open() }
    }
}

private final class Gate: @unchecked Sendable {
    // @unchecked: a semaphore is for several threads.
    private var semaphore = sem_t()
    init() { sem_init(&semaphore, 0, 0) }
    func wait() { while sem_wait(&semaphore) != 0 {} }
    func open() { sem_post(&semaphore) }
}

extension Worker {
    var testChannels: JobChannels { JobChannels(prefix: settings.channelPrefix) }
}

/// Runs `body` on a database with the tables of the queue, and one for what jobs make.
func withStage(_ body: @escaping @Sendable (Database, EventLoop) async throws -> Void) async throws {
    try await withDatabase { database, loop in
        _ = try await database.execute(
            "CREATE TABLE made (job uuid PRIMARY KEY, what text NOT NULL CHECK (what <> 'poison'))"
        )
        try await body(database, loop)
    }
}

/// Runs `body` while a worker works; then drains it.
func whileWorking(
    on database: Database,
    _ loop: EventLoop,
    redis: String? = environment("TEST_REDIS_URL"),
    _ change: (inout WorkerSettings) -> Void = { _ in },
    abandon: @escaping @Sendable (JobID, JSON) async throws -> Void = { _, _ in },
    play: @escaping @Sendable (Attempt) async throws -> JobOutcome<String>,
    _ body: (TestWorker) async throws -> Void
) async throws {
    let worker = try TestWorker(on: database, redis: redis, change, abandon: abandon, play: play)
    do {
        try await body(worker)
    } catch {
        worker.vanish()
        throw error
    }
    try await worker.stop(on: loop)
}

extension Database {
    /// As a worker claims that runs nothing.
    func claimTest(_ limit: Int, lease: Duration = .zero) async throws -> [ClaimedJob] {
        try await claimJobs(Claim(queue: "test", limit: limit, token: .random(), worker: "w", lease: lease))
    }
}

/// Suspends a job.
func rest(_ duration: Duration) async throws {
    guard let loop = EventLoop.current else { preconditionFailure("not on a loop") }
    try await loop.sleep(for: duration)
}

/// Suspends a job that does not listen to cancellation.
func restUndisturbed(_ duration: Duration) async throws {
    guard let loop = EventLoop.current else { preconditionFailure("not on a loop") }
    await loop.spawn { try? await loop.sleep(for: duration) }.value
}

/// A value that several threads change.
final class Shared<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>
    init(_ value: Value) { mutex = Mutex(value) }
    func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result { mutex.withLock { body(&$0) } }
    var current: Value { withLock { $0 } }
}

/// Counts, from any thread.
final class Tally: Sendable {
    private let counts = Mutex<[JobID: Int]>([:])
    func add(_ job: JobID) { counts.withLock { $0[job, default: 0] += 1 } }
    subscript(job: JobID) -> Int { counts.withLock { $0[job, default: 0] } }
    var all: [JobID: Int] { counts.withLock { $0 } }
    var total: Int { counts.withLock { $0.values.reduce(0, +) } }
}

func environment(_ name: String) -> String {
    guard let value = getenv(name) else {
        fatalError("\(name) is not set; script/test starts the services and sets it")
    }
    return String(cString: value)
}
