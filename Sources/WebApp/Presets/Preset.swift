import JSON
import Postgres

/// A model with prompts and inputs, kept under a name.
struct Preset: Sendable, Equatable {
    static let mostPresets = 500
    static let longestName = 80

    let id: UUID
    var name: String
    let model: String
    /// As it is typed, with its choices; may be empty: a preset may be about everything but the words.
    let prompt: String
    /// The negative prompt is one of them.
    let parameters: JSONObject

    /// A name as it is stored: one line. `nil` when there is nothing to see in it, or too much.
    static func name(_ typed: String) -> String? {
        let name = typed.cleaned(atMost: longestName + 1)
        return name.isEmpty || name.unicodeScalars.count > longestName ? nil : name
    }

    static let nameProblem = "A name has 1 to \(longestName) characters"

    /// The name, or with a number after it where it is taken.
    static func freeName(_ name: String, isTaken: (String) -> Bool) -> String {
        var free = name
        var number = 2
        while isTaken(free) {
            let ending = " (\(number))"
            free =
                String(String.UnicodeScalarView(name.unicodeScalars.prefix(longestName - ending.utf8.count))) + ending
            number += 1
        }
        return free
    }

    /// Whether it stands for the same, whatever it is called.
    func means(_ other: Preset) -> Bool {
        model == other.model && prompt == other.prompt && parameters == other.parameters
    }

    /// What a form stands for, under a name. Throws what is wrong with it; only the prompt may be missing.
    init(_ name: String, _ form: GenerateForm, _ description: ModelDescription) throws(FormProblems) {
        var problems = FormProblems()
        var parameters = GenerationPlan.parameters(form, description, &problems)
        if form.keepsSeed, let seed = description.input("seed") {
            parameters["seed"] = GenerationPlan.value(of: seed, form, &problems)
        }
        if form.prompt.utf8.count > GenerationRequest.longestPrompt {
            problems.add("prompt", "Should have at most \(GenerationRequest.longestPrompt) bytes")
        }
        guard problems.isEmpty else { throw problems }
        self.init(id: .random(), name: name, model: form.model, prompt: form.prompt, parameters: parameters)
    }

    init(id: UUID, name: String, model: String, prompt: String, parameters: JSONObject) {
        self.id = id
        self.name = name
        self.model = model
        self.prompt = prompt
        self.parameters = parameters
    }

    /// What it sets beside the prompt, in a line.
    var summary: String {
        parameters.map { "\(Setting.words($0.key)): \($0.value.string ?? $0.value.text)" }.joined(separator: ", ")
            .cleaned(atMost: 300)
    }
}
