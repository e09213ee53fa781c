import JSON
import Jobs
import Postgres

/// A generation as it stands: what was asked for, how far its job is, and what came of it.
///
/// A class because pages hand it on in lists, and its dozen strings are not worth copying.
final class Generation: Sendable {
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
    let priority: GenerationRequest.Priority
    /// The first picture; `picturesCount` tells how many there are.
    let picture: Picture?

    /// The columns in the order of the properties.
    init(_ row: inout RowReader) throws(PostgresError) {
        id = JobID(rawValue: try row.uuid())
        prompt = try row.string()
        model = try row.string()
        parameters = try row.rawJSON()
        let word = try row.string()
        guard let state = State(rawValue: word) else {
            throw PostgresError(.decoding, "“\(word)” is no state of a job")
        }
        self.state = state
        error = try row.optionalString()
        retryCount = try row.int()
        progress = try row.double()
        cancelRequested = try row.bool()
        createdAt = try row.timestamp()
        updatedAt = try row.timestamp()
        startedAt = try row.optionalTimestamp()
        finishedAt = try row.optionalTimestamp()
        nextAttemptAt = try row.optionalTimestamp()
        priority = GenerationRequest.Priority(rank: try row.int())
        let file = try row.optionalString()
        let thumbnail = try row.optionalString()
        let width = try row.optionalInt()
        let height = try row.optionalInt()
        if let file, let thumbnail, let width, let height {
            picture = Picture(file: file, thumbnail: thumbnail, width: width, height: height)
        } else {
            picture = nil
        }
    }

    enum State: String, Sendable, CaseIterable, PostgresDecodable {
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
    ///
    /// - Parameter place: where it stands if it waits and that is known.
    func write(to json: inout JSONWriter, place: PlaceInLine?) {
        json.beginObject()
        json.field("id", id.description)
        json.field("prompt", prompt)
        json.field("model", model)
        json.key("parameters")
        json.raw(parameters.bytes)
        json.field("status", state.status)
        json.field("media_path", orNull: picture?.file)
        json.field("error_message", orNull: error)
        json.field("retry_count", retryCount)
        json.timestamp("created_at", createdAt)
        json.timestamp("updated_at", updatedAt)
        json.timestamp("started_at", startedAt)
        json.timestamp("completed_at", finishedAt)
        json.timestamp("next_attempt_at", nextAttemptAt)
        json.field("priority", priority.rawValue)
        if progress == 0 || progress == 1 {
            json.field("progress", Int(progress))
        } else {
            json.key("progress")
            json.value(progress)
        }
        if let place { json.field("position", place.before) } else { json.nullField("position") }
        if case .expected(let expectation) = place?.start {
            json.key("eta_seconds")
            json.beginArray()
            json.value(Int(expectation.low.rounded(.down)))
            json.value(Int(expectation.high.rounded(.up)))
            json.endArray()
        } else {
            json.nullField("eta_seconds")
        }
        json.endObject()
    }
}

extension JSONWriter {
    mutating func timestamp(_ name: StaticString, _ time: Timestamp?) {
        guard let time else { return nullField(name) }
        key(name)
        string { time.write(into: &$0) }
    }
}
