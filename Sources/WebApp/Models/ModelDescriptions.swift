import EventLoop
import JSON
import Jobs
import Postgres
import Synchronization

/// What is known of the models, without ever waiting for a provider: descriptions are kept in the database, and renewed
/// in the background when they have become old.
final class ModelDescriptions: Sendable {
    static let renewal = Duration.seconds(6 * 3600)
    static let renewalAfterFailure = Duration.seconds(60)
    /// How long this process goes on with what it has read, while others may have renewed it.
    private static let rereading = Duration.seconds(20)
    private static let mostKnown = 300
    private static let mostAsking = 8
    /// Of these for models that are only listed, so that the one that somebody has chosen never waits for them.
    private static let mostAskingForList = 4

    private struct Known {
        var description: ModelDescription
        var read: MonotonicTime
    }

    private struct State {
        var known: [String: Known] = [:]
        var asking: Set<String> = []
    }

    private let state = Mutex(State())
    private let database: Database
    private let log: Log

    init(database: Database, log: Log) {
        self.database = database
        self.log = log
    }

    /// The latest that is known; asks for what is missing or old, but answers before that.
    func description(of model: Model) async throws -> ModelDescription {
        try await description(of: model, asking: Self.mostAsking)
    }

    private func description(of model: Model, asking most: Int) async throws -> ModelDescription {
        if let fixed = model.provider.description(of: model.id) { return fixed }
        let now = MonotonicTime.current
        if let known = state.withLock({ $0.known[model.id] }), now - known.read < Self.rereading {
            return known.description
        }
        let stored = try await database.storedDescription(of: model.id)
        let description = stored?.description ?? .unknown
        remember(description, of: model.id)
        if stored?.isFresh != true { renew(model, asking: most) }
        return description
    }

    /// What the models are, as far as that is known; by their ids.
    func abouts(of models: [Model]) async throws -> [String: String] {
        var abouts: [String: String] = [:]
        for model in models {
            let about = try await description(of: model, asking: Self.mostAskingForList).about
            if !about.isEmpty { abouts[model.id] = about }
        }
        return abouts
    }

    /// Asks the provider in the background, unless somebody does, or as many are being asked for.
    private func renew(_ model: Model, asking most: Int) {
        guard let loop = EventLoop.current else { preconditionFailure("descriptions are asked for on an event loop") }
        let mayAsk = state.withLock { state in
            guard state.asking.count < most else { return false }
            return state.asking.insert(model.id).inserted
        }
        guard mayAsk else { return }
        loop.spawn {
            do {
                try await self.ask(model)
            } catch {
                self.log.warning("a model could not be described") { line in
                    line.field("model", model.id)
                    line.field("reason", "\(error)")
                }
            }
            self.state.withLock { _ = $0.asking.remove(model.id) }
        }
    }

    private func ask(_ model: Model) async throws {
        guard try await database.beginRenewal(of: model.id) else { return }
        let stored: ModelDescription
        do {
            let fetched = try await model.provider.fetchDescription(of: model.id)
            stored = try await database.storeDescription(of: model.id, fetched)
        } catch let error as JobError {
            stored = try await database.storeFailure(of: model.id, error.message)
        }
        remember(stored, of: model.id)
    }

    private func remember(_ description: ModelDescription, of model: String) {
        let known = Known(description: description, read: .current)
        state.withLock { state in
            if state.known.count >= Self.mostKnown { state.known = [:] }
            state.known[model] = known
        }
    }
}

/// A description as it is stored.
private struct StoredDescription {
    let description: ModelDescription
    /// No need to ask the provider again yet.
    let isFresh: Bool
}

extension Database {
    fileprivate func storedDescription(of model: String) async throws(PostgresError) -> StoredDescription? {
        try await query(
            """
            SELECT about, schemas, problem,
                coalesce(fetched_at > now() - \(ModelDescriptions.renewal), false)
                    OR tried_at > now() - \(ModelDescriptions.renewalAfterFailure)
            FROM model_schemas
            WHERE model = \(model)
            """
        ).map { (about: String, schemas: JSON?, problem: String?, isFresh: Bool) in
            StoredDescription(
                description: ModelDescription(about: about, schema: schemas.map(ModelSchema.init), problem: problem),
                isFresh: isFresh
            )
        }.first
    }

    /// `false` when another process has begun just now.
    fileprivate func beginRenewal(of model: String) async throws(PostgresError) -> Bool {
        try await execute(
            """
            INSERT INTO model_schemas (model) VALUES (\(model))
            ON CONFLICT (model) DO UPDATE SET tried_at = now()
            WHERE model_schemas.tried_at < now() - \(ModelDescriptions.renewalAfterFailure)
            """
        ).affected == 1
    }

    fileprivate func storeDescription(
        of model: String,
        _ fetched: FetchedDescription
    ) async throws(PostgresError) -> ModelDescription {
        _ = try await execute(
            """
            UPDATE model_schemas
            SET about = \(fetched.about), schemas = \(fetched.schemas), problem = NULL, fetched_at = now()
            WHERE model = \(model)
            """
        )
        return ModelDescription(about: fetched.about, schema: fetched.schemas.map(ModelSchema.init), problem: nil)
    }

    /// What was known stays known.
    fileprivate func storeFailure(of model: String, _ problem: String) async throws(PostgresError) -> ModelDescription {
        _ = try await execute("UPDATE model_schemas SET problem = \(problem) WHERE model = \(model)")
        return try await storedDescription(of: model)?.description ?? .unknown
    }
}
