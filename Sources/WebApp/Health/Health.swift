import EventLoop
import Postgres
import Redis

/// How what the server stands on is doing.
struct Health: Sendable {
    struct Part: Sendable {
        let isUp: Bool
        let latency: Duration
        /// One sentence when something is wrong.
        let detail: String?
    }

    let database: Part
    let redis: Part
    /// Workers that have shown themselves lately, and what they run.
    let workers: [WorkerFigures]

    /// Redis may be away, and so may the workers: what is asked for waits in the database.
    var canServe: Bool { database.isUp }

    static func measure(_ app: App) async -> Health {
        var workers: [WorkerFigures] = []
        let began = MonotonicTime.current
        let database: Part
        do {
            workers = try await app.database.workers()
            database = Part(isUp: true, latency: MonotonicTime.current - began, detail: nil)
        } catch {
            database = Part(
                isUp: false,
                latency: MonotonicTime.current - began,
                detail: "the database cannot be reached"
            )
        }
        return Health(database: database, redis: await measure(app.redis), workers: workers)
    }

    private static func measure(_ redis: Redis) async -> Part {
        let began = MonotonicTime.current
        do {
            _ = try await redis.command("PING")
            return Part(isUp: true, latency: MonotonicTime.current - began, detail: nil)
        } catch {
            return Part(
                isUp: false,
                latency: MonotonicTime.current - began,
                detail: "Redis cannot be reached; news of jobs is slower"
            )
        }
    }
}

/// A worker as the others see it.
struct WorkerFigures: Sendable {
    let name: String
    let capacity: Int
    let running: Int
    let isDraining: Bool
    let heartbeatAge: Duration
}

extension Database {
    /// Workers that have shown themselves within half a minute.
    func workers() async throws(PostgresError) -> [WorkerFigures] {
        try await query(
            """
            SELECT name, capacity, running, is_draining, now() - heartbeat_at
            FROM workers
            WHERE heartbeat_at > now() - interval '30 seconds'
            ORDER BY name
            LIMIT 100
            """
        ).map { (name: String, capacity: Int, running: Int, isDraining: Bool, age: Duration) in
            WorkerFigures(name: name, capacity: capacity, running: running, isDraining: isDraining, heartbeatAge: age)
        }
    }
}
