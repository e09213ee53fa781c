import EventLoop
import JSON
import Jobs
import Postgres
import Synchronization

extension SQLExecutor {
    /// Stores generations together with the jobs that will make them: once this is committed, nothing is lost.
    func insertGenerations(_ requests: [(id: JobID, request: GenerationRequest)], job: JobTerms) async throws {
        let rows = requests.map { id, request -> SQL in
            "(\(id), \(request.prompt), \(request.model.id), \(JSON.object(request.parameters)))"
        }
        _ = try await execute(
            """
            WITH enqueued AS (\(NewJob.insert(NewJob.generating(requests, job))))
            INSERT INTO generations (id, prompt, model, parameters)
            VALUES \(SQL.joined(rows, separator: ", "))
            """
        )
    }
}

extension NewJob {
    /// The jobs that will make these generations; each has its generation's id.
    static func generating(_ requests: [(id: JobID, request: GenerationRequest)], _ terms: JobTerms) -> [NewJob] {
        requests.map { id, request in
            NewJob(
                id: id,
                kind: GeneratePicture.kind,
                queue: request.model.provider.queue,
                owner: terms.owner,
                priority: request.priority.rank,
                runAt: request.runAt,
                maxRetries: terms.maxRetries,
                timeLimit: terms.timeLimit,
                requestID: terms.requestID
            )
        }
    }
}

/// The terms on which jobs are queued.
struct JobTerms {
    var owner: String
    var maxRetries: Int
    var timeLimit: Duration
    var requestID: String?
}

extension Database {
    /// `nil` when there is no such generation.
    func generation(_ id: JobID) async throws(PostgresError) -> Generation? {
        try await generations("SELECT \(id)::uuid AS id").first
    }

    /// Those that still exist, newest first.
    func generations(of ids: [JobID]) async throws(PostgresError) -> [Generation] {
        try await generations("SELECT unnest(\(ids.map(\.rawValue))::uuid[]) AS id")
    }

    /// The newest first, those older than `before` only; with that instead of `skip` it is as quick at any depth.
    /// `limit` 1 … 100.
    func generations(before: JobID? = nil, skip: Int = 0, limit: Int) async throws(PostgresError) -> [Generation] {
        let condition: SQL = if let before { "WHERE id < \(before)" } else { "" }
        return try await generations(
            "SELECT id FROM generations \(condition) ORDER BY id DESC OFFSET \(skip) LIMIT \(limit)"
        )
    }

    /// How many there are beyond `newest`, and which is the newest now.
    fileprivate func generations(since newest: JobID?) async throws(PostgresError) -> (count: Int, newest: JobID?) {
        let condition: SQL = if let newest { "WHERE id > \(newest)" } else { "" }
        return try await query(
            "SELECT (SELECT count(*) FROM generations \(condition)), (SELECT id FROM generations ORDER BY id DESC LIMIT 1)"
        ).one { (count: Int, newest: JobID?) in (count, newest) } ?? (0, nil)
    }

    /// The ids are chosen first, so that skipping thousands never joins them; as an array, because for a sub-select
    /// with a bound limit the planner expects a tenth of the table, and reads all of it.
    private func generations(_ ids: SQL) async throws(PostgresError) -> [Generation] {
        try await query(
            """
            SELECT g.id, g.prompt, g.model, g.parameters, j.state::text, j.error, j.retry_count, j.progress,
                j.cancel_requested, g.created_at, j.updated_at, j.started_at, j.finished_at,
                CASE WHEN j.state = 'scheduled' THEN j.run_at END, j.priority,
                p.file, p.thumbnail, p.width, p.height
            FROM generations g
            JOIN jobs j ON j.id = g.id
            LEFT JOIN pictures p ON p.generation_id = g.id AND p.position = 0
            WHERE g.id = ANY (ARRAY(\(ids)))
            ORDER BY g.id DESC
            """
        ).read(19) { row throws(PostgresError) in try Generation(&row) }
    }
}

/// Counts the generations without reading all of them each time: what is new is added to an earlier count.
///
/// Additions show after a second at most, deletions after `recount`.
final class GenerationCount: Sendable {
    private static let fresh = Duration.seconds(1)
    private static let recount = Duration.seconds(10)

    private struct Known {
        /// What was counted in full, and up to which generation.
        let base: Int
        let newest: JobID?
        let counted: MonotonicTime
        /// The latest answer.
        var current: Int
        var asked: MonotonicTime
    }

    private let known = Mutex<Known?>(nil)

    func current(_ database: Database) async throws(PostgresError) -> Int {
        let now = MonotonicTime.current
        if var known = known.withLock({ $0 }), now - known.counted < Self.recount {
            if now - known.asked < Self.fresh { return known.current }
            known.current = known.base + (try await database.generations(since: known.newest).count)
            known.asked = now
            self.known.withLock { [known] in $0 = known }
            return known.current
        }
        let (count, newest) = try await database.generations(since: nil)
        known.withLock { $0 = Known(base: count, newest: newest, counted: now, current: count, asked: now) }
        return count
    }
}
