import Synchronization

/// A stand-in for Replicate's HTTP API and its file host, on two ports of 127.0.0.1, that follows the protocol and
/// fails on demand.
///
/// Beside its token it takes the same with a dot and a name behind it, which tells clients apart in its record.
///
/// Shapes follow the OpenAPI description of api.replicate.com and what its official clients expect.
public final class FakeReplicate: Sendable {
    struct State {
        var script = PredictionScript()
        var upcoming: [PredictionScript] = []
        var creationAnswers: [FakeAnswer] = []
        var pollAnswers: [FakeAnswer] = []
        var listAnswers: [FakeAnswer] = []
        var cancelAnswers: [FakeAnswer] = []
        var modelAnswers: [String: FakeAnswer] = [:]
        /// By `owner/name`: the schemas of the model's description.
        var modelSchemas: [String: String] = [:]
        var pageSize = 100
        var encoding = FakeEncoding.plain
        var requests: [RawRequest] = []
        var fileRequests: [RawRequest] = []
        var predictions: [FakePrediction] = []
        var uploads: [[UInt8]] = []
        var director: FakeDirector?

        /// Predictions that were made and forgotten.
        var forgotten = 0

        func id(ofPrediction number: Int) -> String {
            let digits = String(forgotten + number)
            return "fake" + String(repeating: "0", count: 22 - digits.count) + digits
        }

        /// Predictions are numbered in their order; no two have the same number.
        func place(of id: String) -> Int? {
            guard let number = Int(id.drop { !$0.isNumber }), case let place = number - 1 - forgotten,
                predictions.indices.contains(place), predictions[place].id == id
            else { return nil }
            return place
        }
    }

    let state = Mutex(State())
    private let token: String
    private let api: SocketServer
    private let files: SocketServer
    /// `http://127.0.0.1:port/v1`
    public let baseURL: String
    /// Where the files of outputs are: another origin, which must never see the token.
    public let fileHostURL: String

    public init(token: String) throws {
        self.token = token
        let link = Link()
        api = try SocketServer { connection in link.fake?.serveAPI(connection) }
        files = try SocketServer { connection in link.fake?.serveFiles(connection) }
        baseURL = "http://127.0.0.1:\(api.port)/v1"
        fileHostURL = "http://127.0.0.1:\(files.port)/pbxt"
        link.set(self)
    }

    /// Ends its threads and refuses connections from then on. Every test must; twice is harmless.
    public func stop() {
        api.stop()
        files.stop()
    }

    // MARK: The API

    private func serveAPI(_ connection: SocketConnection) {
        while let request = connection.readRequest() {
            state.withLock { $0.requests.append(request) }
            guard let response = answer(request, on: connection) else { return }
            let encoding = request["accept-encoding"]?.contains("gzip") == true ? encoding : encoding.withoutGzip
            guard connection.send(response.bytes(encoding)) else { return }
        }
    }

