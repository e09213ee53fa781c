import Jobs
import Postgres

/// How the queues, and those who work on them, are doing.
struct QueueOverview: Sendable {
    let counts: JobCounts
    let queues: [ShownQueue]
    let workers: [ShownWorker]
    let alarms: [QueueAlarm]

    /// The age of the oldest waiting job, of those that were counted.
    var oldestAge: Duration? { queues.compactMap(\.oldestAge).max() }

    static func measure(_ app: App) async throws -> QueueOverview {
        let lease = app.configuration.jobLease
        async let ended = app.database.countJobs()
        async let queues = app.database.shownQueues(app.configuration.workedQueues, lateAfter: lease)
        async let workers = app.database.shownWorkers(lateAfter: lease)
        async let alarms = app.database.queueAlarms()
        return try await QueueOverview(
            counts: JobCounts(of: queues, others: ended),
            queues: queues,
            workers: workers,
            alarms: alarms
        )
    }
}

/// How many jobs there are in each state.
struct JobCounts: Sendable {
    private let counts: [Generation.State: BoundedCount]

    subscript(_ state: Generation.State) -> BoundedCount { counts[state] ?? BoundedCount(0) }

    init(of queues: [ShownQueue], others: [Generation.State: BoundedCount]) {
        var counts = others
        counts[.pending] = queues.reduce(BoundedCount(0)) { $0 + $1.waiting }
        counts[.processing] = queues.reduce(BoundedCount(0)) { $0 + $1.running }
        self.counts = counts
    }
}

/// A queue as its operator sees it.
struct ShownQueue: Sendable {
    let name: String
    /// Whether a worker has ever served it; only then it can be paused.
    let isKnown: Bool
    let pausedAt: Timestamp?
    let waiting: BoundedCount
    let running: BoundedCount
    /// Of the oldest waiting job, of those that were counted.
    let oldestAge: Duration?
    /// Jobs that its live workers run at the same time, and how many they are.
    let places: Int
    let workers: Int
    /// Jobs that may run at the same time over all workers; `nil`: as many as there are places.
    let mostRunning: Int?

    /// Jobs that can run at the same time now.
    var limit: Int { min(places, mostRunning ?? places) }
}

extension Database {
    /// The states that are in the index of what has ended or is not due yet; the others are counted for each queue.
    func countJobs() async throws(PostgresError) -> [Generation.State: BoundedCount] {
        let counted = try await report(
            """
            SELECT (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'scheduled' LIMIT 10001) AS s),
                (SELECT count(*)
                    FROM (SELECT FROM jobs WHERE state = 'completed' AND finished_at IS NOT NULL LIMIT 10001) AS c),
                (SELECT count(*)
                    FROM (SELECT FROM jobs WHERE state = 'failed' AND finished_at IS NOT NULL LIMIT 10001) AS f),
                (SELECT count(*)
                    FROM (SELECT FROM jobs WHERE state = 'cancelled' AND finished_at IS NOT NULL LIMIT 10001) AS a)
            """,
            timeout: .seconds(3)
        ).one { (scheduled: Int, completed: Int, failed: Int, cancelled: Int) in
            [
                Generation.State.scheduled: scheduled, .completed: completed, .failed: failed, .cancelled: cancelled,
            ]
        }
        return (counted ?? [:]).mapValues(BoundedCount.init)
    }

    /// The queues that a worker has served or jobs wait in, at most 100.
    ///
    /// - Parameter age: a worker that is silent for longer has no places.
    func shownQueues(
        _ settings: [WorkerSettings.Queue],
        lateAfter age: Duration
    ) async throws(PostgresError) -> [ShownQueue] {
        try await report(
            """
            WITH RECURSIVE \(QueueSQL.names), \(QueueSQL.served(lateAfter: age)), lines AS MATERIALIZED (
                SELECT n.name,
                    (SELECT count(*) FROM (
                        SELECT FROM jobs WHERE state = 'pending' AND queue = n.name LIMIT 10001) AS p) AS waiting,
                    (SELECT count(*) FROM (
                        SELECT FROM jobs WHERE state = 'processing' AND queue = n.name LIMIT 10001) AS r) AS running,
                    (SELECT id FROM (
                        SELECT id FROM jobs WHERE state = 'pending' AND queue = n.name LIMIT 10001) AS o
                        ORDER BY id LIMIT 1) AS oldest
                FROM names n
            )
            SELECT l.name, q.name IS NOT NULL, q.paused_at, l.waiting, l.running,
                (SELECT now() - created_at FROM jobs WHERE id = l.oldest), coalesce(s.places, 0), coalesce(s.workers, 0)
            FROM lines l
            LEFT JOIN queues q USING (name)
            LEFT JOIN served s USING (name)
            ORDER BY l.name
            """,
            timeout: .seconds(3)
        ).map {
            (
                name: String,
                isKnown: Bool,
                pausedAt: Timestamp?,
                waiting: Int,
                running: Int,
                oldestAge: Duration?,
                places: Int,
                workers: Int
            ) in
            ShownQueue(
                name: name,
                isKnown: isKnown,
                pausedAt: pausedAt,
                waiting: BoundedCount(waiting),
                running: BoundedCount(running),
                oldestAge: oldestAge.map { max($0, .zero) },
                places: places,
                workers: workers,
                mostRunning: settings.first { $0.name == name }?.mostRunning
            )
        }
    }
}
