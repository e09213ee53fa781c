import Postgres
import Redis

extension Database {
    /// Makes queues known, so that they can be paused and their limits counted.
    func registerQueues(_ names: [String]) async throws(PostgresError) {
        _ = try await execute(
            "INSERT INTO queues (name) SELECT unnest(\(names)::text[]) ORDER BY 1 ON CONFLICT DO NOTHING"
        )
    }

    /// Lets no job of the queue begin any more, until it is resumed; running ones end. `false`: there is no such queue.
    public func pauseQueue(_ name: String) async throws(PostgresError) -> Bool {
        try await !execute(
            "UPDATE queues SET paused_at = coalesce(paused_at, now()) WHERE name = \(name) RETURNING name"
        ).isEmpty
    }

    /// `false`: there is no such queue. Announce work in it afterwards.
    public func resumeQueue(_ name: String) async throws(PostgresError) -> Bool {
        try await !execute("UPDATE queues SET paused_at = NULL WHERE name = \(name) RETURNING name").isEmpty
    }
}
