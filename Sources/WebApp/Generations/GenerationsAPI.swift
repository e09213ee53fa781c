import HTTPServer
import JSON
import Jobs
import Postgres

/// The JSON API over generations. Its field names and status words are a contract with existing clients.
enum GenerationsAPI {
    static let largestBody = 1 << 20

    /// `POST /generate`, once or, with an `Idempotency-Key`, as often as it is sent.
    static func create(_ request: Request, _ app: App) async throws -> Response {
        let key: IdempotencyKey?
        do {
            key = try IdempotencyKey(request)
        } catch {
            return .invalid([error.problem], in: "header")
        }
        let body = try await JSONBody.read(request, limit: largestBody)
        let wanted: GenerationRequest
        do {
            wanted = try GenerationRequest(body, models: app.models)
        } catch {
            return .invalid(error.problems)
        }
        let id = JobID.next()
        guard let key else {
            try await app.enqueue([(id, wanted)], for: request)
            return accepted(id, app)
        }
        switch try await app.enqueueOnce(key, (id, wanted), for: request) {
        case .stored:
            return accepted(id, app)
        case .known(let earlier):
            var response = accepted(earlier, app)
            response.headers.set("Idempotent-Replayed", "true")
            return response
        case .mismatch:
            let message =
                "Stands for another request already, of the last \(IdempotencyKey.lasts.components.seconds / 3600) hours"
            let problem = FieldProblem([IdempotencyKey.header], message, type: "idempotency_key_reused")
            return .invalid([problem], in: "header")
        case .inFlight:
            var response = Response.failure(
                "A request with this \(IdempotencyKey.header) is being stored just now; send it again in a second",
                status: .conflict
            )
            response.headers.set("Retry-After", "1")
            return response
        }
    }

    private static func accepted(_ id: JobID, _ app: App) -> Response {
        let address = "\(app.configuration.apiPrefix)/status/\(id)"
        var json = JSONWriter()
        json.beginObject()
        json.field("job_id", id.description)
        json.field("status", "pending")
        json.field("message", "The job is queued; follow it under \(address)")
        json.endObject()
        var response = Response.json(json.bytes, status: .accepted)
        response.headers.set("Location", address)
        return response
    }

    /// `GET /status/{job_id}`
    static func status(_ request: Request, _ app: App, id: JobID) async throws -> Response {
        guard let generation = try await app.database.generation(id) else {
            return .failure("Job not found", status: .notFound)
        }
        let place = await app.places(of: [generation])[id]
        var json = JSONWriter()
        generation.write(to: &json, place: place)
        return .json(json.bytes)
    }

    /// `GET /jobs?skip=0&limit=20` or `?before=<job id>&limit=20`
    static func list(_ request: Request, _ app: App) async throws -> Response {
        var query = QueryReader(request.query)
        let limit = query.integer("limit", in: 1...100) ?? 20
        let skip = query.integer("skip", in: 0...Int(Int32.max)) ?? 0
        let before = query.value("before", "Input should be a valid UUID", type: "uuid_parsing") { JobID($0) }
        guard query.problems.isEmpty else { return .invalid(query.problems, in: "query") }

        let page = try await app.database.generations(before: before, skip: skip, limit: limit)
        var json = JSONWriter()
        json.bytes.reserveCapacity(600 * page.count)
        json.beginArray()
        let places = await app.places(of: page)
        for generation in page { generation.write(to: &json, place: places[generation.id]) }
        json.endArray()
        var response = Response.json(json.bytes)
        response.compressible = true
        if page.count == limit, let last = page.last {
            response.headers.set(
                "Link",
                "<\(app.configuration.apiPrefix)/jobs?before=\(last.id)&limit=\(limit)>; rel=\"next\""
            )
        }
        return response
    }
}

extension App {
    /// Stores what was asked for and wakes the workers. Durable when it returns.
    func enqueue(_ requests: [(id: JobID, request: GenerationRequest)], for request: Request) async throws {
        try await database.insertGenerations(requests, job: terms(for: request))
        announce(requests.map(\.request))
    }

    /// The same for one request, unless its client's key stands for one already.
    func enqueueOnce(
        _ key: IdempotencyKey,
        _ wanted: (id: JobID, request: GenerationRequest),
        for request: Request
    ) async throws -> KeyedOutcome {
        let terms = terms(for: request)
        let outcome = try await database.storeOnce(key, of: terms.owner, for: wanted.request, as: wanted.id) {
            transaction in
            try await transaction.insertGenerations([wanted], job: terms)
        }
        if outcome == .stored { announce([wanted.request]) }
        return outcome
    }

    func announce(_ requests: [GenerationRequest]) {
        for queue in Set(requests.map(\.model.provider.queue)) { channels.announceWork(in: queue, on: redis) }
    }

    func terms(for request: Request) -> JobTerms {
        JobTerms(
            owner: owner(of: request),
            maxRetries: configuration.maxRetries,
            timeLimit: configuration.jobTimeLimit,
            requestID: request.id
        )
    }

    /// Whose jobs take turns with those of others. As long as there are no accounts, that is the client's address.
    func owner(of request: Request) -> String {
        configuration.trustedProxies.client(of: request).network.description
    }
}
