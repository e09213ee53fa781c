import Support

/// All that is known after a run: by the client, by the database, by the folder of files, and by the provider.
///
/// Times are seconds since 1970; all clocks are the same machine's.
public struct Evidence: Sendable {
    public var submissions: [Submission] = []
    public var jobs: [JobRow] = []
    public var attempts: [AttemptRow] = []
    public var moves: [StateMove] = []
    public var pictures: [PictureRow] = []
    public var files: [StoredFile] = []
    public var predictions: [PredictionRecord] = []
    /// Requests for a creation, whatever they were answered.
    public var creationRequests: [CreationRequest] = []
    public var uses: [ProviderUse] = []
    public var lives: [Life] = []
    public var freezes: [Freeze] = []
    /// Processes that ended, or did not end, on their own account, in words.
    public var misconduct: [String] = []
    public var limits = Limits()
    /// When it was gathered.
    public var time = 0.0

    public init() {}
}

/// What the client sent, and what it heard.
public struct Submission: Sendable {
    public let prompt: String
    /// Of the answer 202; `nil`: it was refused, or nothing is known of it.
    public var job: String?
    public var askedToCancel = false

    public init(prompt: String, job: String? = nil) {
        self.prompt = prompt
        self.job = job
    }
}

public struct JobRow: Sendable {
    public var id: String
    public var kind: String
    /// Empty for jobs that nobody asked for, such as those that wind up what a cancelled one has left.
    public var prompt: String
    public var queue: String
    public var state: String
    public var attempt: Int
    public var retryCount: Int
    public var crashCount: Int
    public var error: String?

    public var makesPictures: Bool { kind == "generate_picture" }
    public var isTerminal: Bool { Self.terminal.contains(state) }
    static let terminal: Set<String> = ["completed", "failed", "cancelled"]
}

public struct AttemptRow: Sendable {
    public var job: String
    public var number: Int
    public var worker: String
    public var startedAt: Double
    public var endedAt: Double?
    public var outcome: String?
    public var error: String?
    /// The id of its prediction.
    public var reference: String?
}

/// A change of a job's state or lease, as a trigger of the database noted it in the same transaction.
public struct StateMove: Sendable {
    public var job: String
    public var time: Double
    /// `nil` when the job was inserted.
    public var from: String?
    public var to: String
    public var attempt: Int
    public var lease: String?
}

public struct PictureRow: Sendable {
    public var job: String
    public var position: Int
    public var file: String
    public var thumbnail: String
    public var small: String?
    public var bytes: Int
    /// Whose output it is, as stored with it.
    public var prediction: String?
}

public struct StoredFile: Sendable {
    public let name: String
    public let bytes: Int
    public let changedAt: Double
    /// The prediction that signed it.
    public let signature: String?

    public init(name: String, bytes: Int, changedAt: Double, signature: String? = nil) {
        self.name = name
        self.bytes = bytes
        self.changedAt = changedAt
        self.signature = signature
    }
}

/// A request for a new prediction.
public struct CreationRequest: Sendable {
    public let time: Double
    /// As in `ProviderUse`.
    public let client: String

    public init(time: Double, client: String) {
        self.time = time
        self.client = client
    }
}

/// A request about one prediction.
public struct ProviderUse: Sendable {
    public enum Kind: Sendable { case create, poll, cancel }

    public let time: Double
    /// One life of one process.
    public let client: String
    public let prediction: String
    public let kind: Kind

    public init(time: Double, client: String, prediction: String, kind: Kind) {
        self.time = time
        self.client = client
        self.prediction = prediction
        self.kind = kind
    }
}

/// A worker's process, from its start to its end.
public struct Life: Sendable {
    /// As in `ProviderUse`.
    public let client: String
    public let process: Int

    public init(client: String, process: Int) {
        self.client = client
        self.process = process
    }
}

/// While a client's process was stopped by SIGSTOP.
public struct Freeze: Sendable {
    public let client: String
    public let start: Double
    public let end: Double

    public init(client: String, start: Double, end: Double) {
        self.client = client
        self.start = start
        self.end = end
    }
}

/// What must hold over all workers together.
public struct Limits: Sendable {
    /// Creations a second at the provider.
    public var rate = 0.0
    public var workers = 1
    /// Predictions under way at the same time.
    public var concurrency = Int.max
    /// Workers that a job may outlive.
    public var crashes = 3
    /// Seconds for which a file may be without a row.
    public var orphanAge = Double.infinity

    public init() {}
}
