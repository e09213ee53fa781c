import JSON
import Postgres

/// Winding up outside what a cancelled job has begun, such as a prediction that goes on at its provider.
///
/// A running job does so itself. For one that was cancelled between two attempts, or whose worker has died, the statement
/// that cancels it enqueues another job with this kind, so that it is not forgotten either.
enum Abandonment {
    static let kind = "abandon"

    /// As `UUID.timeOrdered()` makes them (version 7 of RFC 9562): the lists are in the order of ids.
    private static let timeOrderedID: SQL = """
        (
            SELECT (left(hex, 8) || '-' || right(hex, 4) || '-7' || substr(gen_random_uuid()::text, 16))::uuid
            FROM lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') AS hex
            -- For each row anew.
            WHERE id IS NOT NULL
        )
        """

    /// Enqueues one for each of the cancelled jobs of `relation (id, queue, state, checkpoint)` that has left word of
    /// something outside.
    static func enqueue(_ relation: SQL) -> SQL {
        """
        INSERT INTO jobs (id, kind, queue, arguments, priority, max_retries, time_limit)
        SELECT \(timeOrderedID), \(kind), queue, jsonb_build_object('job', id), -100, 3, '1 minute'
        FROM \(relation)
        WHERE state = 'cancelled' AND checkpoint <> '{}'
        """
    }
}

extension Database {
    /// The kind and checkpoint of a job that is cancelled still; `nil` when there is nothing to wind up.
    func abandonedJob(_ job: JobID) async throws(PostgresError) -> (kind: String, checkpoint: RawJSON)? {
        try await execute(
            "SELECT kind, checkpoint FROM jobs WHERE id = \(job) AND state = 'cancelled' AND checkpoint <> '{}'"
        ).map { (kind: String, checkpoint: RawJSON) in (kind, checkpoint) }.first
    }

    /// What was wound up is not wound up again, nor gone on with. What the job has left since is another matter.
    func forget(_ checkpoint: RawJSON, of job: JobID) async throws(PostgresError) {
        _ = try await execute(
            "UPDATE jobs SET checkpoint = NULL WHERE id = \(job) AND state = 'cancelled' AND checkpoint = \(checkpoint)"
        )
    }
}
