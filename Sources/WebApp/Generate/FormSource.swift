import HTTPServer
import JSON
import Jobs
import Postgres

/// Where the content of a form can come from: something that was made, or kept, earlier.
enum FormSource {
    /// How much of a generation is used.
    enum Part: String, CaseIterable {
        case all
        case allButSeed = "all-but-seed"
        case prompt
        /// The prompt as it was typed, before chance made its choices.
        case template
        case seed
    }

    case generation(JobID, Part)
    case preset(UUID)
    case typedPrompt(Int)
    case words(String)
    /// The visitor's form before it was overwritten.
    case earlierForm

    /// `use=<job id>&what=<part>`, `use=preset-<id>`, `use=prompt-<id>`, `use=earlier`, or `prompt=<words>`; older links
    /// say `from=<job id>`. `nil` when a form is not to be filled.
    init?(_ query: Parameters) {
        self.init(use: query["use"] ?? query["from"], what: query["what"], words: query["prompt"])
    }

    init?(_ sent: Form) {
        self.init(use: sent["use"], what: sent["what"], words: sent["words"])
    }

    private init?(use: String?, what: String?, words: String?) {
        guard let use, !use.isEmpty else {
            guard let words, !words.isEmpty else { return nil }
            self = .words(words)
            return
        }
        if use == "earlier" {
            self = .earlierForm
        } else if use.hasPrefix("preset-"), let id = UUID(use.dropFirst("preset-".count)) {
            self = .preset(id)
        } else if use.hasPrefix("prompt-"), let id = Int(use.dropFirst("prompt-".count)) {
            self = .typedPrompt(id)
        } else if let id = JobID(use) {
            self = .generation(id, what.flatMap(Part.init) ?? .all)
        } else {
            return nil
        }
    }

    /// As it is sent again when it is confirmed.
    var fields: [(name: String, value: String)] {
        switch self {
        case .generation(let id, let part): [("use", id.description), ("what", part.rawValue)]
        case .preset(let id): [("use", "preset-\(id)")]
        case .typedPrompt(let id): [("use", "prompt-\(id)")]
        case .words(let words): [("words", words)]
        case .earlierForm: [("use", "earlier")]
        }
    }

    /// The question whether it should be used.
    var title: String {
        switch self {
        case .generation(_, .all): "Use that picture’s settings?"
        case .generation(_, .allButSeed): "Use that picture’s settings but its seed?"
        case .generation(_, .seed): "Use that picture’s seed?"
        case .generation(_, .prompt), .generation(_, .template): "Use that picture’s prompt?"
        case .preset: "Use that preset?"
        case .typedPrompt, .words: "Use that prompt?"
        case .earlierForm: "Bring the earlier form back?"
        }
    }
}

extension App {
    /// The form with what the source has put into it. Throws `PageError.notFound` when there is no such thing any more.
    func form(_ draft: Draft, with source: FormSource) async throws -> GenerateForm {
        var form = draft.form
        switch source {
        case .words(let words):
            form.prompt = words
        case .earlierForm:
            guard let earlier = draft.earlier else { throw PageError.notFound }
            form = earlier
        case .typedPrompt(let id):
            guard let typed = try await database.typedPrompt(id) else { throw PageError.notFound }
            form.prompt = typed.prompt
            form.values["negative_prompt"] = typed.negativePrompt.isEmpty ? nil : typed.negativePrompt
        case .preset(let id):
            guard let preset = try await database.preset(id) else { throw PageError.notFound }
            // One without words is about everything else.
            let leavesWords = preset.prompt.isEmpty && preset.parameters["negative_prompt"] == nil
            if !leavesWords { form.prompt = preset.prompt }
            try await set(
                &form,
                model: preset.model,
                parameters: preset.parameters,
                keeping: leavesWords ? ["negative_prompt"] : []
            )
        case .generation(let id, let part):
            guard let made = try await database.settings(of: id) else { throw PageError.notFound }
            try await use(part, of: made, in: &form)
        }
        return form
    }

    private func use(_ part: FormSource.Part, of made: UsedSettings, in form: inout GenerateForm) async throws {
        switch part {
        case .all:
            form.prompt = PromptTemplate.literal(made.prompt)
            try await set(&form, model: made.model, parameters: made.parametersWithSeed)
        case .allButSeed:
            form.prompt = PromptTemplate.literal(made.prompt)
            try await set(&form, model: made.model, parameters: made.parametersWithSeed, keeping: ["seed"])
        case .template:
            form.prompt = made.template ?? PromptTemplate.literal(made.prompt)
        case .prompt:
            form.prompt = PromptTemplate.literal(made.prompt)
            let negative = made.parameters["negative_prompt"]?.string ?? ""
            form.values["negative_prompt"] = negative.isEmpty ? nil : negative
        case .seed:
            guard let seed = made.seed else {
                throw APIFailure(.notFound, "It is not known which seed that picture has.")
            }
            form.values["seed"] = String(seed)
            form.keepsSeed = true
        }
    }

    /// A grid would multiply what is used once.
    private func set(
        _ form: inout GenerateForm,
        model id: String,
        parameters: JSONObject,
        keeping kept: Set<String> = []
    ) async throws {
        guard case .known(let model) = models.find(id) else {
            throw APIFailure(
                .conflict,
                "The model \(id) is not available on this server; its prompt can still be used."
            )
        }
        form.model = id
        form.axes = []
        form.set(parameters, try await descriptions.description(of: model), keeping: kept)
        if !kept.contains("seed") { form.keepsSeed = parameters["seed"] != nil }
    }

    /// The form that an order came from, for a browser that keeps no cookies.
    func draft(of made: JobID, count: String?) async throws -> Draft? {
        guard let settings = try await database.settings(of: made) else { return nil }
        var form = GenerateForm()
        form.prompt = settings.template ?? PromptTemplate.literal(settings.prompt)
        form.count = count ?? form.count
        form.lastSeed = settings.seed
        try await set(&form, model: settings.model, parameters: settings.parameters, keeping: ["seed"])
        return Draft(form: form, version: 0, earlier: nil, reason: nil)
    }
}

/// What a generation was made with.
struct UsedSettings {
    let prompt: String
    let template: String?
    let model: String
    let parameters: JSONObject
    /// What the model says it used.
    let details: JSONObject

    var seed: Int? { (parameters["seed"] ?? details["seed"])?.int }

    var parametersWithSeed: JSONObject {
        var parameters = parameters
        if let seed { parameters["seed"] = .integer(seed) }
        return parameters
    }
}

extension Database {
    func settings(of id: JobID) async throws(PostgresError) -> UsedSettings? {
        try await query(
            """
            SELECT g.prompt, g.template, g.model, g.parameters, p.details
            FROM generations g
            LEFT JOIN pictures p ON p.generation_id = g.id AND p.position = 0
            WHERE g.id = \(id)
            """
        ).map { (prompt: String, template: String?, model: String, parameters: JSON, details: JSON?) in
            UsedSettings(
                prompt: prompt,
                template: template,
                model: model,
                parameters: parameters.object ?? [:],
                details: details?.object ?? [:]
            )
        }.first
    }
}
