import JSON
import Postgres

/// What is known of a model: what it is, and what it takes.
struct ModelDescription: Sendable {
    /// In a sentence or two; may be empty.
    let about: String
    /// `nil` when it is not known, or not yet.
    let schema: ModelSchema?
    /// Why it is not known, in words fit for a visitor.
    let problem: String?

    static let unknown = ModelDescription(about: "", schema: nil, problem: nil)

    /// The inputs of a model that nothing is known of but that it follows a prompt.
    var inputs: [ModelInput] { schema?.inputs ?? [] }

    func input(_ name: String) -> ModelInput? { schema?[name] }

    /// Whether parameters may be sent that no field stands for.
    var isOpen: Bool { schema?.isOpen ?? true }
}

/// What a provider says about a model.
struct FetchedDescription: Sendable {
    let about: String
    /// The schemas of its OpenAPI description by their names; `nil` when it has none.
    let schemas: JSON?
}
