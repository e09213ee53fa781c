import HTTPServer
import JSON

/// The generate form as typed: kept as text, so that it comes back as it was.
struct GenerateForm: Sendable, Equatable {
    static let longestCount = 8
    /// Inputs whose values are kept, those of other models than the chosen one among them.
    static let mostValues = 200

    /// Empty: the first that is listed.
    var model = ""
    /// By the names of the model's inputs; what is as the model has it is not here.
    var values: [String: String] = [:]
    /// Whether the seed stays the same from one order to the next.
    var keepsSeed = false
    /// The first seed of the last order: what is kept when nothing was typed.
    var lastSeed: Int?
    var count = "1"
    var axes: [GridAxis] = []
    var priority = GenerationRequest.Priority.normal.rawValue
    /// Minutes from when it is sent; empty: at once.
    var startsIn = ""
    /// Inputs that no field stands for, as a JSON object.
    var extra = ""

    var prompt: String {
        get { values["prompt"] ?? "" }
        set { values["prompt"] = newValue.isEmpty ? nil : newValue }
    }

    /// Nobody has typed anything that would be missed.
    var isBlank: Bool { values.isEmpty && usedAxes.isEmpty && extra.trimmingSpaces.isEmpty }

    var usedAxes: [GridAxis] { axes.filter { !$0.isEmpty } }

    func text(_ input: ModelInput) -> String { values[input.name] ?? input.initialText }

    mutating func set(_ input: ModelInput, _ text: String) {
        values[input.name] = text == input.initialText ? nil : text
    }

    /// Sets the inputs to what a generation or a preset used; what it did not use is as the model has it.
    ///
    /// - Parameter parameters: without the prompt. What no field can show goes to `extra`.
    mutating func set(_ parameters: JSONObject, _ description: ModelDescription, keeping kept: Set<String> = []) {
        var others: JSONObject = [:]
        for input in description.inputs where input.name != "prompt" && !kept.contains(input.name) {
            values[input.name] = nil
        }
        for (name, value) in parameters where !kept.contains(name) {
            guard let input = description.input(name), input.problem(with: value) == nil else {
                others[name] = value
                continue
            }
            set(input, input.text(of: value))
        }
        extra = others.isEmpty ? "" : JSON.object(others).text
    }
}

// MARK: As it is sent

extension GenerateForm {
    /// The names of the form's own controls. An input of a model that is called the same has another in the form.
    private static let reserved: Set<String> = [
        "model", "draft", "sent_at", "shown", "do", "choose", "other_model", "size", "seed_mode", "count", "grid_name",
        "grid_values", "priority", "starts_in", "extra", "preset_name", "use",
    ]

    /// The name of the control for an input.
    static func control(_ input: String) -> String {
        reserved.contains(input) || input.hasPrefix("input.") ? "input.\(input)" : input
    }

    /// Reads what was sent into a form that showed this model's fields.
    mutating func read(_ sent: Form, _ description: ModelDescription) {
        values["prompt"] = Self.typed(sent["prompt"], or: values["prompt"])
        for input in description.inputs where input.name != "prompt" {
            // A flag is sent twice when it is set: the box follows what stands for the empty box.
            guard let text = sent.all(Self.control(input.name)).last else { continue }
            set(input, Self.lines(text))
        }
        if let size = sent["size"], let sides = SizePresets(description) { sides.choose(size, in: &self) }
        if let mode = sent["seed_mode"] {
            keepsSeed = mode == "keep"
        } else if let seed = sent["seed"] {
            keepsSeed = !seed.trimmingSpaces.isEmpty
        }
        count = sent["count"] ?? count
        let names = sent.all("grid_name")
        if !names.isEmpty {
            axes = zip(names, sent.all("grid_values")).prefix(ParameterGrid.mostAxes).map(GridAxis.init)
        }
        priority = sent["priority"] ?? priority
        startsIn = sent["starts_in"] ?? startsIn
        extra = sent["extra"] ?? extra
    }

    private static func typed(_ text: String?, or old: String?) -> String? {
        guard let text else { return old }
        return text.isEmpty ? nil : lines(text)
    }

    /// A browser sends line ends of its own.
    private static func lines(_ text: String) -> String { text.replacing("\r\n", with: "\n") }
}

// MARK: As it is stored

extension GenerateForm {
    var json: JSON {
        var object: JSONObject = ["model": .string(model), "count": .string(count)]
        var values: JSONObject = [:]
        for (name, text) in self.values.sorted(by: { $0.key < $1.key }).prefix(Self.mostValues) {
            values[name] = .string(text)
        }
        object["values"] = .object(values)
        if keepsSeed { object["keeps_seed"] = true }
        if let lastSeed { object["last_seed"] = .integer(lastSeed) }
        if !axes.isEmpty {
            object["axes"] = .array(axes.map { ["name": .string($0.name), "values": .string($0.values)] })
        }
        if priority != GenerationRequest.Priority.normal.rawValue { object["priority"] = .string(priority) }
        if !startsIn.isEmpty { object["starts_in"] = .string(startsIn) }
        if !extra.isEmpty { object["extra"] = .string(extra) }
        return .object(object)
    }

    /// What cannot be read is left out: it was stored by another version.
    init(_ json: JSON) {
        model = json["model"]?.string ?? ""
        count = json["count"]?.string ?? "1"
        for (name, text) in json["values"]?.object ?? [:] { values[name] = text.string }
        keepsSeed = json["keeps_seed"]?.bool ?? false
        lastSeed = json["last_seed"]?.int
        axes = (json["axes"]?.array ?? []).prefix(ParameterGrid.mostAxes).map {
            GridAxis(name: $0["name"]?.string ?? "", values: $0["values"]?.string ?? "")
        }
        priority = json["priority"]?.string ?? priority
        startsIn = json["starts_in"]?.string ?? ""
        extra = json["extra"]?.string ?? ""
    }
}
