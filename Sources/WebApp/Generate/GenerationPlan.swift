import JSON
import Postgres

/// What a form asks for, checked: how many pictures of what, before chance has decided anything.
struct GenerationPlan {
    private enum Seeds {
        /// The model has no such input, or the grid sets it.
        case none
        case kept(Int)
        case drawn(ClosedRange<Int>)
    }

    let model: Model
    let template: PromptTemplate
    let templateText: String
    let grid: ParameterGrid
    let count: Int
    private let parameters: JSONObject
    private let seeds: Seeds
    private let priority: String
    private let runAt: Timestamp?

    static let mostMinutes = Int(GenerationRequest.furthestStart.components.seconds / 60) - 1

    var total: Int { grid.count * count }

    init(_ form: GenerateForm, _ model: Model, _ description: ModelDescription) throws(FormProblems) {
        var problems = FormProblems()
        self.model = model
        templateText = form.prompt
        template = Self.template(form.prompt, &problems)
        grid = Self.grid(form, description, &problems)
        count = Int(form.count.trimmingSpaces) ?? 0
        if !(1...GenerateForm.longestCount).contains(count) {
            problems.add("count", "Should be from 1 to \(GenerateForm.longestCount)")
        }
        priority = form.priority
        runAt = Self.start(form.startsIn, &problems)
        let axes = Set(grid.axes.map(\.input.name))
        for input in description.inputs where input.isRequired && input.initial == nil && input.name != "prompt" {
            guard form.text(input).trimmingSpaces.isEmpty, !axes.contains(input.name) else { continue }
            problems.add(GenerateForm.control(input.name), "This model needs it")
        }
        var parameters = Self.parameters(form, description, except: axes, &problems)
        seeds = axes.contains("seed") ? .none : Self.seeds(form, count, description, &problems, &parameters)
        self.parameters = parameters
        guard problems.isEmpty else { throw problems }
        guard total <= ParameterGrid.mostPictures else {
            problems.add(
                grid.axes.isEmpty ? "count" : "grid",
                "That is \(total) pictures; at most \(ParameterGrid.mostPictures) are queued at once"
            )
            throw problems
        }
    }

    private static func template(_ text: String, _ problems: inout FormProblems) -> PromptTemplate {
        do throws(PromptTemplate.Problem) {
            guard text.utf8.count <= GenerationRequest.longestPrompt else {
                throw PromptTemplate.Problem(message: "Should have at most \(GenerationRequest.longestPrompt) bytes")
            }
            if text.trimmingSpaces.isEmpty { throw PromptTemplate.Problem(message: "Say what it should show") }
            return try PromptTemplate(text)
        } catch {
            problems.add("prompt", error.message)
            return .empty
        }
    }

    /// What was typed into the model's fields, as it would be sent; seeds have rules of their own.
    static func parameters(
        _ form: GenerateForm,
        _ description: ModelDescription,
        except others: Set<String> = [],
        _ problems: inout FormProblems
    ) -> JSONObject {
        var parameters = extra(form, description, &problems)
        for input in description.inputs where !["prompt", "seed"].contains(input.name) && !others.contains(input.name) {
            parameters[input.name] = value(of: input, form, &problems)
        }
        return parameters
    }

    static func value(of input: ModelInput, _ form: GenerateForm, _ problems: inout FormProblems) -> JSON? {
        do throws(InputProblem) {
            return try input.value(typed: form.text(input))
        } catch {
            problems.add(GenerateForm.control(input.name), error.message)
            return nil
        }
    }

    private static func grid(
        _ form: GenerateForm,
        _ description: ModelDescription,
        _ problems: inout FormProblems
    ) -> ParameterGrid {
        var axes: [(input: ModelInput, values: [JSON])] = []
        for (position, axis) in form.axes.enumerated() where !axis.isEmpty {
            let control = "grid-\(position + 1)"
            guard let input = description.input(axis.name), ParameterGrid.mayVary(input) else {
                problems.add(control, axis.name.isEmpty ? "Choose what should vary" : "This model has no such input")
                continue
            }
            if axes.contains(where: { $0.input.name == input.name }) {
                problems.add(control, "\(input.title) varies already")
                continue
            }
            do throws(InputProblem) {
                axes.append((input, try ParameterGrid.values(axis.values, of: input)))
            } catch {
                problems.add(control, error.message)
            }
        }
        return ParameterGrid(axes: axes)
    }

    private static func start(_ typed: String, _ problems: inout FormProblems) -> Timestamp? {
        guard !typed.trimmingSpaces.isEmpty else { return nil }
        guard let minutes = Int(typed.trimmingSpaces), (0...mostMinutes).contains(minutes) else {
            problems.add("starts_in", "Type minutes, a year at most")
            return nil
        }
        return .now + .seconds(60 * minutes)
    }

