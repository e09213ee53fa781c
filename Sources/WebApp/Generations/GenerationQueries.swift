import JSON
import Jobs
import Postgres

extension SQLExecutor {
    /// Stores generations together with the jobs that will make them: once this is committed, nothing is lost.
    func insertGenerations(_ requests: [(id: JobID, request: GenerationRequest)], job: JobTerms) async throws {
        let jobs = requests.map { id, request in
            NewJob(
                id: id,
                kind: GeneratePicture.kind,
                queue: request.model.provider.queue,
                maxRetries: job.maxRetries,
                timeLimit: job.timeLimit,
                requestID: job.requestID
            )
        }
        let rows = requests.map { id, request -> SQL in
            "(\(id), \(request.prompt), \(request.model.id), \(JSON.object(request.parameters)))"
        }
        _ = try await execute(
            """
            WITH enqueued AS (\(NewJob.insert(jobs)))
            INSERT INTO generations (id, prompt, model, parameters)
            VALUES \(SQL.joined(rows, separator: ", "))
            """
        )
    }
}

/// The terms on which jobs are queued.
struct JobTerms {
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

    /// The newest first. `limit` 1 … 100.
    func generations(skip: Int, limit: Int) async throws(PostgresError) -> [Generation] {
        try await generations("SELECT id FROM generations ORDER BY id DESC OFFSET \(skip) LIMIT \(limit)")
    }

    /// Those older than `before`, the newest first: as quick at any depth.
    func generations(before: JobID, limit: Int) async throws(PostgresError) -> [Generation] {
        try await generations(
            "SELECT id FROM generations WHERE id < \(before) ORDER BY id DESC LIMIT \(limit)"
        )
    }

    func generationCount() async throws(PostgresError) -> Int {
        try await query("SELECT count(*) FROM generations").map { (count: Int) in count }.first ?? 0
    }

    /// The ids are chosen first, so that skipping thousands never joins them.
    private func generations(_ ids: SQL) async throws(PostgresError) -> [Generation] {
        try await query(
            """
            SELECT g.id, g.prompt, g.model, g.parameters, j.state::text, j.error, j.retry_count, j.progress,
                j.cancel_requested, g.created_at, j.updated_at, j.started_at, j.finished_at,
                CASE WHEN j.state = 'scheduled' THEN j.run_at END,
                p.file, p.thumbnail, p.width, p.height
            FROM (\(ids)) AS chosen
            JOIN generations g ON g.id = chosen.id
            JOIN jobs j ON j.id = chosen.id
            LEFT JOIN pictures p ON p.generation_id = chosen.id AND p.position = 0
            ORDER BY g.id DESC
            """
        ).map {
            (
                id: JobID,
                prompt: String,
                model: String,
                parameters: RawJSON,
                state: Generation.State,
                error: String?,
                retryCount: Int,
                progress: Double,
                cancelRequested: Bool,
                createdAt: Timestamp,
                updatedAt: Timestamp,
                startedAt: Timestamp?,
                finishedAt: Timestamp?,
                nextAttemptAt: Timestamp?,
                file: String?,
                thumbnail: String?,
                width: Int?,
                height: Int?
            ) in
            var picture: Picture?
            if let file, let thumbnail, let width, let height {
                picture = Picture(file: file, thumbnail: thumbnail, width: width, height: height)
            }
            return Generation(
                id: id,
                prompt: prompt,
                model: model,
                parameters: parameters,
                state: state,
                error: error,
                retryCount: retryCount,
                progress: progress,
                cancelRequested: cancelRequested,
                createdAt: createdAt,
                updatedAt: updatedAt,
                startedAt: startedAt,
                finishedAt: finishedAt,
                nextAttemptAt: nextAttemptAt,
                picture: picture
            )
        }
    }
}
