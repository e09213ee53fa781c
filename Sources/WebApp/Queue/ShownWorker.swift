import JSON
import Jobs
import Postgres

/// A worker as the operator of its queues sees it.
struct ShownWorker: Sendable {
    let name: String
    /// The jobs of each queue that it runs at the same time.
    let queues: [(name: String, places: Int)]
    let places: Int
    let isDraining: Bool
    /// Since it last showed itself.
    let silence: Duration
    /// Its leases have ended or are about to: others take its jobs.
    let isLate: Bool
    /// What it runs, as far as it is shown; `running` tells how many there are.
    var jobs: [Job]
    let running: Int

    struct Job: Sendable {
        let id: JobID
        let title: String
    }

    static let mostJobsShown = 8
}

extension Database {
    /// Those of the last five minutes, with the jobs that they run now. At most 100.
    func shownWorkers(lateAfter age: Duration) async throws(PostgresError) -> [ShownWorker] {
        try await query(
            """
            SELECT w.name, w.queues, w.capacity, w.is_draining, now() - w.heartbeat_at, now() - w.heartbeat_at > \(age),
                coalesce(r.count, 0), coalesce(r.ids, '{}'), coalesce(r.titles, '{}')
            FROM workers w
            LEFT JOIN (
                SELECT worker, count(*), (array_agg(id ORDER BY id))[:8] AS ids,
                    (array_agg(coalesce(title, kind) ORDER BY id))[:8] AS titles
                FROM (
                    SELECT j.worker, j.id, j.kind, (SELECT left(g.prompt, 80) FROM generations g WHERE g.id = j.id) AS title
                    FROM jobs j
                    WHERE j.state = 'processing'
                    LIMIT 1000
                ) AS running
                GROUP BY worker
            ) AS r ON r.worker = w.name
            ORDER BY w.name
            LIMIT 100
            """
        ).map {
            (
                name: String,
                queues: JSON,
                capacity: Int,
                isDraining: Bool,
                silence: Duration,
                isLate: Bool,
                running: Int,
                ids: [UUID],
                titles: [String]
            ) in
            ShownWorker(
                name: name,
                queues: (queues.object ?? [:]).map { ($0.key, $0.value.int ?? 0) },
                places: capacity,
                isDraining: isDraining,
                silence: max(silence, .zero),
                isLate: isLate,
                jobs: zip(ids, titles).map { ShownWorker.Job(id: JobID(rawValue: $0), title: $1) },
                running: running
            )
        }
    }
}
