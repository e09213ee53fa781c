import Jobs
import Postgres

/// Parts of statements about all queues.
enum QueueSQL {
    /// `names (name)`: the queues that a worker has served or jobs wait in. The former are few; the latter are found by
    /// one look into the index for each name, instead of by reading all that wait.
    static let names: SQL = """
        waited_in AS (
            (SELECT queue AS name FROM jobs WHERE state = 'pending' ORDER BY queue LIMIT 1)
            UNION ALL
            SELECT (SELECT queue FROM jobs WHERE state = 'pending' AND queue > w.name ORDER BY queue LIMIT 1)
            FROM waited_in w
            WHERE w.name IS NOT NULL
        ), names AS (
            SELECT name FROM queues UNION SELECT name FROM waited_in WHERE name IS NOT NULL ORDER BY name LIMIT 100
        )
        """

    /// `served (name, places, workers)`: what the workers can run that take jobs and are not silent for longer than
    /// `age`.
    static func served(lateAfter age: Duration) -> SQL {
        """
        served AS (
            SELECT p.key AS name, sum(p.value::bigint)::bigint AS places, count(*) AS workers
            FROM workers w
            CROSS JOIN LATERAL jsonb_each_text(w.queues) AS p
            WHERE w.heartbeat_at > now() - \(age) AND NOT w.is_draining
            GROUP BY p.key
        )
        """
    }
}

extension Database {
    /// The first 1,000 of each queue, in the order in which they are claimed: an index-only scan.
    func linesOfQueues(
        _ settings: [WorkerSettings.Queue],
        lateAfter age: Duration
    ) async throws(PostgresError) -> [LineOfQueue] {
        try await report(
            """
            WITH RECURSIVE \(QueueSQL.names), \(QueueSQL.served(lateAfter: age))
            SELECT n.name, q.paused_at IS NOT NULL, coalesce(s.workers, 0), coalesce(s.places, 0),
                (SELECT count(*) FROM (
                    SELECT FROM jobs WHERE state = 'processing' AND queue = n.name LIMIT 10001) AS r),
                ARRAY(
                    SELECT id FROM jobs WHERE state = 'pending' AND queue = n.name
                    ORDER BY priority, turn, id LIMIT 1000),
                ARRAY(
                    SELECT coalesce((SELECT g.model FROM generations g WHERE g.id = first.id), '')
                    FROM (
                        SELECT id, priority, turn FROM jobs WHERE state = 'pending' AND queue = n.name
                        ORDER BY priority, turn, id LIMIT 100
                    ) AS first
                    ORDER BY priority, turn, id)
            FROM names n
            LEFT JOIN queues q USING (name)
            LEFT JOIN served s USING (name)
            """,
            timeout: .seconds(2)
        ).map {
            (
                name: String,
                isPaused: Bool,
                workers: Int,
                places: Int,
                running: Int,
                jobs: [UUID],
                models: [String]
            ) in
            let most = settings.first { $0.name == name }?.mostRunning ?? places
            return LineOfQueue(
                queue: name,
                isPaused: isPaused,
                workers: workers,
                places: min(places, most),
                running: running,
                jobs: jobs.map { JobID(rawValue: $0) },
                models: models
            )
        }
    }

    /// How long the pictures of these models took, by the latest 50 of each; models with fewer than 3 are missing.
    ///
    /// Those that are made now are among the latest of all. A model that is not is looked for by itself; its newest
    /// generations may all wait still, so only so many are looked at. Its range is written so that only its own index has
    /// it; for `model = …` the planner may read all generations from the newest on.
    func paces(of models: [String]) async throws(PostgresError) -> [String: ModelPace] {
        guard !models.isEmpty else { return [:] }
        let found = try await report(
            """
            WITH latest AS MATERIALIZED (
                SELECT g.model, done.seconds, row_number() OVER (PARTITION BY g.model ORDER BY done.finished_at DESC) AS n
                FROM (
                    SELECT id, finished_at, extract(epoch FROM finished_at - started_at)::float8 AS seconds
                    FROM jobs
                    WHERE state = 'completed' AND finished_at IS NOT NULL
                    ORDER BY finished_at DESC
                    LIMIT 500
                ) AS done
                JOIN generations g ON g.id = done.id
            )
            SELECT m.model, avg(d.seconds)::float8, percentile_cont(0.1) WITHIN GROUP (ORDER BY d.seconds),
                percentile_cont(0.9) WITHIN GROUP (ORDER BY d.seconds)
            FROM unnest(\(models)::text[]) AS m (model)
            CROSS JOIN LATERAL (
                SELECT seconds FROM latest WHERE latest.model = m.model AND n <= 50
                UNION ALL
                (
                    SELECT extract(epoch FROM j.finished_at - j.started_at)::float8
                    FROM (
                        SELECT id FROM generations
                        WHERE (model, id) >= (m.model, \(JobID.lowest)) AND (model, id) <= (m.model, \(JobID.highest))
                        ORDER BY model DESC, id DESC
                        LIMIT 500
                    ) AS newest
                    CROSS JOIN LATERAL (
                        SELECT finished_at, started_at FROM jobs WHERE id = newest.id AND state = 'completed' OFFSET 0
                    ) AS j
                    WHERE NOT EXISTS (SELECT FROM latest WHERE latest.model = m.model)
                    LIMIT 50
                )
            ) AS d
            GROUP BY m.model
            HAVING count(*) >= 3
            """,
            timeout: .seconds(2)
        ).map { (model: String, mean: Double, low: Double, high: Double) in
            (model, ModelPace(mean: max(mean, 0), low: max(low, 0), high: max(high, 0)))
        }
        return Dictionary(uniqueKeysWithValues: found)
    }
}
