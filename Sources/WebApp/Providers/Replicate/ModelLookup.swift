import HTTPClient
import JSON
import Jobs

extension ReplicateClient {
    /// What a model says about itself: `GET /models/{owner}/{name}`, or `…/versions/{id}` where the version is given.
    ///
    /// Source of the protocol: Replicate's published OpenAPI description.
    func description(of model: ReplicateModelID) async throws(JobError) -> FetchedDescription {
        guard let owner = model.owner, let name = model.name else {
            throw .permanent("A version without its model’s name cannot be looked up")
        }
        let version = model.version.map { "/versions/\($0)" } ?? ""
        var request = request("GET", "/models/\(owner)/\(name)\(version)")
        request.timeout = .seconds(10)
        request.maximumResponseBytes = 4 << 20
        let response = try await send(request)
        guard response.isSuccess else { throw JobError(replicate: response, hiding: token) }
        guard let body = try? JSON(parsing: response.body), body.object != nil else { throw .replicateAnsweredNonsense }
        let latest = model.version == nil ? body["latest_version"] : body
        return FetchedDescription(
            about: body["description"]?.string?.cleaned(atMost: 300, hiding: token) ?? "",
            schemas: try Self.inputSchemas(latest?["openapi_schema"]?["components"]?["schemas"])
        )
    }

    /// Without what describes the output and the service around the model.
    private static func inputSchemas(_ schemas: JSON?) throws(JobError) -> JSON? {
        guard let schemas = schemas?.object, schemas["Input"] != nil else { return nil }
        let others: Set<String> = [
            "Output", "PredictionRequest", "PredictionResponse", "Request", "Response", "Status", "ValidationError",
            "HTTPValidationError", "WebhookEvent", "TrainingInput", "TrainingOutput", "TrainingRequest",
            "TrainingResponse",
        ]
        var kept: JSONObject = [:]
        for (name, schema) in schemas where !others.contains(name) { kept[name] = schema }
        let result = JSON.object(kept)
        guard !result.containsNUL, result.serialized().count <= 256 << 10 else {
            throw .permanent("The model’s description of its inputs is too large, or no text")
        }
        return result
    }
}

extension ReplicateProvider {
    func price(of model: String) -> ReplicatePrices.Price? { ReplicateModelID(model).flatMap { prices[$0] } }

    func fetchDescription(of model: String) async throws(JobError) -> FetchedDescription {
        guard let id = ReplicateModelID(model) else { throw .permanent("\(model) is no model of Replicate") }
        return try await client.description(of: id)
    }
}