    /// `nil` ends the connection without an answer.
    private func answer(_ request: RawRequest, on connection: SocketConnection) -> FakeResponse? {
        guard isAuthorized(request) else { return response(to: .unauthenticated) }
        let path = request.path.split(separator: "/").dropFirst().map(String.init)
        let kind = (request.method, path.first, path.count)
        let isCreation = request.method == "POST" && path.last == "predictions"
        switch kind {
        case ("POST", "predictions", 1),
            ("POST", "models", 4) where isCreation,
            ("POST", "deployments", 4) where isCreation:
            return special(nextAnswer(\.creationAnswers, to: request), on: connection) { mode in
                create(request, path: path, mode, on: connection)
            }
        case ("GET", "predictions", 1):
            return special(nextAnswer(\.listAnswers, to: request), on: connection) { _ in list(request) }
        case ("GET", "predictions", 2):
            return special(nextAnswer(\.pollAnswers, to: request), on: connection) { _ in poll(path[1], on: connection)
            }
        case ("POST", "predictions", 3) where path[2] == "cancel":
            return special(nextAnswer(\.cancelAnswers, to: request), on: connection) { _ in
                change(path[1]) { $0.cancel() }
            }
        case ("GET", "models", 3), ("GET", "models", 5):
            let scripted = modelAnswers["\(path[1])/\(path[2])"]
            let answer = scripted ?? director?.answer(request) ?? .ordinary
            return special(answer, on: connection) { _ in model(path) }
        case ("POST", "files", 1): return upload(request)
        case ("GET", "account", 1):
            return ordinary(200, #"{"type":"user","username":"atelier","name":"Atelier","github_url":null}"#)
        default: return notFound()
        }
    }

    private func isAuthorized(_ request: RawRequest) -> Bool {
        guard let sent = request["authorization"] else { return false }
        return ["Bearer \(token)", "Token \(token)"].contains(sent) || sent.hasPrefix("Bearer \(token).")
    }

    private func nextAnswer(_ queue: WritableKeyPath<State, [FakeAnswer]>, to request: RawRequest) -> FakeAnswer {
        let (answer, director) = state.withLock { state -> (FakeAnswer?, FakeDirector?) in
            (state[keyPath: queue].isEmpty ? nil : state[keyPath: queue].removeFirst(), state.director)
        }
        return answer ?? director?.answer(request) ?? .ordinary
    }

    private func special(
        _ answer: FakeAnswer,
        on connection: SocketConnection,
        _ carryOut: (FakeAnswer) -> FakeResponse?
    ) -> FakeResponse? {
        switch answer {
        case .ordinary, .synchronous, .accepted: return carryOut(answer)
        case .carriedOutAndDropped:
            _ = carryOut(.ordinary)
            return nil
        case .carriedOutAndRefused(let refusal):
            _ = carryOut(.ordinary)
            return response(to: refusal)
        case .delayed(let milliseconds, let answer):
            _ = connection.isSilent(for: milliseconds)
            return special(answer, on: connection, carryOut)
        case .dropped: return nil
        case .silence:
            connection.waitUntilClosed()
            return nil
        case .problem, .raw: return response(to: answer)
        }
    }

    private func response(to answer: FakeAnswer) -> FakeResponse {
        switch answer {
        case .problem(let status, let title, let detail, let headers, let more):
            let start = title.map { #""title":\#(quoted($0)),"# } ?? ""
            let json = "{\(start)\"detail\":\(quoted(detail)),\"status\":\(status)\(more)}\n"
            return FakeResponse(status, json: json, headers: rateHeaders + headers)
        case .raw(let status, let type, let body): return FakeResponse(status, type: type, body: Array(body.utf8))
        default: return FakeResponse(500, json: "{}")
        }
    }

    private func create(
        _ request: RawRequest,
        path: [String],
        _ mode: FakeAnswer,
        on connection: SocketConnection
    ) -> FakeResponse {
        let asked = stringMember("version", of: request.text)
        guard path.count == 4 || asked != nil, let input = member("input", of: request.text) else {
            return response(to: .problem(422, title: "Invalid request", detail: "- input is required\n"))
        }
        let directed = state.withLock { $0.director }?.script(request)
        let prediction = state.withLock { state in
            let script = state.upcoming.isEmpty ? directed ?? state.script : state.upcoming.removeFirst()
            let owner = asked.map { String($0.prefix { $0 != ":" }) }
            let isHash = asked?.count == 64
            var prediction = FakePrediction(
                id: state.id(ofPrediction: state.predictions.count + 1),
                model: path.count == 4 ? "\(path[1])/\(path[2])" : isHash ? "atelier/fake" : owner ?? "",
                version: script.version ?? (path.count == 4 ? "hidden" : asked ?? "hidden"),
                input: input,
                script: script,
                lifetime: request["cancel-after"].flatMap(lifetime),
                client: client(of: request)
            )
            if case .synchronous = mode { prediction.finish() }
            state.predictions.append(prediction)
            return prediction
        }
        pause(prediction.step, on: connection)
        var isSynchronous = false
        if case .synchronous = mode { isSynchronous = true }
        var isAccepted = false
        if case .accepted = mode { isAccepted = true }
        let waited = request["prefer"].map { [("preference-applied", $0)] } ?? []
        return ordinary(
            isAccepted ? 202 : 201,
            prediction.json(api: baseURL, files: fileHostURL, synchronous: isSynchronous),
            [("location", "\(baseURL)/predictions/\(prediction.id)")] + (isSynchronous ? waited : [])
        )
    }

    private func poll(_ id: String, on connection: SocketConnection) -> FakeResponse {
        let response = change(id) { $0.advance() }
        let step = state.withLock { state in state.place(of: id).map { state.predictions[$0].step } }
        if let step { pause(step, on: connection) }
        return response
    }

    private func change(_ id: String, _ body: (inout FakePrediction) -> Void) -> FakeResponse {
        let json = state.withLock { state -> String? in
            guard let index = state.place(of: id) else { return nil }
            state.predictions[index].keepUp()
            body(&state.predictions[index])
            return state.predictions[index].json(api: baseURL, files: fileHostURL)
        }
        return json.map { ordinary(200, $0) } ?? notFound()
    }

    /// Newest first, a page of them; `next` and `previous` are to be followed as they are.
    private func list(_ request: RawRequest) -> FakeResponse {
        let query = request.query
        let offset = query["cursor"].flatMap(Int.init) ?? 0
        let (start, end) = (query["created_after"], query["created_before"])
        let (pageSize, newestFirst) = state.withLock { ($0.pageSize, $0.predictions.reversed()) }
        let all = newestFirst.prefix { prediction in start.map { timestamp(prediction.createdAt) >= $0 } ?? true }
            .filter { prediction in end.map { timestamp(prediction.createdAt) < $0 } ?? true }
        let page = all.dropFirst(offset).prefix(pageSize).map { prediction in
            var prediction = prediction
            prediction.keepUp()
            return prediction
        }
        func link(_ offset: Int) -> String { quoted("\(baseURL)/predictions?cursor=\(offset)") }
        let next = offset + pageSize < all.count ? link(offset + pageSize) : "null"
        let previous = offset > 0 ? link(max(0, offset - pageSize)) : "null"
        let results = page.map { $0.json(api: baseURL, files: fileHostURL) }.joined(separator: ",")
        return ordinary(200, #"{"previous":\#(previous),"next":\#(next),"results":[\#(results)]}"#)
    }

    /// Keeps the part named `content`.
    private func upload(_ request: RawRequest) -> FakeResponse {
        guard let type = request["content-type"], let boundary = type.split(separator: "boundary=").dropFirst().first,
            let bytes = multipartContent(request.body, boundary: String(boundary))
        else { return response(to: .problem(400, title: nil, detail: "Missing content")) }
        let number = state.withLock { state in
            state.uploads.append(bytes)
            return state.uploads.count
        }
        let now = wallClock()
        let members = [
            #""id":"upload\#(number)","name":"upload","content_type":"image/png","size":\#(bytes.count)"#,
            #""etag":"\#(number)","checksums":{},"metadata":{}"#,
            #""created_at":\#(quoted(timestamp(now))),"expires_at":\#(quoted(timestamp(now + 86_400)))"#,
            #""urls":{"get":\#(quoted("\(baseURL)/files/upload\(number)"))}"#,
        ]
        return ordinary(201, "{" + members.joined(separator: ",") + "}")
    }

    /// A model, or one of its versions.
    private func model(_ path: [String]) -> FakeResponse {
        let schemas = state.withLock { $0.modelSchemas["\(path[1])/\(path[2])"] } ?? FakeModel.schemas
        let version = path.count == 5 ? path[4] : nil
        return ordinary(200, FakeModel.json(owner: path[1], name: path[2], version: version, schemas: schemas))
    }

    private func ordinary(_ status: Int, _ json: String, _ headers: [(String, String)] = []) -> FakeResponse {
        FakeResponse(status, json: json, headers: rateHeaders + headers)
    }

    private func notFound() -> FakeResponse {
        response(to: .problem(404, title: nil, detail: "The requested resource could not be found."))
    }

    private var rateHeaders: [(String, String)] { [("ratelimit-remaining", "599"), ("ratelimit-reset", "1")] }

    private func pause(_ step: PredictionStep, on connection: SocketConnection) {
        if step.delayMilliseconds > 0 { _ = connection.isSilent(for: step.delayMilliseconds) }
    }

    /// Lets the servers' threads reach the fake that owns the servers.
    private final class Link: Sendable {
        private let target = Mutex<WeakFake>(WeakFake())
        private struct WeakFake { weak var fake: FakeReplicate? }
        var fake: FakeReplicate? { target.withLock { $0.fake } }
        func set(_ fake: FakeReplicate) { target.withLock { $0.fake = fake } }
    }

    /// Two pixels by two.
    public static let smallestPNG: [UInt8] = [
        0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00,
        0x00, 0x02, 0x00, 0x00, 0x00, 0x02, 0x08, 0x02, 0x00, 0x00, 0x00, 0xFD, 0xD4, 0x9A, 0x73, 0x00, 0x00, 0x00,
        0x10, 0x49, 0x44, 0x41, 0x54, 0x78, 0xDA, 0x63, 0xB0, 0xA9, 0x38, 0x01, 0x44, 0x0C, 0x10, 0x0A, 0x00, 0x27,
        0x6E, 0x05, 0xF1, 0x14, 0x3B, 0xFD, 0x01, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60,
        0x82,
    ]
}
