import JSON
import Jobs

/// The generate form as its page shows it: with the fields of the chosen model, and what there is to say about it.
struct GenerateView {
    /// Without required ones and the shape: as many of the others are shown at once, more are folded away.
    private static let mostOpenFields = 3

    var form: GenerateForm
    let model: Model
    let description: ModelDescription
    let models: [Model]
    /// What is known of the listed models, by their ids.
    var abouts: [String: String] = [:]
    let canUseReplicate: Bool
    var mark = DraftMark()
    var problems = FormProblems()
    /// Why nothing could be queued, when no field is to blame.
    var alert: String?
    /// What has just been done.
    var note: String?
    /// The pictures that have just been queued together.
    var batch: JobID?
    var earlier: Draft.Reason?
    var plan: PlanView?
    var presets: [PresetLink] = []
    /// A preset's name that was refused, and whether because there is one of that name.
    var presetName = ""
    var mayReplacePreset = false

    struct PresetLink {
        let id: String
        let name: String
    }

    var prompt: FormField {
        let input = ModelInput(
            name: "prompt",
            title: "Prompt",
            hint: "",
            kind: .text(longest: nil),
            initial: nil,
            isRequired: true
        )
        return field(input)
    }

    var negativePrompt: FormField? {
        guard let input = description.input("negative_prompt"), case .text = input.kind else { return nil }
        return field(input)
    }

    var sizes: SizePresets? { SizePresets(description) }

    var seed: FormField? {
        guard let input = description.input("seed"), case .integer = input.kind else { return nil }
        return field(input)
    }

    /// The inputs that have no place of their own, in the model's order: those shown, and those folded away.
    var others: (shown: [FormField], folded: [FormField]) {
        var placed: Set = ["prompt", negativePrompt?.input.name, seed?.input.name]
        if sizes != nil { placed.formUnion(["width", "height"]) }
        let rest = description.inputs.filter { !placed.contains($0.name) }.map(field)
        let isFirst: (FormField) -> Bool = { $0.input.isRequired || $0.input.name == "aspect_ratio" }
        guard rest.filter({ !isFirst($0) }).count > Self.mostOpenFields else { return (rest, []) }
        return (rest.filter(isFirst), rest.filter { !isFirst($0) })
    }

    /// Whether something in the folded fields wants to be seen.
    func opens(_ fields: [FormField]) -> Bool { fields.contains { $0.problem != nil } }

    /// How many are not as the model has them.
    func changes(_ fields: [FormField]) -> Int { fields.count { form.values[$0.input.name] != nil } }

    var axes: [GridAxis] {
        form.axes + Array(repeating: GridAxis(), count: max(0, ParameterGrid.mostAxes - form.axes.count))
    }

    var varying: [ModelInput] { description.inputs.filter(ParameterGrid.mayVary) }

    var opensGrid: Bool {
        !form.usedAxes.isEmpty || problems["grid"] != nil
            || (1...ParameterGrid.mostAxes).contains { problems["grid-\($0)"] != nil }
    }

    static let priorities: [(value: String, title: String)] = GenerationRequest.Priority.allCases.reversed().map {
        ($0.rawValue, $0.rawValue.prefix(1).uppercased() + $0.rawValue.dropFirst())
    }

    /// Whether something else than “as soon as may be” is asked for.
    var saysWhen: Bool {
        !form.startsIn.isEmpty || form.priority != GenerationRequest.Priority.normal.rawValue
            || problems["priority"] != nil || problems["starts_in"] != nil
    }

    func field(_ input: ModelInput) -> FormField {
        FormField(input, text: form.text(input), problems: problems)
    }

    func sizeField(_ input: ModelInput) -> FormField {
        FormField(input, text: sizes?.typed(input, in: form) ?? "", problems: problems)
    }

    /// The chosen size; a side with a problem must be seen.
    var chosenSize: String {
        guard let sizes else { return "" }
        return problems["width"] != nil || problems["height"] != nil ? "custom" : sizes.chosen(in: form)
    }

    /// Where typing goes on: the first control with a problem, else the prompt, as long as it is empty.
    var focus: String? {
        for control in controls where problems[control] != nil { return control }
        return form.prompt.isEmpty ? "prompt" : nil
    }

    /// Problems that no control of the page shows.
    var otherProblems: [String] {
        let shown = Set(controls)
        return problems.messages.filter { !shown.contains($0.key) }.sorted { $0.key < $1.key }
            .map { "\($0.key): \($0.value)" }
    }

    private var controls: [String] {
        var controls = ["model", "other_model", "prompt"]
        controls += description.inputs.map { GenerateForm.control($0.name) }
        controls += ["grid"] + (1...ParameterGrid.mostAxes).map { "grid-\($0)" }
        return controls + (description.isOpen ? ["extra"] : []) + ["priority", "starts_in", "count", "preset_name"]
    }
}

/// What a plan comes to, for whoever is about to queue it.
struct PlanView {
    let total: Int
    /// Such as `guidance: 7, 8, 9`.
    let axes: [(title: String, values: [String])]
    let count: Int
    /// Where it can be told before.
    let cost: String?
    /// How many prompts the template has, and some of them.
    let variety: Int
    let examples: [String]

    init(_ plan: GenerationPlan) {
        var chance = SystemRandomNumberGenerator()
        total = plan.total
        axes = plan.grid.axes.map { axis in
            (axis.input.title, axis.values.map { axis.input.words($0) })
        }
        count = plan.count
        cost = plan.model.price?.words(forPictures: plan.total)
        variety = plan.template.variety
        examples = plan.examples(min(5, max(3, plan.total)), using: &chance)
    }
}
