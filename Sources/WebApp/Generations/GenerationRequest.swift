import JSON
import Jobs
import Postgres

/// What somebody asks for, checked: a prompt, the model that should follow it, that model's inputs, and when.
struct GenerationRequest: Sendable {
    static let longestPrompt = 32_000
    static let largestParameters = 65_536
    static let furthestStart = Duration.seconds(365 * 86_400)

    enum Priority: String, Sendable, CaseIterable {
        case low, normal, high

        /// As jobs have it: lower is sooner.
        var rank: Int {
            switch self {
            case .low: 10
            case .normal: 0
            case .high: -10
            }
        }

        init(rank: Int) {
            self = rank < 0 ? .high : rank > 0 ? .low : .normal
        }
    }

    let prompt: String
    let model: Model
    let parameters: JSONObject
    let priority: Priority
    /// `nil`, or a time that is past: as soon as may be.
    let runAt: Timestamp?

    /// Checks a body `{prompt, model, parameters?, priority?, run_at?}`; throws every problem at once.
    init(_ body: JSON, models: ModelCatalogue) throws(InvalidGeneration) {
        guard case .object(let object) = body else {
            throw InvalidGeneration(problems: [
                FieldProblem([], "Input should be an object", type: "dict_type")
            ])
        }
        var fields = FieldReader(object)
        let prompt = fields.requiredText("prompt", atMost: Self.longestPrompt)
        let name = fields.requiredText("model", atMost: 200)
        let parameters = fields.optionalObject("parameters")
        let priority = fields.optionalChoice("priority", of: Priority.allCases.map(\.rawValue))
        let runAt = fields.optionalTime("run_at", within: Self.furthestStart)
        fields.refuseOthers(than: ["prompt", "model", "parameters", "priority", "run_at"])

        var model: Model?
        if let name {
            switch models.find(name) {
            case .known(let found): model = found
            case .unusable(let reason): fields.add("model", reason, type: "unknown_model")
            }
        }
        if let parameters, let model {
            if JSON.object(parameters).containsNUL {
                fields.add("parameters", "Should not contain the NUL character", type: "string_nul")
            } else if JSON.object(parameters).serialized().count > Self.largestParameters {
                fields.add("parameters", "Should have at most \(Self.largestParameters) bytes", type: "too_long")
            } else {
                fields.add(model.provider.problems(with: parameters))
            }
        }
        guard fields.problems.isEmpty, let prompt, let model else {
            throw InvalidGeneration(problems: fields.problems)
        }
        self.prompt = prompt
        self.model = model
        self.parameters = parameters ?? [:]
        self.priority = priority.flatMap(Priority.init) ?? .normal
        self.runAt = runAt
    }
}

/// A request for a generation that cannot be followed, with every reason.
struct InvalidGeneration: Error {
    let problems: [FieldProblem]
}
