import Canvas
import HTTPServer
import JSON
import Jobs
import Postgres

/// The generate form as typed: kept as text, so that it comes back as it was when something is wrong.
struct GenerateForm {
    static let longestCount = 8

    var prompt = ""
    var negativePrompt = ""
    var model = ""
    /// A preset as `WxH`, `custom` for `width` and `height`, empty for the model's own size.
    var size = ""
    var width = ""
    var height = ""
    /// Empty: a new one each time.
    var seed = ""
    /// Empty: chosen by the words.
    var style = ""
    var count = "1"
    var priority = GenerationRequest.Priority.normal.rawValue
    /// Minutes from now; empty: at once.
    var startsIn = ""
    /// Why nothing could be queued, when no field is to blame.
    var notice: String?
    /// What is wrong, by field.
    var problems: [String: String] = [:]

    static let sizes: [(value: String, label: String)] = [
        ("", "The model’s own"),
        ("1024x1024", "Square, 1024 × 1024"),
        ("1344x768", "Landscape, 1344 × 768"),
        ("768x1344", "Portrait, 768 × 1344"),
        ("1536x640", "Panorama, 1536 × 640"),
        ("512x512", "Small, 512 × 512"),
        ("2048x2048", "Large, 2048 × 2048"),
        ("custom", "Custom…"),
    ]

    static let styles = Style.allCases.map(\.rawValue)
    static let styleChoices = Style.allCases.map { (value: $0.rawValue, label: $0.words) }

    /// The models in the order they are listed, those of one kind together.
    static func groups(_ models: [Model]) -> [(summary: String, models: [Model])] {
        var groups: [(summary: String, models: [Model])] = []
        for model in models {
            let summary = model.summary.prefix(1).uppercased() + model.summary.dropFirst()
            if groups.last?.summary == summary {
                groups[groups.count - 1].models.append(model)
            } else {
                groups.append((summary, [model]))
            }
        }
        return groups
    }

    /// The fields as they stand on the page.
    private static let fields = [
        "prompt", "negative_prompt", "model", "size", "width", "height", "style", "seed", "priority", "starts_in",
        "count",
    ]

    static let priorities: [(value: String, label: String)] = GenerationRequest.Priority.allCases.reversed().map {
        ($0.rawValue, $0.rawValue.prefix(1).uppercased() + $0.rawValue.dropFirst())
    }
    static let mostMinutes = Int(GenerationRequest.furthestStart.components.seconds / 60) - 1

    /// Whether something else than “as soon as may be” is asked for.
    var saysWhen: Bool {
        !startsIn.isEmpty || priority != GenerationRequest.Priority.normal.rawValue
            || ["priority", "starts_in"].contains { problems[$0] != nil }
    }

    /// Where typing goes on: the first field with a problem, else the prompt, as long as it is empty.
    var firstField: String? { Self.fields.first { problems[$0] != nil } ?? (prompt.isEmpty ? "prompt" : nil) }

    /// Problems that no field of the page can show.
    var otherProblems: [String] {
        problems.filter { !Self.fields.contains($0.key) }.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    }

    init() {}

    init(_ form: Form) {
        prompt = form["prompt"] ?? ""
        negativePrompt = form["negative_prompt"] ?? ""
        model = form["model"] ?? ""
        size = form["size"] ?? ""
        width = form["width"] ?? ""
        height = form["height"] ?? ""
        seed = (form["seed"] ?? "").trimmingSpaces.description
        style = form["style"] ?? ""
        count = form["count"] ?? "1"
        priority = form["priority"] ?? priority
        startsIn = (form["starts_in"] ?? "").trimmingSpaces.description
    }

    /// The form that would lead to a generation. `details` tell what the model really used, when it is known.
    init(prompt: String, model: String, parameters: JSONObject, details: JSONObject = [:]) {
        self.prompt = prompt
        self.model = model
        negativePrompt = parameters["negative_prompt"]?.string ?? ""
        if let width = parameters["width"]?.int, let height = parameters["height"]?.int {
            let preset = "\(width)x\(height)"
            if Self.sizes.contains(where: { $0.value == preset }) {
                size = preset
            } else {
                (size, self.width, self.height) = ("custom", String(width), String(height))
            }
        }
        if let seed = (parameters["seed"] ?? details["seed"])?.int { self.seed = String(seed) }
        style = parameters["style"]?.string ?? ""
    }

    /// Checks the form; what is wrong is noted beside its field.
    mutating func requests(models: ModelCatalogue) -> [GenerationRequest]? {
        // A browser sends line ends of its own.
        let prompt = self.prompt.split(separator: "\r\n", omittingEmptySubsequences: false).joined(separator: "\n")
        var parameters: JSONObject = [:]
        if !negativePrompt.trimmingSpaces.isEmpty { parameters["negative_prompt"] = .string(negativePrompt) }
        addSize(to: &parameters)
        if !seed.isEmpty { addNumber(seed, as: "seed", to: &parameters) }
        if !style.isEmpty { parameters["style"] = .string(style) }
        let wanted = Int(count.trimmingSpaces) ?? 0
        if !(1...Self.longestCount).contains(wanted) {
            problems["count"] = "Should be from 1 to \(Self.longestCount)"
        }

        let runAt = start(after: .now)

        var requests: [GenerationRequest] = []
        let firstSeed = parameters["seed"]?.int
        for index in 0..<max(1, min(wanted, Self.longestCount)) {
            // A row of neighbours: each picture of the batch can be made again by its own seed.
            if let firstSeed { parameters["seed"] = .integer(firstSeed &+ index) }
            do {
                var body: JSONObject = [
                    "prompt": .string(prompt), "model": .string(model), "parameters": .object(parameters),
                    "priority": .string(priority),
                ]
                body["run_at"] = runAt.map { .string("\($0)") }
                requests.append(try GenerationRequest(.object(body), models: models))
            } catch {
                for problem in error.problems where problems[problem.field] == nil {
                    problems[problem.field] = problem.message
                }
                return nil
            }
        }
        return problems.isEmpty ? requests : nil
    }

    private mutating func start(after now: Timestamp) -> Timestamp? {
        guard !startsIn.isEmpty else { return nil }
        guard let minutes = Int(startsIn), (0...Self.mostMinutes).contains(minutes) else {
            problems["starts_in"] = "Type minutes, a year at most"
            return nil
        }
        return now + .seconds(60 * minutes)
    }

    private mutating func addSize(to parameters: inout JSONObject) {
        switch size {
        case "":
            return
        case "custom":
            addNumber(width, as: "width", to: &parameters)
            addNumber(height, as: "height", to: &parameters)
        default:
            let sides = size.split(separator: "x").compactMap { Int($0) }
            guard sides.count == 2 else {
                problems["size"] = "Choose one of the sizes"
                return
            }
            parameters["width"] = .integer(sides[0])
            parameters["height"] = .integer(sides[1])
        }
    }

    private mutating func addNumber(_ text: String, as field: String, to parameters: inout JSONObject) {
        guard let number = Int(text.trimmingSpaces) else {
            problems[field] = "Type a whole number"
            return
        }
        parameters[field] = .integer(number)
    }
}