    private static func extra(
        _ form: GenerateForm,
        _ description: ModelDescription,
        _ problems: inout FormProblems
    ) -> JSONObject {
        guard !form.extra.trimmingSpaces.isEmpty else { return [:] }
        guard case .object(let object)? = try? JSON(parsing: Array(form.extra.utf8)) else {
            problems.add("extra", "Should be a JSON object, such as {\"steps\": 20}")
            return [:]
        }
        for name in object.keys {
            if description.input(name) != nil || name == "prompt" {
                problems.add("extra", "\(name.cleaned(atMost: 60)) has a field of its own")
            } else if !description.isOpen {
                problems.add("extra", "This model has no input \(name.cleaned(atMost: 60))")
            }
        }
        return object
    }

    private static func seeds(
        _ form: GenerateForm,
        _ count: Int,
        _ description: ModelDescription,
        _ problems: inout FormProblems,
        _ parameters: inout JSONObject
    ) -> Seeds {
        guard let input = description.input("seed") else { return .none }
        guard case .integer(let least, let most) = input.kind else {
            parameters["seed"] = value(of: input, form, &problems)
            return .none
        }
        let lowest = max(0, least ?? 0)
        // Short enough to be read out; no model needs more of them.
        let highest = max(lowest, min(most ?? .max, Int(Int32.max)) - count)
        guard form.keepsSeed else { return .drawn(lowest...highest) }
        guard let seed = value(of: input, form, &problems)?.int ?? form.lastSeed else {
            return .drawn(lowest...highest)
        }
        guard seed <= (most ?? .max) - max(0, count - 1) else {
            problems.add("seed", "Too large to count on from for \(count) pictures")
            return .none
        }
        return .kept(seed)
    }
}

/// One picture of an order, when chance has decided.
struct OrderedGeneration {
    let request: GenerationRequest
    /// The prompt as it was typed, where that is another text.
    let template: String?
}

extension GenerationPlan {
    /// Prompts that were drawn before are avoided, as long as that is easy.
    private static let mostDraws = 16

    /// Decides everything. Pictures of one column of the grid have one seed, so that they differ by nothing else.
    func orders(
        _ models: ModelCatalogue,
        using chance: inout some RandomNumberGenerator
    ) throws(FormProblems) -> [OrderedGeneration] {
        let seeds = drawnSeeds(using: &chance)
        var drawn: Set<String> = []
        var orders: [OrderedGeneration] = []
        for combination in grid.combinations {
            for seed in seeds {
                var parameters = parameters
                for (name, value) in combination { parameters[name] = value }
                if let seed { parameters["seed"] = .integer(seed) }
                let prompt = draw(avoiding: drawn, using: &chance)
                drawn.insert(prompt)
                do throws(InvalidGeneration) {
                    var body: JSONObject = [
                        "prompt": .string(prompt), "model": .string(model.id), "parameters": .object(parameters),
                        "priority": .string(priority),
                    ]
                    body["run_at"] = runAt.map { .string("\($0)") }
                    let request = try GenerationRequest(.object(body), models: models)
                    orders.append(
                        OrderedGeneration(request: request, template: prompt == templateText ? nil : templateText)
                    )
                } catch {
                    var problems = FormProblems()
                    for problem in error.problems { problems.add(problem) }
                    throw problems
                }
            }
        }
        return orders
    }

    /// Prompts such as chance might make of the template.
    func examples(_ number: Int, using chance: inout some RandomNumberGenerator) -> [String] {
        guard template.hasChoices else { return [] }
        var drawn: [String] = []
        for _ in 0..<number {
            let prompt = draw(avoiding: Set(drawn), using: &chance)
            if !drawn.contains(prompt) { drawn.append(prompt) }
        }
        return drawn
    }

    /// One a picture of the count; a row of neighbours where it is kept, so that each can be made again by its own.
    private func drawnSeeds(using chance: inout some RandomNumberGenerator) -> [Int?] {
        switch seeds {
        case .none: Array(repeating: nil, count: count)
        case .kept(let first): (0..<count).map { first + $0 }
        case .drawn(let range): (0..<count).map { _ in Int.random(in: range, using: &chance) }
        }
    }

    private func draw(avoiding drawn: Set<String>, using chance: inout some RandomNumberGenerator) -> String {
        var prompt = template.drawn(using: &chance)
        guard template.hasChoices else { return prompt }
        for _ in 1..<Self.mostDraws where drawn.contains(prompt) || prompt.trimmingSpaces.isEmpty {
            prompt = template.drawn(using: &chance)
        }
        return prompt
    }
}
