import JSON
import Jobs
import Postgres

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

    /// Those whose ids the statement finds, newest first.
    ///
    /// The ids are chosen first, so that skipping thousands never joins them; as an array, because for a sub-select
    /// with a bound limit the planner expects a tenth of the table, and reads all of it.
    func generations(_ ids: SQL) async throws(PostgresError) -> [Generation] {
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
