import EventLoop
import Glibc
import JSON
import Jobs
import Postgres
import Redis

/// Measures the queue alone, with jobs that do nothing: `queue-bench [JOBS]`, on the migrated, empty database of
/// `DATABASE_URL` and the Redis of `REDIS_URL`. Prints rows of a table. `script/bench queue` runs it.
@main
struct QueueBench {
    static func main() throws {
        let jobs = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 100_000
        let loop = try EventLoop(name: "bench")
        loop.start()
        let failure = Failure()
        loop.spawn {
            do {
                try await Measurement(loop, jobs: jobs).run()
            } catch {
                failure.text = "\(error)"
            }
            loop.stop()
        }
        loop.join()
        if let text = failure.text {
            print("queue-bench: \(text)")
            exit(1)
        }
    }
}

/// Written before the loop ends, read after.
private final class Failure: @unchecked Sendable {
    // @unchecked: the end of the loop's thread lies between the write and the read.
    var text: String?
}

/// One run of everything.
private struct Measurement {
    let jobs: Int
    let loop: EventLoop
    let database: Database
    let redis: Redis

    init(_ loop: EventLoop, jobs: Int) throws {
        self.loop = loop
        self.jobs = jobs
        guard let url = getenv("DATABASE_URL"), let redisURL = getenv("REDIS_URL") else {
            throw Problem("DATABASE_URL and REDIS_URL must be set")
        }
        database = Database(
            DatabaseConfiguration(url: String(cString: url), statementTimeout: .seconds(120)),
            loops: [loop]
        )
        redis = try Redis(url: String(cString: redisURL), loops: [loop])
    }

    func run() async throws {
        defer { database.close() }
        for wait in try await waits(300) { row("idle, enqueue to start, \(wait.name)", milliseconds(wait.time)) }
        let enqueued = try await enqueue(jobs)
        row("enqueue, batches of 1,000", "\(perSecond(jobs, enqueued))/s")
        let fresh = try await drain()
        row("drain", "\(perSecond(jobs, fresh))/s")

        try await addFinished(1_000_000)
        _ = try await enqueue(jobs)
        let crowded = try await drain()
        row("drain beside 1,000,000 finished jobs", ratio(crowded, fresh))

        try await beat(jobs: 64, beats: 200)
        _ = try await enqueue(jobs)
        try await explain()
        let beaten = try await drain()
        row("drain after the heartbeats of 10 minutes", ratio(beaten, fresh))
    }

    // MARK: Phases

    private func enqueue(_ count: Int) async throws -> Duration {
        let began = MonotonicTime.current
        for start in stride(from: 0, to: count, by: 1000) {
            let batch = (start..<min(start + 1000, count)).map { _ in NewJob(kind: NoOp.kind, queue: "bench") }
            _ = try await database.execute(NewJob.insert(batch))
        }
        return .current - began
    }

    private func drain() async throws -> Duration {
        let log = StartLog(expected: jobs, on: loop)
        let began = MonotonicTime.current
        let worker = worker(log, concurrency: 2000)
        let running = loop.spawn { await worker.run() }
        try await log.all.value(within: .seconds(300))
        // A drain ends when the last end is stored.
        worker.drain()
        await running.value
        return .current - began
    }

    /// From the moment before the insert to the first line of the job, one at a time.
    private func waits(_ count: Int) async throws -> [(name: String, time: Duration)] {
        let log = StartLog(expected: .max, on: loop)
        let worker = worker(log, concurrency: 10)
        let running = loop.spawn { await worker.run() }
        let channels = JobChannels(prefix: "bench")
        try await loop.sleep(for: .milliseconds(300))
        var times: [Duration] = []
        for _ in 0..<count {
            let began = MonotonicTime.current
            let job = NewJob(kind: NoOp.kind, queue: "bench")
            let started = Promise<Void>(on: loop)
            log.next = started
            _ = try await database.execute(NewJob.insert([job]))
            channels.announceWork(in: "bench", on: redis)
            try await started.value(within: .seconds(10))
            times.append(log.lastStart - began)
            try await loop.sleep(for: .milliseconds(5))
        }
        worker.drain()
        await running.value
        times.sort()
        return [("p50", times[count / 2]), ("p95", times[count * 95 / 100])]
    }

    private func addFinished(_ count: Int) async throws {
        _ = try await database.execute(
            """
            INSERT INTO jobs (id, kind, queue, state, attempt, progress, started_at, finished_at)
            SELECT gen_random_uuid(), 'no_op', 'bench', 'completed', 1, 1, now(), now()
            FROM generate_series(1, \(count))
            """
        )
        _ = try await database.execute("ANALYZE jobs")
    }

