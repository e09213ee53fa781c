import EventLoop
import Postgres

/// The figures of the running system, as a page shows them.
struct LiveFigures: Sendable {
    let health: Health
    /// `nil` while the database cannot be asked.
    let queue: QueueFigures?
    let uptime: String
    let requests: Int
    let meanMilliseconds: String
    let residentMegabytes: Int?

    static func measure(_ app: App) async -> LiveFigures {
        LiveFigures(
            health: await .measure(app),
            queue: try? await app.database.queueFigures(),
            uptime: words(app.figures.uptime),
            requests: app.figures.requests,
            meanMilliseconds: milliseconds(app.figures.meanMilliseconds),
            residentMegabytes: app.figures.residentMegabytes
        )
    }

    static func words(_ duration: Duration) -> String {
        let seconds = Int(duration.components.seconds)
        return switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min"
        case ..<86_400: "\(seconds / 3600) h \(seconds / 60 % 60) min"
        default: "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
        }
    }

    static func milliseconds(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        guard hundredths < 100_000 else { return "\(hundredths / 100_000).\(hundredths / 10_000 % 10) s" }
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) ms"
    }
}

/// How deep the queue is and how quick.
struct QueueFigures: Sendable {
    let pending: Int
    let scheduled: Int
    let processing: Int
    /// Finished within the last hour.
    let completed: Int
    let failed: Int
    /// Milliseconds from enqueueing to the end, of the last 200 completed within the hour; `nil` when there are none.
    let medianLatency: Double?
    let slowLatency: Double?
    /// Seconds since the oldest waiting job was asked for, of those that were counted.
    let oldestWait: Double?

    static let mostCounted = 10_000

    /// Counts stop at a limit, so that a long queue is as quick to look at as a short one.
    static func bounded(_ count: Int) -> String {
        count >= mostCounted ? "\(mostCounted)+" : "\(count)"
    }
}

extension Database {
    func queueFigures() async throws(PostgresError) -> QueueFigures? {
        let most = QueueFigures.mostCounted
        return try await query(
            """
            WITH latest AS (
                SELECT extract(epoch FROM finished_at - created_at) * 1000 AS latency
                FROM jobs
                WHERE state = 'completed' AND finished_at > now() - interval '1 hour'
                ORDER BY finished_at DESC
                LIMIT 200
            )
            SELECT (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'pending' LIMIT \(most)) AS p),
                (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'scheduled' LIMIT \(most)) AS s),
                (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'processing' LIMIT \(most)) AS r),
                (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'completed'
                    AND finished_at > now() - interval '1 hour' LIMIT \(most)) AS c),
                (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'failed'
                    AND finished_at > now() - interval '1 hour' LIMIT \(most)) AS f),
                (SELECT (percentile_cont(0.5) WITHIN GROUP (ORDER BY latency))::float8 FROM latest),
                (SELECT (percentile_cont(0.95) WITHIN GROUP (ORDER BY latency))::float8 FROM latest),
                (SELECT extract(epoch FROM now() - created_at)::float8 FROM jobs WHERE id = (
                    SELECT id FROM (SELECT id FROM jobs WHERE state = 'pending' LIMIT \(most)) AS w ORDER BY id LIMIT 1))
            """
        ).map {
            (
                pending: Int,
                scheduled: Int,
                processing: Int,
                completed: Int,
                failed: Int,
                median: Double?,
                slow: Double?,
                oldest: Double?
            ) in
            QueueFigures(
                pending: pending,
                scheduled: scheduled,
                processing: processing,
                completed: completed,
                failed: failed,
                medianLatency: median,
                slowLatency: slow,
                oldestWait: oldest
            )
        }.first
    }
}
