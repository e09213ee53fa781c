import Canvas
import EventLoop
import HTTPServer
import JSON
import Jobs
import Postgres
import Templates

enum JobPages {
    /// `GET /jobs/{id}`: one generation, with its settings and its story; of any other job the story.
    static func show(_ request: Request, _ app: App, id: JobID) async throws -> Response {
        guard let generation = try await app.database.generation(id) else { return try await showOther(id, app) }
        let origin = try await app.database.origin(of: id) ?? Origin(template: nil, batch: nil)
        let pictures = try await app.database.pictures(of: id)
        let attempts = try await app.database.attempts(of: id)
        var html = HTML(capacity: 16_384)
        Pages.jobPage(
            into: &html,
            card: await app.cards([generation])[0],
            generation: generation,
            origin: origin,
            settings: Setting.list(generation, details: pictures.first?.details),
            pictures: pictures,
            attempts: attempts,
            usage: AttemptUsage(sumOf: attempts.compactMap(\.usage))?.words ?? "",
            site: app.site
        )
        return .page(html)
    }

    private static func showOther(_ id: JobID, _ app: App) async throws -> Response {
        guard let row = try await app.database.jobRows(of: [id]).first else { throw PageError.notFound }
        var html = HTML(capacity: 8192)
        Pages.otherJobPage(into: &html, row: row, attempts: try await app.database.attempts(of: id), site: app.site)
        return .page(html)
    }

    /// `POST /jobs/{id}/cancel`
    static func cancel(_ request: Request, _ app: App, id: JobID) async throws -> Response {
        guard try await JobDeed.cancel.perform(on: [id], app).gone == 0 else { throw PageError.notFound }
        return .redirect(to: "/jobs/\(id)")
    }

    /// `POST /jobs/{id}/retry`
    static func retry(_ request: Request, _ app: App, id: JobID) async throws -> Response {
        guard try await JobDeed.retry.perform(on: [id], app).gone == 0 else { throw PageError.notFound }
        return .redirect(to: "/jobs/\(id)")
    }
}

/// One line of a generation's settings.
struct Setting {
    let name: String
    let value: String

    /// A model may have drawn without telling it.
    var isSeed: Bool { name == Self.words("seed") }

    static func list(_ generation: Generation, details: JSONObject?) -> [Setting] {
        let parameters = (try? JSON(parsing: generation.parameters.bytes))?.object ?? [:]
        return list(model: generation.model, parameters: parameters, details: details ?? [:])
    }

    static func list(model: String, parameters: JSONObject, details: JSONObject) -> [Setting] {
        let used = details.filter { parameters[$0.key] == nil }
        return [Setting(name: "Model", value: model)] + parameters.map(Setting.init) + used.map(Setting.init)
    }

    private init(key: String, value: JSON) {
        let style = key == "style" ? value.string.flatMap(Style.init) : nil
        self.init(name: Self.words(key), value: style?.words ?? Self.text(value))
    }

    private init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// `negative_prompt` as people write it: `Negative prompt`.
    static func words(_ key: String) -> String {
        let spaced = key.split(separator: "_").joined(separator: " ")
        return spaced.prefix(1).uppercased() + spaced.dropFirst()
    }

    private static func text(_ value: JSON) -> String {
        if case .string(let text) = value { return text }
        return value.text
    }
}

/// A picture as its own page shows it.
struct ShownPicture {
    let picture: Picture
    let bytes: Int
    let details: JSONObject

    var megabytes: String { Self.megabytes(bytes) }

    static func megabytes(_ bytes: Int) -> String {
        bytes < 1_000_000 ? "\((bytes + 500) / 1000) kB" : "\(bytes / 1_000_000).\(bytes / 100_000 % 10) MB"
    }
}

/// One start of a job, as its story tells it.
struct ShownAttempt {
    let number: Int
    let worker: String
    let startedAt: Timestamp
    let endedAt: Timestamp?
    let outcome: String?
    let error: String?
    let providerRef: String?
    /// `nil` where there is no provider that tells, and until it has ended.
    let usage: AttemptUsage?

    var duration: String? {
        endedAt.map { end in
            let milliseconds = max(0, Int((end - startedAt).wholeNanoseconds / 1_000_000))
            return milliseconds < 1000 ? "\(milliseconds) ms" : "\(milliseconds / 1000).\(milliseconds / 100 % 10) s"
        }
    }

    var outcomeWords: String {
        switch outcome {
        case nil: "running"
        case "handed_back": "handed back"
        case "retried": "failed, tried again"
        case .some(let word): word
        }
    }
}

extension Database {
    func pictures(of id: JobID) async throws(PostgresError) -> [ShownPicture] {
        try await query(
            """
            SELECT file, thumbnail, width, height, bytes, details
            FROM pictures
            WHERE generation_id = \(id)
            ORDER BY position
            LIMIT 100
            """
        ).map { (file: String, thumbnail: String, width: Int, height: Int, bytes: Int, details: JSON) in
            ShownPicture(
                picture: Picture(file: file, thumbnail: thumbnail, width: width, height: height),
                bytes: bytes,
                details: details.object ?? [:]
            )
        }
    }

    /// The newest first; a running one is told by its job.
    func attempts(of id: JobID) async throws(PostgresError) -> [ShownAttempt] {
        try await query(
            """
            SELECT attempt AS number, worker, started_at, NULL AS ended_at, NULL AS outcome, NULL AS error, provider_ref,
                NULL AS usage, NULL AS cost_usd
            FROM jobs
            WHERE id = \(id) AND state = 'processing'
            UNION ALL
            SELECT number, worker, started_at, ended_at, outcome, error, provider_ref, usage, cost_usd::float8
            FROM job_attempts
            WHERE job_id = \(id)
            ORDER BY number DESC
            LIMIT 100
            """
        ).map {
            (
                number: Int,
                worker: String,
                startedAt: Timestamp,
                endedAt: Timestamp?,
                outcome: String?,
                error: String?,
                providerRef: String?,
                usage: JSON?,
                dollars: Double?
            ) in
            ShownAttempt(
                number: number,
                worker: worker,
                startedAt: startedAt,
                endedAt: endedAt,
                outcome: outcome,
                error: error,
                providerRef: providerRef,
                usage: usage.map { AttemptUsage($0, dollars: dollars) }
            )
        }
    }
}
