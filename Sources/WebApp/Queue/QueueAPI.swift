import EventLoop
import HTTPServer
import JSON
import Jobs
import Postgres

/// The JSON API over the queues.
enum QueueAPI {
    /// `GET /queue`
    static func show(_ request: Request, _ app: App) async throws -> Response {
        let overview = try await QueueOverview.measure(app)
        var json = JSONWriter()
        json.beginObject()
        json.key("counts")
        json.beginObject()
        for state in Generation.State.allCases {
            json.key(state.rawValue)
            json.value(overview.counts[state])
        }
        json.endObject()
        json.seconds("oldest_waiting_seconds", overview.oldestAge)
        json.key("queues")
        json.beginArray()
        for queue in overview.queues { queue.write(to: &json) }
        json.endArray()
        json.key("workers")
        json.beginArray()
        for worker in overview.workers { worker.write(to: &json) }
        json.endArray()
        json.key("alarms")
        json.beginArray()
        for alarm in overview.alarms {
            json.beginObject()
            json.field("code", alarm.code)
            json.field("title", alarm.title)
            json.field("message", alarm.message)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        var response = Response.json(json.bytes)
        response.headers.set("Cache-Control", "no-store")
        return response
    }

    /// `POST /jobs/{job_id}/cancel`: 200 when it is cancelled, 202 when it runs and was asked to stop.
    static func cancel(_ request: Request, _ app: App, id: JobID) async throws -> Response {
        let result = try await JobDeed.cancel.perform(on: [id], app)
        if result.asked > 0 {
            return answer(id, status: "processing", "The job is running and was asked to stop", .accepted)
        }
        let state = try await app.database.state(of: id)
        // Asked for twice, it has happened all the same.
        if result.done > 0 || state == .cancelled {
            return answer(id, status: "cancelled", "The job is cancelled", .ok)
        }
        return refusal(state, "The job has ended already; it is")
    }

    /// `POST /jobs/{job_id}/retry`: 202 when it was put back in line.
    static func retry(_ request: Request, _ app: App, id: JobID) async throws -> Response {
        let result = try await JobDeed.retry.perform(on: [id], app)
        if result.done > 0 { return answer(id, status: "pending", "The job is queued again", .accepted) }
        return refusal(
            try await app.database.state(of: id),
            "Only failed and cancelled jobs can be retried; this one is"
        )
    }

    /// `POST /queues/{name}/pause`
    static func pause(_ request: Request, _ app: App, name: String) async throws -> Response {
        guard try await app.database.pauseQueue(name) else { return .failure("Queue not found", status: .notFound) }
        return try await queue(name, app)
    }

    /// `POST /queues/{name}/resume`
    static func resume(_ request: Request, _ app: App, name: String) async throws -> Response {
        guard try await app.database.resumeQueue(name) else { return .failure("Queue not found", status: .notFound) }
        app.channels.announceWork(in: name, on: app.redis)
        return try await queue(name, app)
    }

    private static func queue(_ name: String, _ app: App) async throws -> Response {
        var json = JSONWriter()
        json.beginObject()
        json.field("name", name)
        json.timestamp("paused_at", try await app.database.pausedSince(name))
        json.endObject()
        return .json(json.bytes)
    }

    private static func answer(_ id: JobID, status: StaticString, _ message: StaticString, _ code: Status) -> Response {
        var json = JSONWriter()
        json.beginObject()
        json.field("job_id", id.description)
        json.field("status", status)
        json.field("message", message)
        json.endObject()
        return .json(json.bytes, status: code)
    }

    /// - Parameter state: `nil` when there is no such job.
    private static func refusal(_ state: Generation.State?, _ reason: String) -> Response {
        guard let state else { return .failure("Job not found", status: .notFound) }
        return .failure("\(reason) \(state.statusText)", status: .conflict)
    }
}

extension ShownQueue {
    fileprivate func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("name", name)
        json.timestamp("paused_at", pausedAt)
        json.key("waiting")
        json.value(waiting)
        json.key("running")
        json.value(running)
        json.field("limit", limit)
        json.field("workers", workers)
        json.seconds("oldest_waiting_seconds", oldestAge)
        json.endObject()
    }
}

extension ShownWorker {
    fileprivate func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("name", name)
        json.seconds("heartbeat_age_seconds", silence)
        json.key("is_late")
        json.value(isLate)
        json.key("is_draining")
        json.value(isDraining)
        json.field("places", places)
        json.field("running", running)
        json.key("queues")
        json.beginObject()
        for queue in queues {
            json.key(queue.name)
            json.value(queue.places)
        }
        json.endObject()
        json.endObject()
    }
}

extension JSONWriter {
    fileprivate mutating func value(_ count: BoundedCount) {
        beginObject()
        field("count", count.value)
        key("is_exact")
        value(count.isExact)
        endObject()
    }

    /// To the millisecond, `null` when there is none.
    fileprivate mutating func seconds(_ name: StaticString, _ duration: Duration?) {
        guard let duration else { return nullField(name) }
        key(name)
        value(Double(duration.wholeNanoseconds / 1_000_000) / 1000)
    }
}

extension Database {
    /// `nil` when there is no such job.
    fileprivate func state(of job: JobID) async throws(PostgresError) -> Generation.State? {
        try await execute("SELECT state::text FROM jobs WHERE id = \(job)").one { (state: Generation.State) in state }
    }

    fileprivate func pausedSince(_ queue: String) async throws(PostgresError) -> Timestamp? {
        try await execute("SELECT paused_at FROM queues WHERE name = \(queue)").one { (time: Timestamp?) in time }
            ?? nil
    }
}
