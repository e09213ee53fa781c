import JSON
import Postgres

extension Database {
    /// Shows a worker alive; answers how many others have done so lately.
    func reportWorker(
        _ id: UUID,
        name: String,
        queues: [WorkerSettings.Queue],
        running: Int,
        isDraining: Bool
    ) async throws(PostgresError) -> Int {
        var places: JSONObject = [:]
        for queue in queues { places[queue.name] = .integer(queue.concurrency) }
        return try await execute(
            """
            INSERT INTO workers (id, name, queues, capacity, running, is_draining)
            VALUES (\(id), \(name), \(JSON.object(places)), \(queues.reduce(0) { $0 + $1.concurrency })::integer,
                \(running)::integer, \(isDraining))
            ON CONFLICT (id) DO UPDATE
            SET heartbeat_at = now(), running = excluded.running, is_draining = excluded.is_draining
            RETURNING (SELECT count(*) FROM workers WHERE heartbeat_at > now() - interval '10 seconds' AND id <> \(id))
            """
        ).one { (others: Int) in others } ?? 0
    }

    func removeWorker(_ id: UUID) async throws(PostgresError) {
        _ = try await execute("DELETE FROM workers WHERE id = \(id)")
    }

    func removeSilentWorkers(olderThan age: Duration) async throws(PostgresError) {
        _ = try await execute("DELETE FROM workers WHERE heartbeat_at < now() - \(age)")
    }
}
