import JSON
import Jobs
import Media

/// Makes pictures: the built-in canvas, or a service over HTTP.
protocol PictureProvider: Sendable {
    /// For people.
    var name: String { get }
    /// The queue of its jobs; a worker's concurrency is set for each.
    var queue: String { get }

    /// What a model is and takes, where that is known without asking anybody.
    func description(of model: String) -> ModelDescription?

    /// Asks what a model is and takes.
    func fetchDescription(of model: String) async throws(JobError) -> FetchedDescription

    /// `nil` when it costs nothing, or nobody knows what.
    func price(of model: String) -> ReplicatePrices.Price?

    /// What is wrong with these inputs, as far as it can be told without asking.
    func problems(with parameters: JSONObject) -> [FieldProblem]

    /// Makes the pictures of one generation, at least one.
    ///
    /// Throws `JobError` in words fit for the person who asked; stops soon after cancellation. What has been paid for
    /// must be found again by a later attempt: see `Attempt.remember`.
    func make(_ wanted: WantedPicture, _ attempt: Attempt) async throws -> [MadePicture]

    /// Ends what a cancelled job has begun, as its last attempt remembered it. May be called twice.
    func abandon(_ checkpoint: JSON) async throws
}

extension PictureProvider {
    func description(of model: String) -> ModelDescription? { nil }

    func price(of model: String) -> ReplicatePrices.Price? { nil }

    func fetchDescription(of model: String) async throws(JobError) -> FetchedDescription {
        throw .permanent("\(name) does not describe its models")
    }

    func abandon(_ checkpoint: JSON) async throws {}
}

/// What a provider is asked for.
struct WantedPicture: Sendable {
    let id: JobID
    let prompt: String
    let model: String
    let parameters: JSONObject
}

/// A picture as its provider gave it: not yet checked, not yet kept.
struct MadePicture: Sendable {
    let file: TemporaryFile
    /// What was really used, such as the seed; stored with the picture.
    let details: JSONObject
}
