import Jobs
import Postgres

/// A job in the list of its operator.
struct JobRow: Sendable {
    let id: JobID
    let state: Generation.State
    let kind: String
    let queue: String
    let owner: String
    let worker: String?
    let attempt: Int
    let maxRetries: Int
    let retryCount: Int
    let progress: Double
    let isBeingCancelled: Bool
    /// The beginning of it.
    let error: String?
    /// Since it was asked for.
    let age: Duration
    /// Of the latest attempt, while it runs.
    let elapsed: Duration?
    /// Until it may begin, when that is scheduled.
    let startsIn: Duration?
    /// The beginning of it; `nil` for a job that is no generation.
    let prompt: String?
    let model: String?
    /// Where it stands if it waits and that is known.
    var place: PlaceInLine?

    var title: String { prompt ?? kind }
    var canBeCancelled: Bool { (state.isWaiting || state == .processing) && !isBeingCancelled }
    var canBeRetried: Bool { state == .failed || state == .cancelled }
    var percent: Int? { state == .processing && progress > 0 ? Int((progress * 100).rounded()) : nil }
    /// What is said beside the state, before the seconds since or until its beginning.
    var now: String? {
        switch state {
        case .pending: place?.words
        case .processing: isBeingCancelled ? "being cancelled, for" : percent.map { "\($0) %, for" } ?? "for"
        default: nil
        }
    }
    /// That it was cancelled, its state says already.
    var shownError: String? { state == .cancelled && error == "cancelled" ? nil : error }
}

extension Database {
    /// Those that still exist, the newest first.
    func jobRows(of ids: [JobID]) async throws(PostgresError) -> [JobRow] {
        guard !ids.isEmpty else { return [] }
        return try await query(
            """
            SELECT j.id, j.state::text, j.kind, j.queue, j.owner, j.worker, j.attempt, j.max_retries, j.retry_count,
                j.progress, j.cancel_requested, left(j.error, 300), now() - j.created_at,
                CASE WHEN j.state = 'processing' THEN now() - j.started_at END,
                CASE WHEN j.state = 'scheduled' THEN j.run_at - now() END, left(g.prompt, 200), g.model
            FROM jobs j
            LEFT JOIN generations g ON g.id = j.id
            WHERE j.id = ANY (\(ids.map(\.rawValue)))
            ORDER BY j.id DESC
            """
        ).map {
            (
                id: JobID,
                state: Generation.State,
                kind: String,
                queue: String,
                owner: String,
                worker: String?,
                attempt: Int,
                maxRetries: Int,
                retryCount: Int,
                progress: Double,
                isBeingCancelled: Bool,
                error: String?,
                age: Duration,
                elapsed: Duration?,
                startsIn: Duration?,
                prompt: String?,
                model: String?
            ) in
            JobRow(
                id: id,
                state: state,
                kind: kind,
                queue: queue,
                owner: owner,
                worker: worker,
                attempt: attempt,
                maxRetries: maxRetries,
                retryCount: retryCount,
                progress: progress,
                isBeingCancelled: isBeingCancelled,
                error: error,
                age: max(age, .zero),
                elapsed: elapsed.map { max($0, .zero) },
                startsIn: startsIn.map { max($0, .zero) },
                prompt: prompt,
                model: model
            )
        }
    }
}
