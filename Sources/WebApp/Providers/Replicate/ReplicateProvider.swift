import EventLoop
import HTTPClient
import JSON
import Jobs
import Media
import Postgres
import Redis

/// Models of Replicate, over its HTTP API.
///
/// Replicate has no idempotency key. So that nothing is paid for twice: a prediction's id is stored as soon as it is
/// known, a later attempt attaches to it, and after an unknown outcome the recent predictions are searched first.
struct ReplicateProvider: PictureProvider {
    static let mostFiles = 16

    let client: ReplicateClient
    let files: OutputFiles
    let database: Database
    let starts: StartLimit
    let timeLimit: Duration

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
        guard let model = ReplicateModelID(wanted.model) else {
            throw JobError.permanent("\(wanted.model) is no model of Replicate")
        }
        var input = wanted.parameters
        input["prompt"] = .string(wanted.prompt)

        let begun: Prediction
        if let known = try await earlierPrediction(input: .object(input), attempt) {
            begun = known
        } else {
            begun = try await create(model, input: .object(input), attempt)
        }
        let done: Prediction
        do {
            done = try await follow(begun, attempt)
        } catch {
            if attempt.mustNotGoOn { await giveUp(begun.id) }
            throw error
        }
        guard done.status == .succeeded || (!done.status.isTerminal && done.hasOutput) else {
            throw JobError(failed: done)
        }
        let urls = done.files
        guard !urls.isEmpty else {
            throw JobError.permanent(
                done.isDataRemoved ? "Replicate has removed the output already" : "The model’s output holds no picture"
            )
        }
        var made: [MadePicture] = []
        for url in urls { made.append(MadePicture(file: try await files.fetch(url), details: details(done))) }
        return made
    }

    /// The prediction of an earlier attempt, if it can still lead to a picture.
    private func earlierPrediction(input: JSON, _ attempt: Attempt) async throws -> Prediction? {
        if let id = attempt.checkpoint?["prediction"]?.string {
            let found = try await client.prediction(id)
            return found.flatMap { Self.isUsable($0) ? $0 : nil }
        }
        guard attempt.number > 1 else { return nil }
        // An earlier attempt may have died between creating and storing the id. A minute for clocks that differ.
        let candidates = try await client.predictions(since: attempt.createdAt - .seconds(60))
            .filter { $0.input == input && Self.isUsable($0) }
        guard !candidates.isEmpty else { return nil }
        let taken = try await database.storedPredictions(candidates.map(\.id))
        guard let found = candidates.first(where: { !taken.contains($0.id) }) else { return nil }
        try await remember(found, attempt)
        return found
    }

    private static func isUsable(_ prediction: Prediction) -> Bool {
        switch prediction.status {
        case .starting, .processing, .unknown: true
        case .succeeded: prediction.hasOutput
        case .failed, .canceled, .aborted: false
        }
    }

    private func create(_ model: ReplicateModelID, input: JSON, _ attempt: Attempt) async throws -> Prediction {
        try await starts.wait()
        do {
            let created = try await client.create(model, input: input, cancelAfter: timeLimit)
            do {
                try await remember(created, attempt)
            } catch {
                // Whoever lost the lease must not leave a prediction behind that nobody knows.
                if error is LeaseLost { await giveUp(created.id) }
                throw error
            }
            return created
        } catch let unknown as UnknownOutcome {
            throw JobError.transient("Replicate did not answer: \(unknown.reason)")
        }
    }

    private func remember(_ prediction: Prediction, _ attempt: Attempt) async throws {
        try await attempt.remember(["prediction": .string(prediction.id)], providerRef: prediction.id)
    }

    /// Asks soon, then less and less often, until the prediction has ended or its output is there.
    private func follow(_ begun: Prediction, _ attempt: Attempt) async throws -> Prediction {
        var prediction = begun
        var pause = 0.25
        var failures = 0
        while !prediction.status.isTerminal {
            if let progress = prediction.progress { attempt.report(progress: progress * 0.95) }
            // All output is there; what is left are metrics and logs, which one more look may bring.
            if prediction.hasOutput {
                return (try? await client.prediction(prediction.id)).flatMap { $0?.hasOutput == true ? $0 : nil }
                    ?? prediction
            }
            try await currentLoop().sleep(for: .seconds(pause * Double.random(in: 0.8...1.2)))
            pause = min(pause * 1.4, 5)
            do {
                guard let next = try await client.prediction(prediction.id) else {
                    throw JobError.permanent("Replicate does not know its prediction \(prediction.id) any more")
                }
                prediction = next
                failures = 0
            } catch let error as JobError where error.isTransient {
                failures += 1
                // The next attempt attaches to the same prediction.
                guard failures < 10 else { throw error }
                if let asked = error.retryAfter { pause = max(pause, min(Double(asked.components.seconds), 60)) }
            }
        }
        return prediction
    }

    /// Cancels at Replicate, also when the caller's own task is cancelled.
    private func giveUp(_ id: String) async {
        guard let loop = EventLoop.current else { return }
        let done = Promise<Void>(on: loop)
        let client = client
        loop.spawn {
            try? await client.cancel(id)
            done.succeed(())
        }
        await done.settled()
    }

    private func details(_ prediction: Prediction) -> JSONObject {
        var details: JSONObject = ["prediction": .string(prediction.id)]
        if let seed = prediction.loggedSeed { details["seed"] = .integer(seed) }
        if let seconds = prediction.predictTime { details["predict_time"] = .number(seconds) }
        return details
    }

    private func currentLoop() -> EventLoop {
        guard let loop = EventLoop.current else { preconditionFailure("providers run on an event loop") }
        return loop
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
        let allowed =
            (configuration.privateProviders + [HostPort.text(of: configuration.replicateBaseURL)].compactMap { $0 })
            .compactMap { HostPort(text: $0) }
        let network = NetworkPolicy.publicOnly(allowing: allowed)
        var settings = ClientSettings()
        settings.maximumConnectionsPerHost = min(configuration.replicateConcurrency, 64)
        let http = HTTPClient(loops: loops, settings: settings)
        var base = configuration.replicateBaseURL
        while base.hasSuffix("/") { base.removeLast() }
        self.init(
            client: ReplicateClient(http: http, baseURL: base, token: token, network: network),
            files: OutputFiles(http: http, blobs: blobs, network: network),
            database: database,
            starts: StartLimit(
                key: "starts:replicate",
                perSecond: configuration.replicateRate,
                limiter: RateLimiter(redis: redis, prefix: "\(configuration.redisPrefix):limit:")
            ),
            timeLimit: configuration.jobTimeLimit
        )
    }
}

extension HostPort {
    /// `host:port`; `nil` when it is neither.
    init?(text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port), colon > text.startIndex
        else { return nil }
        self.init(String(text[..<colon]), port)
    }

    /// The `host:port` of a URL that names its port: one that an operator has configured is meant to be reached.
    static func text(of url: String) -> String? {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        let authority = String(url[scheme.upperBound...].prefix { $0 != "/" })
        return authority.contains(":") ? authority : nil
    }
}

extension Database {
    /// Which of these predictions belong to an attempt already.
    func storedPredictions(_ ids: [String]) async throws(PostgresError) -> Set<String> {
        Set(
            try await query("SELECT provider_ref FROM job_attempts WHERE provider_ref = ANY (\(ids)::text[])")
                .map { (id: String) in id }
        )
    }
}
