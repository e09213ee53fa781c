import EventLoop
import HTTPClient
import JSON
import Jobs
import Media
import Postgres
import Redis

/// Models of Replicate, over its HTTP API.
struct ReplicateProvider: PictureProvider {
    let client: ReplicateClient
    let files: OutputFiles
    let database: Database
    let starts: StartLimit
    let timeLimit: Duration
    let prices: ReplicatePrices

    var name: String { "Replicate" }
    var queue: String { "replicate" }

    /// A model's inputs are its own; Replicate checks them.
    func problems(with parameters: JSONObject) -> [FieldProblem] {
        guard parameters["prompt"] != nil else { return [] }
        return [
            FieldProblem(["parameters", "prompt"], "The prompt stands beside the parameters", type: "extra_forbidden")
        ]
    }

    func make(_ wanted: WantedPicture, _ attempt: Attempt) async throws -> [MadePicture] {
        guard let loop = EventLoop.current else { preconditionFailure("providers run on an event loop") }
        guard let model = ReplicateModelID(wanted.model) else {
            throw JobError.permanent("\(wanted.model) is no model of Replicate")
        }
        var input = wanted.parameters
        input["prompt"] = .string(wanted.prompt)
        let run = PredictionRun(
            order: PredictionOrder(model: model, input: input),
            attempt: attempt,
            client: client,
            database: database,
            starts: starts,
            timeLimit: timeLimit,
            prices: prices,
            loop: loop
        )
        let prediction = try await run.ended()
        guard prediction.hasSucceeded else {
            // Whoever tries again needs another one; if this cannot be stored, it fails as this one did.
            try? await run.remember(.nothing)
            throw JobError(failed: prediction)
        }
        return try await pictures(of: prediction)
    }

    /// A creation whose outcome nobody knows is left to the deadline that it was sent with.
    func abandon(_ checkpoint: JSON) async throws {
        guard case .prediction(let id) = PredictionMemory(checkpoint) else { return }
        try await client.cancel(id)
    }

    /// Its files are fetched again by a later attempt when they cannot be had now; what can never be had is left out,
    /// unless nothing else is there.
    private func pictures(of prediction: Prediction) async throws -> [MadePicture] {
        let urls = prediction.files
        guard !urls.isEmpty else {
            throw JobError.permanent(
                prediction.isDataRemoved
                    ? "Replicate has removed the output already" : "The model’s output holds no picture"
            )
        }
        let details = details(of: prediction)
        var made: [MadePicture] = []
        var refusal: JobError?
        for url in urls {
            do throws(JobError) {
                made.append(MadePicture(file: try await files.fetch(url), details: details))
            } catch {
                guard !error.isTransient else { throw error }
                refusal = refusal ?? error
            }
        }
        if let refusal, made.isEmpty { throw refusal }
        return made
    }

    private func details(of prediction: Prediction) -> JSONObject {
        var details: JSONObject = ["prediction": .string(prediction.id)]
        if let seed = prediction.logs.seed { details["seed"] = .integer(seed) }
        if let seconds = prediction.predictTime { details["predict_time"] = .number(seconds) }
        return details
    }
}

extension ReplicateProvider {
    init(
        _ configuration: Configuration,
        token: Secret,
        blobs: BlobStore,
        database: Database,
        redis: Redis,
        loops: [EventLoop]
    ) {
        let named = configuration.privateProviders.compactMap { HostPort(text: $0) }
        var settings = ClientSettings()
        settings.maximumRequests = max(256, 2 * configuration.replicateConcurrency)
        settings.maximumConnectionsPerHost = min(configuration.replicateConcurrency, 64)
        let http = HTTPClient(loops: loops, settings: settings)
        var base = configuration.replicateBaseURL
        while base.hasSuffix("/") { base.removeLast() }
        self.init(
            client: ReplicateClient(
                http: http,
                baseURL: base,
                token: token,
                network: .publicOnly(allowing: named + [HostPort(namedIn: base)].compactMap { $0 })
            ),
            // Not where the API is, if that is private: a model decides what its output names.
            files: OutputFiles(http: http, blobs: blobs, network: .publicOnly(allowing: named)),
            database: database,
            starts: StartLimit(
                key: "starts:replicate",
                perSecond: configuration.replicateRate,
                limiter: RateLimiter(redis: redis, prefix: "\(configuration.redisPrefix):limit:")
            ),
            timeLimit: configuration.jobTimeLimit,
            prices: configuration.replicatePrices
        )
    }
}

extension HostPort {
    /// `host:port`, or `[address]:port` for IPv6; `nil` when it is neither.
    init?(text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port), colon > text.startIndex
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self.init(host, port)
    }

    /// Of a URL that names its port: one that an operator has configured is meant to be reached.
    init?(namedIn url: String) {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        self.init(text: String(url[scheme.upperBound...].prefix { $0 != "/" }))
    }
}

extension Database {
    /// What the job's latest attempt remembered.
    func checkpoint(of job: JobID) async throws(PostgresError) -> JSON? {
        try await query("SELECT checkpoint FROM jobs WHERE id = \(job)").map { (checkpoint: JSON?) in checkpoint }.first
            ?? nil
    }
}
