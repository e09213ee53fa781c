/// How the fake treats one prediction, from its creation to its files.
///
/// By default: 201 `starting`, then `processing` with a progress bar in the logs, then `succeeded` with one PNG.
public struct PredictionScript: Sendable {
    /// What successive requests for the prediction see; the first is in the answer to its creation, the last stays.
    public var steps: [PredictionStep] = [.starting, .processing(), .succeeded]
    public var output = PredictionOutput.files
    /// The bytes of each file of the output.
    public var files: [[UInt8]] = [FakeReplicate.smallestPNG]
    /// How the file host answers.
    public var fileHost = FileHostBehaviour.honest
    /// What it says it used once it has ended, as JSON text; `nil`: nothing.
    public var metrics: String? = #"{"image_count":1,"predict_time":1.25,"total_time":1.5}"#
    /// Seconds from its creation to its last step, spread evenly over the steps; `nil`: a step whenever it is asked for.
    public var duration: Double?
    /// Puts the prediction's id into every file, so that no two predictions make the same one. The files must be PNGs.
    public var signsFiles = false
    /// The literal version in the prediction; `nil` repeats the one asked for, or `hidden` for an official model.
    public var version: String?

    public init() {}

    public init(_ steps: PredictionStep...) { self.steps = steps }
}

public struct PredictionStep: Sendable {
    public var status: String
    public var logs: String?
    public var error: String?
    public var isDataRemoved = false
    /// The answer that shows this step comes that much later.
    public var delayMilliseconds = 0

    public init(_ status: String, logs: String? = nil, error: String? = nil) {
        self.status = status
        self.logs = logs
        self.error = error
    }

    public static let starting = PredictionStep("starting")
    public static let succeeded = PredictionStep("succeeded", logs: progressBar)
    public static let canceled = PredictionStep("canceled")
    /// The deadline passed before it began.
    public static let aborted = PredictionStep("aborted")
    public static func processing(logs: String = progressBar) -> PredictionStep {
        PredictionStep("processing", logs: logs)
    }
    public static func failed(_ error: String) -> PredictionStep { PredictionStep("failed", error: error) }
    /// What a prediction looks like an hour later.
    public static let dataRemoved: PredictionStep = {
        var step = PredictionStep.succeeded
        step.isDataRemoved = true
        return step
    }()

    public func delayed(milliseconds: Int) -> PredictionStep {
        var step = self
        step.delayMilliseconds = milliseconds
        return step
    }

    /// As tqdm draws it: two of four steps are done.
    public static let progressBar = """
        Using seed: 41239\r
          0%|          | 0/4 [00:00<?, ?it/s]\r
         25%|██▌       | 1/4 [00:00<00:01,  1.92it/s]\r
         50%|█████     | 2/4 [00:01<00:01,  1.95it/s]
        """

    var isTerminal: Bool { ["succeeded", "failed", "canceled", "aborted"].contains(status) }
}

public enum PredictionOutput: Sendable {
    /// A list with the URL of every file.
    case files
    /// The URL of the first file, not in a list.
    case oneFile
    /// The first file in the output itself.
    case dataURI
    /// Anything else, as JSON text.
    case json(String)

    public static let null = PredictionOutput.json("null")
}

public enum FileHostBehaviour: Sendable {
    case honest
    /// Another URL of the same host has the file.
    case redirect
    /// A URL that only this machine can reach.
    case redirectTo(String)
    case redirectForEver
    /// The length of the whole, half of the bytes, then the end.
    case truncated
    /// Half of the bytes, then silence.
    case stalled
    case empty
    /// As an hour later.
    case notFound
    case forbidden
    /// That many bytes, whatever the file.
    case huge(Int)
    case wrongContentType(String)
    /// 503 that often, then honest.
    case unavailable(times: Int)
    /// The other that often, then honest.
    indirect case first(Int, FileHostBehaviour)
}

/// One answer of the API that is not the ordinary one. Each is used once, in order.
public enum FakeAnswer: Sendable {
    case ordinary
    /// To a creation with `Prefer: wait`: everything is done, but the status says `processing`.
    case synchronous
    /// To a creation: 202, not all of the output is there yet.
    case accepted
    /// The request is carried out, and the connection ends without an answer.
    case carriedOutAndDropped
    /// The request is carried out, and the answer says that it was not: a gateway that has waited too long.
    indirect case carriedOutAndRefused(FakeAnswer)
    /// The connection ends; nothing has happened.
    case dropped
    /// Nothing is answered, and nothing has happened.
    case silence
    /// The other, begun after so many milliseconds.
    indirect case delayed(Int, FakeAnswer)
    /// `json` is what the error's body holds; a problem's title and status are added.
    case problem(Int, title: String?, detail: String, headers: [(String, String)] = [], more: String = "")
    case raw(Int, contentType: String, body: String)

    public static let unauthenticated = problem(
        401,
        title: "Unauthenticated",
        detail: "You did not pass a valid authentication token"
    )
    public static let paymentRequired = problem(
        402,
        title: "Insufficient credit",
        detail: "You have insufficient credit to run this model."
    )
    public static let invalidInput = problem(
        422,
        title: "Input validation failed",
        detail: "- input.prompt: prompt is required\n"
    )
    public static let serverError = problem(500, title: nil, detail: "Internal server error")
    /// What a proxy in front says.
    public static let badGateway = raw(
        502,
        contentType: "text/html",
        body: "<html><head><title>502 Bad Gateway</title></head><body><center>cloudflare</center></body></html>\r\n"
    )
    /// With the time to wait in the header, in the body, in both, or only in the words.
    public static func throttled(seconds: Int, inHeader: Bool = true, inBody: Bool = true) -> FakeAnswer {
        problem(
            429,
            title: nil,
            detail: "Request was throttled. Your rate limit resets in ~\(seconds)s.",
            headers: inHeader ? [("retry-after", "\(seconds)")] : [],
            more: inBody ? #","retry_after":\#(seconds)"# : ""
        )
    }
}

/// How the bodies of the API's answers travel.
public enum FakeEncoding: Sendable {
    case plain
    case chunked
    case gzip
    case chunkedGzip

    /// For a client that has not asked for it.
    var withoutGzip: FakeEncoding {
        switch self {
        case .plain, .gzip: .plain
        case .chunked, .chunkedGzip: .chunked
        }
    }
}
