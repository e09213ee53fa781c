import JSON
import Postgres

/// A model with prompts and inputs, kept under a name.
struct Preset: Sendable, Equatable {
    static let mostPresets = 500
    static let longestName = 80

    let id: UUID
    var name: String
    var model: String
    /// May be empty: a preset may be about everything but the words.
    var prompt: String
    /// The negative prompt is one of them.
    var parameters: JSONObject

    /// A name as it is stored: one line. `nil` when there is nothing to see in it, or too much.
    static func name(_ typed: String) -> String? {
        let name = typed.cleaned(atMost: longestName + 1)
        return name.isEmpty || name.unicodeScalars.count > longestName ? nil : name
    }

    static let nameProblem = "A name has 1 to \(longestName) characters"
}

extension Database {
    func preset(_ id: UUID) async throws(PostgresError) -> Preset? {
        try await presets("WHERE id = \(id)").first
    }

    /// By name.
    func presets() async throws(PostgresError) -> [Preset] { try await presets("") }

    private func presets(_ condition: SQL) async throws(PostgresError) -> [Preset] {
        try await query(
            """
            SELECT id, name, model, prompt, parameters
            FROM presets
            \(condition)
            ORDER BY lower(name)
            LIMIT \(Preset.mostPresets)
            """
        ).map { (id: UUID, name: String, model: String, prompt: String, parameters: JSON) in
            Preset(id: id, name: name, model: model, prompt: prompt, parameters: parameters.object ?? [:])
        }
    }

    /// Names and ids only, by name.
    func presetNames(limit: Int) async throws(PostgresError) -> [(id: UUID, name: String)] {
        try await query("SELECT id, name FROM presets ORDER BY lower(name) LIMIT \(limit)")
            .map { (id: UUID, name: String) in (id, name) }
    }
}
