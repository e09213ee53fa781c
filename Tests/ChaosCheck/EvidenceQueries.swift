import Postgres

extension Evidence {
    /// Adds what the database says.
    public mutating func gather(from database: Database) async throws {
        jobs = try await database.jobRows()
        attempts = try await database.attemptRows()
        pictures = try await database.pictureRows()
        moves = try await database.stateMoves()
    }
}

extension Database {
    fileprivate func jobRows() async throws(PostgresError) -> [JobRow] {
        try await report(
            """
            SELECT j.id::text, j.kind, coalesce(g.prompt, ''), j.queue, j.state::text, j.attempt, j.retry_count, j.crash_count,
                j.error
            FROM jobs j
            LEFT JOIN generations g ON g.id = j.id
            ORDER BY j.id
            """,
            timeout: .seconds(60)
        ).map {
            (
                id: String,
                kind: String,
                prompt: String,
                queue: String,
                state: String,
                attempt: Int,
                retries: Int,
                crashes: Int,
                error: String?
            ) in
            JobRow(
                id: id,
                kind: kind,
                prompt: prompt,
                queue: queue,
                state: state,
                attempt: attempt,
                retryCount: retries,
                crashCount: crashes,
                error: error
            )
        }
    }

    fileprivate func attemptRows() async throws(PostgresError) -> [AttemptRow] {
        try await report(
            """
            SELECT job_id::text, number, worker, extract(epoch FROM started_at)::float8,
                extract(epoch FROM ended_at)::float8, outcome, error, provider_ref
            FROM job_attempts
            ORDER BY job_id, number
            """,
            timeout: .seconds(60)
        ).map {
            (
                job: String,
                number: Int,
                worker: String,
                start: Double,
                end: Double?,
                outcome: String?,
                error: String?,
                reference: String?
            ) in
            AttemptRow(
                job: job,
                number: number,
                worker: worker,
                startedAt: start,
                endedAt: end,
                outcome: outcome,
                error: error,
                reference: reference
            )
        }
    }

    fileprivate func pictureRows() async throws(PostgresError) -> [PictureRow] {
        try await report(
            """
            SELECT generation_id::text, position, file, thumbnail, small, bytes, details ->> 'prediction'
            FROM pictures
            ORDER BY generation_id, position
            """,
            timeout: .seconds(60)
        ).map {
            (
                job: String,
                position: Int,
                file: String,
                thumbnail: String,
                small: String?,
                bytes: Int,
                prediction: String?
            ) in
            PictureRow(
                job: job,
                position: position,
                file: file,
                thumbnail: thumbnail,
                small: small,
                bytes: bytes,
                prediction: prediction
            )
        }
    }
}
