import JSON
import Postgres

/// Presets as a file, to be kept elsewhere or given to others.
enum PresetFile {
    static let largest = 4 << 20
    private static let format = "atelier-presets"
    private static let version = 1

    static func write(_ presets: [Preset]) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("format", format)
        json.field("version", version)
        json.key("presets")
        json.beginArray()
        for preset in presets {
            json.beginObject()
            json.field("name", preset.name)
            json.field("model", preset.model)
            json.field("prompt", preset.prompt)
            json.key("parameters")
            json.value(JSON.object(preset.parameters))
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    /// Reads a file, whole or not at all.
    ///
    /// - Parameter describe: what is known of a model, for those whose inputs can be checked.
    static func read(
        _ bytes: [UInt8],
        describe: (String) async throws -> ModelDescription?
    ) async throws -> [Preset] {
        let json: JSON
        do {
            json = try JSON(parsing: bytes)
        } catch {
            throw PresetFileProblem(lines: ["This is no JSON: \(error)."])
        }
        guard json["format"]?.string == format, json["version"]?.int == version, let entries = json["presets"]?.array
        else {
            throw PresetFileProblem(lines: [
                "This is no file of presets: it should be {\"format\": \"\(format)\", \"version\": \(version), \"presets\": […]}."
            ])
        }
        guard (1...Preset.mostPresets).contains(entries.count) else {
            throw PresetFileProblem(lines: ["There should be 1 to \(Preset.mostPresets) presets in it."])
        }
        var presets: [Preset] = []
        var problems: [String] = []
        for (position, entry) in entries.enumerated() {
            var reader = EntryReader(entry)
            let preset = try await reader.preset(describe: describe)
            let name = entry["name"]?.string.map { " “\($0.cleaned(atMost: 40))”" } ?? ""
            problems += reader.problems.map { "Preset \(position + 1)\(name), \($0)" }
            if let preset { presets.append(preset) }
        }
        let names = presets.map { $0.name.lowercased() }
        if Set(names).count < names.count { problems.append("Two presets in it have the same name.") }
        guard problems.isEmpty else { throw PresetFileProblem(lines: problems) }
        return presets
    }

    private struct EntryReader {
        let entry: JSON
        private(set) var problems: [String] = []

        init(_ entry: JSON) { self.entry = entry }

        mutating func preset(describe: (String) async throws -> ModelDescription?) async throws -> Preset? {
            guard let object = entry.object else {
                problems.append("should be an object")
                return nil
            }
            var fields = FieldReader(object)
            let name = fields.requiredText("name", atMost: 1000)
            let model = fields.requiredText("model", atMost: 200)
            let prompt = fields.optionalText("prompt", atMost: GenerationRequest.longestPrompt)
            let parameters = fields.optionalObject("parameters") ?? [:]
            fields.refuseOthers(than: ["name", "model", "prompt", "parameters"])
            if let name, Preset.name(name) == nil { fields.add("name", Preset.nameProblem, type: "string_too_long") }
            if let model, model != CanvasProvider.modelID, ReplicateModelID(model) == nil {
                fields.add("model", "This is no model’s name", type: "unknown_model")
            }
            if JSON.object(parameters).containsNUL {
                fields.add("parameters", "Should not contain the NUL character", type: "string_nul")
            } else if JSON.object(parameters).serialized().count > GenerationRequest.largestParameters {
                fields.add("parameters", "Are too large", type: "too_long")
            } else if let model, let schema = try await describe(model)?.schema {
                fields.add(schema.problems(with: parameters))
            }
            problems = fields.problems.map { "\($0.field.cleaned(atMost: 60)): \($0.message)" }
            guard problems.isEmpty, let name = name.flatMap(Preset.name), let model else { return nil }
            return Preset(id: .random(), name: name, model: model, prompt: prompt ?? "", parameters: parameters)
        }
    }
}

/// Why a file of presets cannot be taken over; one line for each thing that is wrong.
struct PresetFileProblem: Error {
    static let mostLines = 20

    let lines: [String]

    init(lines: [String]) {
        let shown = lines.prefix(Self.mostLines)
        self.lines = shown.count == lines.count ? lines : shown + ["And \(lines.count - shown.count) more."]
    }
}
