import HTTPServer
import JSON
import Jobs
import Postgres
import Templates

/// A form that was sent, and what its button asks for.
struct FormAnswer {
    private enum Action {
        case generate, preview, clear, forgetEarlier
        case choose(String)
        /// Leads to another page, which finds the form as it was sent.
        case leave(for: String)
        case keepPreset(String, replacing: Bool)
    }

    /// The form as it was sent, over what was kept of it.
    private(set) var view: GenerateView
    private let action: Action
    private static let plan = "/?preview#plan"

    /// How many pictures the page has told that it would be.
    private let shownTotal: Int?

    init(_ sent: Form, of visitor: Visitor?, _ app: App) async throws {
        let mark = DraftMark(sent)
        var form = GenerateForm()
        // With the database away, what was sent must do.
        if let visitor, let draft = try? await app.database.draft(of: visitor) { form = draft.form }
        form.model = sent["model"] ?? form.model
        var view = try await GeneratePages.view(of: form, app)
        view.form.read(sent, view.description)
        view.mark = mark ?? DraftMark()
        if sent["model"] == "" { view.problems.add("model", "Choose a model") }
        self.view = view
        action = Self.action(sent)
        shownTotal = sent["shown"].flatMap { Int($0) }
    }

    private static func action(_ sent: Form) -> Action {
        if let model = sent["choose"] {
            return .choose(model == "other" ? String((sent["other_model"] ?? "").trimmingSpaces) : model)
        }
        if let use = sent["use"] {
            let target: SafeURL = "/?use=\(use)"
            return .leave(for: target.text)
        }
        return switch sent["do"] {
        case "preview": .preview
        case "prompts": .leave(for: "/prompts")
        case "presets": .leave(for: "/presets")
        case "clear": .clear
        case "forget": .forgetEarlier
        case "preset": .keepPreset(sent["preset_name"] ?? "", replacing: false)
        case "replace-preset": .keepPreset(sent["preset_name"] ?? "", replacing: true)
        default: .generate
        }
    }

    func act(for visitor: Visitor, _ request: Request, _ app: App) async throws -> Response {
        switch action {
        case .generate:
            return try await generate(for: visitor, request, app)
        case .preview:
            try await save(visitor, app)
            return .redirect(to: Self.plan)
        case .leave(let target):
            try await save(visitor, app)
            return .redirect(to: target)
        case .clear:
            try await save(visitor, app)
            var blank = GenerateForm()
            blank.model = view.form.model
            try await app.database.replaceDraft(blank, of: visitor, because: .clear)
            return .redirect(to: "/")
        case .forgetEarlier:
            try await save(visitor, app)
            try await app.database.forgetEarlierDraft(of: visitor)
            return .redirect(to: "/")
        case .choose(let model):
            return try await choose(model, for: visitor, app)
        case .keepPreset(let name, let replacing):
            return try await keepPreset(name, replacing: replacing, for: visitor, app)
        }
    }

    private func save(_ visitor: Visitor, _ app: App) async throws {
        guard try await app.database.saveDraft(view.form, of: visitor, by: view.mark) else {
            throw APIFailure(.contentTooLarge, "That is more than this form can keep.")
        }
    }

    private func choose(_ id: String, for visitor: Visitor, _ app: App) async throws -> Response {
        if case .unusable(let reason) = app.models.find(id) {
            try await save(visitor, app)
            var view = view
            view.problems.add("other_model", reason)
            return try await GeneratePages.page(view, app, status: .unprocessableContent)
        }
        var answer = self
        answer.view.form.model = id
        try await answer.save(visitor, app)
        return .redirect(to: "/")
    }

    private func keepPreset(
        _ typed: String,
        replacing: Bool,
        for visitor: Visitor,
        _ app: App
    ) async throws -> Response {
        try await save(visitor, app)
        var view = view
        view.presetName = typed
        do {
            guard let name = Preset.name(typed) else { throw FormProblems("preset_name", Preset.nameProblem) }
            let preset = try Preset(name, view.form, view.description)
            switch try await app.database.keepPreset(preset, replacing: replacing) {
            case .stored: return .redirect(to: "/?kept")
            case .nameTaken:
                view.mayReplacePreset = true
                throw FormProblems("preset_name", "There is a preset of that name")
            case .tooMany: throw FormProblems("preset_name", PresetsView.tooMany)
            }
        } catch let problems as FormProblems {
            view.problems = problems
            return try await GeneratePages.page(view, app, status: .unprocessableContent)
        }
    }

    private func generate(for visitor: Visitor, _ request: Request, _ app: App) async throws -> Response {
        var view = view
        do {
            guard view.problems.isEmpty else { throw view.problems }
            let plan = try GenerationPlan(view.form, view.model, view.description)
            var chance = SystemRandomNumberGenerator()
            let orders = try plan.orders(app.models, using: &chance)
            view.form.remember(seedOf: orders)
            guard try await app.database.saveDraft(view.form, of: visitor, by: view.mark) else {
                throw APIFailure(.contentTooLarge, "That is more than this form can keep.")
            }
            // Nobody queues a grid without having been told how many pictures it is.
            guard plan.grid.axes.isEmpty || plan.total == shownTotal else { return .redirect(to: Self.plan) }
            let ids = try await app.enqueue(orders, of: plan, form: view.form, for: request)
            return .redirect(to: "/?made=\(ids[0])&count=\(ids.count)")
        } catch let problems as FormProblems {
            try? await save(visitor, app)
            view.problems = problems
            return try await GeneratePages.page(view, app, status: .unprocessableContent)
        } catch let error as PostgresError where error.isPassing {
            app.log.warning("a form could not be stored") { line in
                line.field("request_id", request.id)
                line.field("error", "\(error)")
            }
            view.alert =
                error.code == .connectionLost
                ? "The database went away in the middle: look at the history before you send this again."
                : "The database cannot be reached just now, and nothing was queued; your words are kept here."
            return GeneratePages.page(view, app, cards: [], status: .serviceUnavailable)
        }
    }
}

extension GenerateForm {
    /// Notes the seed that chance has drawn; where seeds are kept, it is the one from now on.
    fileprivate mutating func remember(seedOf orders: [OrderedGeneration]) {
        guard let seed = orders.first?.request.parameters["seed"]?.int else { return }
        lastSeed = seed
        if keepsSeed, values["seed"]?.trimmingSpaces.isEmpty ?? true { values["seed"] = String(seed) }
    }
}
