import EventLoop
import HTTPClient
import JSON
import Jobs
import Postgres

/// Replicate's HTTP API, as far as pictures need it. Sends the token to the API's own address only.
///
/// Source of the protocol: Replicate's published OpenAPI description.
struct ReplicateClient: Sendable {
    /// What `Prefer: wait` asks for: quick models answer at once, and no longer than this is an id unknown to us.
    static let syncWait = 5
    private static let longestList = 5

    let http: HTTPClient
    /// Without a slash at the end.
    let baseURL: String
    let token: Secret
    let network: NetworkPolicy

    /// Creates a prediction. `cancelAfter` has Replicate stop it by itself.
    ///
    /// Throws `UnknownOutcome` when the prediction may exist although there is no answer.
    func create(_ model: ReplicateModelID, input: JSON, cancelAfter: Duration) async throws -> Prediction {
        var path = "/predictions"
        var body: JSONObject = ["input": input]
        if let version = model.version {
            body["version"] = .string(version)
        } else if let owner = model.owner, let name = model.name {
            path = "/models/\(owner)/\(name)/predictions"
        }
        var request = self.request("POST", path)
        request.headers.append(("Content-Type", "application/json"))
        request.headers.append(("Prefer", "wait=\(Self.syncWait)"))
        request.headers.append(("Cancel-After", "\(max(5, Int(cancelAfter.components.seconds)))s"))
        request.body = JSON.object(body).serialized()
        request.timeout = .seconds(Self.syncWait + 15)
        request.stallTimeout = request.timeout

        let response: ClientResponse
        do {
            response = try await http.send(request)
        } catch {
            if error.mayHaveBeenSent { throw UnknownOutcome(reason: error.message) }
            throw JobError(replicate: error)
        }
        guard response.isSuccess else {
            // A failing gateway may have passed the request on.
            if response.status >= 500 { throw UnknownOutcome(reason: "Replicate answered \(response.status)") }
            throw JobError(replicate: response)
        }
        guard let prediction = Self.prediction(response) else {
            throw UnknownOutcome(reason: "Replicate’s answer is no prediction")
        }
        return prediction
    }

    /// `nil` when there is no such prediction.
    func prediction(_ id: String) async throws -> Prediction? {
        let response = try await send(request("GET", "/predictions/\(id)"))
        if response.status == 404 { return nil }
        guard response.isSuccess else { throw JobError(replicate: response) }
        guard let prediction = Self.prediction(response) else {
            throw JobError.transient("Replicate’s answer is no prediction")
        }
        return prediction
    }

    /// Asks for an end; bounded by five seconds.
    func cancel(_ id: String) async throws {
        var request = request("POST", "/predictions/\(id)/cancel")
        request.timeout = .seconds(5)
        let response = try await send(request)
        guard response.isSuccess || response.status == 404 else { throw JobError(replicate: response) }
    }

    /// What was created since, the newest first; of a very long list only the beginning.
    func predictions(since: Timestamp) async throws -> [Prediction] {
        var found: [Prediction] = []
        var url: String? = "\(baseURL)/predictions?created_after=\(since.description)"
        for _ in 0..<Self.longestList {
            guard let next = url, next.hasPrefix(baseURL + "/") else { break }
            var request = request("GET", "")
            request.url = next
            let response = try await send(request)
            guard response.isSuccess, let page = try? JSON(parsing: response.body) else {
                throw JobError(replicate: response)
            }
            found += (page["results"]?.array ?? []).compactMap { Prediction($0) }
            url = page["next"]?.string
        }
        return found
    }

    private func request(_ method: String, _ path: String) -> ClientRequest {
        var request = ClientRequest(method, baseURL + path, network: network)
        request.headers = [("Authorization", "Bearer \(token.revealed)"), ("Accept", "application/json")]
        return request
    }

    private func send(_ request: ClientRequest) async throws -> ClientResponse {
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
    let reason: String
}