    /// As many renewals as ten minutes have, one right after the other.
    private func beat(jobs count: Int, beats: Int) async throws {
        let log = StartLog(expected: count, on: loop)
        log.rest = .milliseconds(10 * beats)
        _ = try await enqueue(count)
        let worker = worker(log, concurrency: count) { settings in
            settings.heartbeat = .milliseconds(10)
            settings.lease = .seconds(15)
        }
        let running = loop.spawn { await worker.run() }
        try await log.all.value(within: .seconds(60))
        worker.drain()
        await running.value
    }

    private func explain() async throws {
        for limit in [1, 10, 100] {
            do {
                try await database.transaction { transaction in
                    let lines = Array(try await transaction.explainClaim(of: "bench", limit: limit).joined())
                    throw Plan(lines: lines)
                }
            } catch let plan as Plan {
                row("claim of \(limit): buffers to choose, in all", "\(plan.chosen), \(plan.all)")
            }
        }
    }

    private func worker(
        _ log: StartLog,
        concurrency: Int,
        _ change: (inout WorkerSettings) -> Void = { _ in }
    ) -> Worker<StartLog> {
        var settings = WorkerSettings(queues: [.init(name: "bench", concurrency: concurrency)])
        settings.channelPrefix = "bench"
        settings.drainLimit = .seconds(60)
        change(&settings)
        return Worker(
            name: "bench",
            settings: settings,
            kinds: [JobKind(NoOp.self)],
            context: log,
            database: database,
            redis: redis,
            loop: loop
        ) { note in
            if case .problem(let text) = note { print("queue-bench: \(text)") }
        }
    }

    // MARK: The table

    private func row(_ name: String, _ value: String) {
        let space = String(repeating: " ", count: max(0, 16 - value.count))
        print("| \(name.padded(46)) | \("".padded(14)) | \(space)\(value) |")
    }

    private func perSecond(_ count: Int, _ time: Duration) -> Int {
        Int(Double(count) / (Double(time.wholeNanoseconds) / 1e9))
    }

    private func ratio(_ time: Duration, _ fresh: Duration) -> String {
        let percent = Double(fresh.wholeNanoseconds) * 100 / Double(time.wholeNanoseconds)
        return "\(perSecond(jobs, time))/s, \(Int(percent)) %"
    }

    private func milliseconds(_ time: Duration) -> String {
        "\(Double(time.wholeNanoseconds / 10_000) / 100) ms"
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

private struct Problem: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// What `EXPLAIN` said, on its way out of a transaction that must not be committed.
private struct Plan: Error {
    let lines: [String]

    /// Of the whole statement.
    var all: Int { buffers(lines.first { $0.contains("Buffers:") }) }
    /// Of finding the jobs and locking them.
    var chosen: Int {
        let rows = lines.drop { !$0.contains("LockRows") }
        return buffers(rows.first { $0.contains("Buffers:") })
    }

    private func buffers(_ line: String?) -> Int {
        (line ?? "").split(separator: " ").reduce(0) { sum, word in
            guard word.hasPrefix("hit=") || word.hasPrefix("read=") else { return sum }
            return sum + (Int(word.drop { $0 != "=" }.dropFirst()) ?? 0)
        }
    }
}

/// Notes when jobs start. Confined to the loop.
private final class StartLog: @unchecked Sendable {
    // @unchecked: used on the loop only.
    let expected: Int
    let all: Promise<Void>
    private(set) var started = 0
    private(set) var lastStart = MonotonicTime.current
    /// Resolved by the next start.
    var next: Promise<Void>?
    /// How long each job lasts.
    var rest: Duration?

    init(expected: Int, on loop: EventLoop) {
        self.expected = expected
        all = Promise(on: loop)
    }

    func note() {
        started += 1
        lastStart = .current
        next?.succeed(())
        if started == expected { all.succeed(()) }
    }
}

private struct NoOp: Job {
    static let kind = "no_op"

    init(id: JobID, arguments: JSON) {}

    func run(_ log: StartLog, _ attempt: Attempt) async throws -> JobOutcome<Void> {
        log.note()
        if let rest = log.rest, let loop = EventLoop.current { try await loop.sleep(for: rest) }
        return .completed(())
    }

    static func store(_ products: [(id: JobID, product: Void)]) -> SQL? { nil }
}
