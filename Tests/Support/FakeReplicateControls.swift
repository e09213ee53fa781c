import Synchronization

// What a test tells the fake, and what it asks of it afterwards.
extension FakeReplicate {
    // MARK: What it shall do

    /// For predictions created from now on.
    public var script: PredictionScript {
        get { state.withLock { $0.script } }
        set { state.withLock { $0.script = newValue } }
    }

    /// For the next predictions, one each, before `script` is in force again.
    public var upcoming: [PredictionScript] {
        get { state.withLock { $0.upcoming } }
        set { state.withLock { $0.upcoming = newValue } }
    }

    /// For the next creations, one each.
    public var creationAnswers: [FakeAnswer] {
        get { state.withLock { $0.creationAnswers } }
        set { state.withLock { $0.creationAnswers = newValue } }
    }

    /// For the next requests that ask for a prediction, one each.
    public var pollAnswers: [FakeAnswer] {
        get { state.withLock { $0.pollAnswers } }
        set { state.withLock { $0.pollAnswers = newValue } }
    }

    /// For the next requests for the list of predictions, one each.
    public var listAnswers: [FakeAnswer] {
        get { state.withLock { $0.listAnswers } }
        set { state.withLock { $0.listAnswers = newValue } }
    }

    /// For the next cancellations, one each.
    public var cancelAnswers: [FakeAnswer] {
        get { state.withLock { $0.cancelAnswers } }
        set { state.withLock { $0.cancelAnswers = newValue } }
    }

    /// For all requests for a model, by `owner/name`; models are looked up side by side, in no order.
    public var modelAnswers: [String: FakeAnswer] {
        get { state.withLock { $0.modelAnswers } }
        set { state.withLock { $0.modelAnswers = newValue } }
    }

    /// What models take, by `owner/name`: the schemas of their OpenAPI description, as JSON text. Others take what a
    /// small picture generator does.
    public var modelSchemas: [String: String] {
        get { state.withLock { $0.modelSchemas } }
        set { state.withLock { $0.modelSchemas = newValue } }
    }

    /// Predictions on a page of the list.
    public var pageSize: Int {
        get { state.withLock { $0.pageSize } }
        set { state.withLock { $0.pageSize = newValue } }
    }

    /// Decides where nothing was scripted: `nil` for the ordinary answer, and for `script`.
    public var director: FakeDirector? {
        get { state.withLock { $0.director } }
        set { state.withLock { $0.director = newValue } }
    }

    public var encoding: FakeEncoding {
        get { state.withLock { $0.encoding } }
        set { state.withLock { $0.encoding = newValue } }
    }

    /// All predictions are as if they had been created earlier, in seconds.
    public func age(by seconds: Double) {
        state.withLock { state in
            for index in state.predictions.indices { state.predictions[index].age(by: seconds) }
        }
    }

    /// All predictions take the last step of their scripts.
    public func finishEverything() {
        state.withLock { state in
            for index in state.predictions.indices { state.predictions[index].finish() }
        }
    }

    /// As an hour after they ran: outputs are gone, files are not found.
    public func expireEverything() {
        state.withLock { state in
            for index in state.predictions.indices { state.predictions[index].isExpired = true }
        }
    }

    // MARK: What has happened

    /// Forgets what has happened, and all predictions.
    public func forget() {
        state.withLock { state in
            state.requests = []
            state.fileRequests = []
            state.forgotten += state.predictions.count
            state.predictions = []
        }
    }

    /// Counted from 1 since all were forgotten, whether it exists already or will.
    public func id(ofPrediction number: Int) -> String { state.withLock { $0.id(ofPrediction: number) } }

    /// All requests to the API, in order of arrival.
    public var requests: [RawRequest] { state.withLock { $0.requests } }
    public var creates: [RawRequest] { requests.filter { $0.method == "POST" && $0.path.hasSuffix("/predictions") } }
    public var cancels: [RawRequest] { requests.filter { $0.method == "POST" && $0.path.hasSuffix("/cancel") } }
    /// Requests for one prediction.
    public var polls: [RawRequest] {
        requests.filter { $0.method == "GET" && $0.path.hasPrefix("/v1/predictions/") }
    }
    /// Requests for the list of predictions.
    public var lists: [RawRequest] { requests.filter { $0.method == "GET" && $0.path == "/v1/predictions" } }
    /// Requests for what models are.
    public var lookups: [RawRequest] { requests.filter { $0.method == "GET" && $0.path.hasPrefix("/v1/models/") } }
    public var fileRequests: [RawRequest] { state.withLock { $0.fileRequests } }
    /// How many predictions exist, which is how many would have to be paid for.
    public var predictionCount: Int { state.withLock { $0.predictions.count } }
    /// Oldest first.
    public var predictionIDs: [String] { state.withLock { $0.predictions.map(\.id) } }
    /// When each was created, in seconds.
    public var creationTimes: [Double] { state.withLock { $0.predictions.map(\.createdAt) } }
    /// The contents of uploaded files.
    public var uploads: [[UInt8]] { state.withLock { $0.uploads } }
    public func status(of id: String) -> String? {
        predictionRecords.first { $0.id == id }?.status
    }
    /// Oldest first.
    public var predictionRecords: [PredictionRecord] {
        state.withLock { state in
            for index in state.predictions.indices { state.predictions[index].keepUp() }
            return state.predictions.map(\.record)
        }
    }

    /// What a client calls itself in its token; empty when it does not.
    public func client(of request: RawRequest) -> String {
        String((request["authorization"] ?? "").drop { $0 != "." }.dropFirst())
    }
}

/// Decides what the fake does about each request, from any thread.
public struct FakeDirector: Sendable {
    public let answer: @Sendable (RawRequest) -> FakeAnswer
    public let script: @Sendable (RawRequest) -> PredictionScript

    public init(
        answer: @escaping @Sendable (RawRequest) -> FakeAnswer,
        script: @escaping @Sendable (RawRequest) -> PredictionScript
    ) {
        self.answer = answer
        self.script = script
    }
}

/// What came of a prediction.
public struct PredictionRecord: Sendable {
    public let id: String
    /// Raw JSON.
    public let input: String
    public let status: String
    public let error: String?
    /// In seconds since 1970, as `endedAt`.
    public let createdAt: Double
    /// `nil` while it goes on.
    public let endedAt: Double?
    /// Who created it, as it calls itself in its token.
    public let client: String

    public init(
        id: String,
        input: String,
        status: String,
        error: String? = nil,
        createdAt: Double,
        endedAt: Double?,
        client: String
    ) {
        self.id = id
        self.input = input
        self.status = status
        self.error = error
        self.createdAt = createdAt
        self.endedAt = endedAt
        self.client = client
    }
}
