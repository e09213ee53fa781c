import EventLoop
import HTTPClient
import JSON
import Jobs
import Postgres

/// Replicate's HTTP API, as far as pictures need it. Sends the token to the API's own address only.
///
/// Source of the protocol: Replicate's published OpenAPI description.
struct ReplicateClient: Sendable {
    /// What `Prefer: wait` asks for, in seconds: the quickest models answer at once, and for no longer than this is a
    /// prediction's id unknown to us.
    static let syncWait = 1
    /// How long after its beginning a request may still create a prediction.
    static let longestCreation: Duration = .seconds(syncWait + 15)
    /// Room for a file of 16 MB within the output.
    private static let largestAnswer = 24 << 20
    private static let mostPages = 100

    let http: HTTPClient
    /// Without a slash at the end.
    let baseURL: String
    let token: Secret
    let network: NetworkPolicy

    /// Creates a prediction. `cancelAfter` has Replicate stop it by itself.
    ///
    /// Throws `JobError` when it was refused, and `UnknownOutcome` when it may exist although there is no answer.
    func create(_ order: PredictionOrder, cancelAfter: Duration) async throws -> Prediction {
        var request = self.request("POST", order.path)
        request.headers.append(("Content-Type", "application/json"))
        request.headers.append(("Prefer", "wait=\(Self.syncWait)"))
        request.headers.append(("Cancel-After", "\(max(5, Int(cancelAfter.components.seconds)))s"))
        request.body = order.body.serialized()
        request.timeout = Self.longestCreation
        request.stallTimeout = request.timeout

        let response: ClientResponse
        do {
            response = try await http.send(request)
        } catch {
            guard error.mayHaveBeenSent else { throw JobError(replicate: error) }
            throw UnknownOutcome(reason: .transient("Replicate did not answer: \(error.message)"))
        }
        guard response.isSuccess else {
            let refusal = JobError(replicate: response, hiding: token)
            // A gateway that fails, or has waited too long, may have passed the request on.
            throw response.status >= 500 || response.status == 408 ? UnknownOutcome(reason: refusal) : refusal
        }
        guard let prediction = Self.prediction(response) else {
            throw UnknownOutcome(reason: .replicateAnsweredNonsense)
        }
        return prediction
    }

    /// `nil` when there is no such prediction.
    func prediction(_ id: String) async throws(JobError) -> Prediction? {
        let response = try await send(request("GET", "/predictions/\(id)"))
        if response.status == 404 { return nil }
        guard response.isSuccess else { throw JobError(replicate: response, hiding: token) }
        guard let prediction = Self.prediction(response), prediction.id == id else { throw .replicateAnsweredNonsense }
        return prediction
    }

    /// Asks for an end, and answers how it is then. What has ended, or is unknown, is left as it is.
    @discardableResult
    func cancel(_ id: String) async throws(JobError) -> Prediction? {
        var request = request("POST", "/predictions/\(id)/cancel")
        request.timeout = .seconds(2)
        let response = try await send(request)
        guard response.isSuccess || response.status == 404 else { throw JobError(replicate: response, hiding: token) }
        return Self.prediction(response)
    }

    /// All predictions created between two moments, in Replicate's time, that answer a description.
    ///
    /// The list is newest first. Nothing says that the pages after the first keep to the two moments.
    func predictions(
        from start: Timestamp,
        to end: Timestamp,
        where isWanted: (Prediction) -> Bool
    ) async throws(JobError) -> [Prediction] {
        var found: [Prediction] = []
        var query = "?created_after=\(start)&created_before=\(end)"
        for _ in 0..<Self.mostPages {
            let response = try await send(request("GET", "/predictions\(query)"))
            guard response.isSuccess else { throw JobError(replicate: response, hiding: token) }
            guard let page = try? JSON(parsing: response.body), let results = page["results"]?.array else {
                throw .replicateAnsweredNonsense
            }
            let predictions = results.compactMap { Prediction($0) }
            found += predictions.filter { isWanted($0) && (start..<end).contains($0.createdAt ?? start) }
            if let last = predictions.last?.createdAt, last < start { return found }
            // Only its query is taken over: the token must not go to another address.
            guard let next = page["next"]?.string, let mark = next.firstIndex(of: "?") else { return found }
            query = String(next[mark...])
        }
        throw .transient("Replicate lists too many predictions to search")
    }

    func request(_ method: String, _ path: String) -> ClientRequest {
        var request = ClientRequest(method, baseURL + path, network: network)
        request.headers = [("Authorization", "Bearer \(token.revealed)"), ("Accept", "application/json")]
        request.maximumResponseBytes = Self.largestAnswer
        return request
    }

    func send(_ request: ClientRequest) async throws(JobError) -> ClientResponse {
        do {
            return try await http.send(request)
        } catch {
            throw JobError(replicate: error)
        }
    }

    private static func prediction(_ response: ClientResponse) -> Prediction? {
        (try? JSON(parsing: response.body)).flatMap { Prediction($0) }
    }
}

/// The request may have been carried out although it was not answered.
struct UnknownOutcome: Error {
    let reason: JobError
}
