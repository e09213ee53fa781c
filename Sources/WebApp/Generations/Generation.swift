import JSON
import Jobs
import Postgres

/// A generation as it stands: what was asked for, how far its job is, and what came of it.
struct Generation: Sendable {
    let id: JobID
    let prompt: String
    let model: String
    let parameters: RawJSON
    let state: State
    let error: String?
    let retryCount: Int
    /// 0 … 1, as of the last heartbeat.
    let progress: Double
    let cancelRequested: Bool
    let createdAt: Timestamp
    let updatedAt: Timestamp
    let startedAt: Timestamp?
    let finishedAt: Timestamp?
    /// When a scheduled job may begin.
    let nextAttemptAt: Timestamp?
    /// The first picture; `picturesCount` tells how many there are.
    let picture: Picture?

    enum State: String, Sendable, PostgresDecodable {
        case pending, scheduled, processing, completed, failed, cancelled

        /// The word of the API, which knows no `scheduled`: such a job is pending, and `next_attempt_at` tells why.
        var status: StaticString {
            switch self {
            case .pending, .scheduled: "pending"
            case .processing: "processing"
            case .completed: "completed"
            case .failed: "failed"
            case .cancelled: "cancelled"
            }
        }

        var statusText: String { status.description }

        var isFinished: Bool { self == .completed || self == .failed || self == .cancelled }
    }
}

/// A stored picture.
struct Picture: Sendable {
    /// The content's name, under `/images/`.
    let file: String
    let thumbnail: String
    let width: Int
    let height: Int
}

extension Generation {
    /// The shape that the API fixes.
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("id", id.description)
        json.field("prompt", prompt)
        json.field("model", model)
        json.key("parameters")
        json.raw(parameters.bytes)
        json.key("status")
        json.value(state.status.description)
        json.field("media_path", orNull: picture?.file)
        json.field("error_message", orNull: error)
        json.field("retry_count", retryCount)
        json.timestamp("created_at", createdAt)
        json.timestamp("updated_at", updatedAt)
        json.timestamp("started_at", startedAt)
        json.timestamp("completed_at", finishedAt)
        json.timestamp("next_attempt_at", nextAttemptAt)
        json.key("progress")
        json.value(progress)
        json.endObject()
    }
}

extension JSONWriter {
    mutating func timestamp(_ name: StaticString, _ time: Timestamp?) {
        key(name)
        if let time { string { time.write(into: &$0) } } else { null() }
    }
}
