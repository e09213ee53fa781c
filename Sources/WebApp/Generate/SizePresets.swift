import JSON

/// The sizes that are offered where a model takes a width and a height.
struct SizePresets {
    let width: ModelInput
    let height: ModelInput

    private static let usual = [
        ("Square", 1024, 1024), ("Landscape", 1344, 768), ("Portrait", 768, 1344), ("Panorama", 1536, 640),
        ("Small", 512, 512), ("Large", 2048, 2048),
    ]

    /// `nil` where the model has no such inputs, or where an aspect ratio decides.
    init?(_ description: ModelDescription) {
        guard description.input("aspect_ratio") == nil, let width = description.input("width"),
            let height = description.input("height"), case .integer = width.kind, case .integer = height.kind
        else { return nil }
        self.width = width
        self.height = height
    }

    /// Those that the model can make, as `1344x768`, and in words.
    var offered: [(value: String, title: String)] {
        Self.usual.filter { width.problem(with: .integer($1)) == nil && height.problem(with: .integer($2)) == nil }
            .map { ("\($1)x\($2)", "\($0), \($1) × \($2)") }
    }

    var ownTitle: String {
        guard let width = width.initial?.int, let height = height.initial?.int else { return "The model’s own" }
        return "The model’s own, \(width) × \(height)"
    }

    /// What is chosen: empty for the model's own, `custom` for what is not offered.
    func chosen(in form: GenerateForm) -> String {
        guard form.values[width.name] != nil || form.values[height.name] != nil else { return "" }
        let value = "\(form.text(width))x\(form.text(height))"
        return offered.contains { $0.value == value } ? value : "custom"
    }

    /// Sets width and height; `custom` leaves them as they were typed.
    func choose(_ size: String, in form: inout GenerateForm) {
        guard size != "custom" else { return }
        guard !size.isEmpty else {
            form.values[width.name] = nil
            form.values[height.name] = nil
            return
        }
        // What is no size shows as one that was typed, and is refused there.
        let sides = size.split(separator: "x", maxSplits: 1).map(String.init)
        form.set(width, sides.first ?? size)
        form.set(height, sides.dropFirst().first ?? "")
    }

    /// What stands in the two fields, which are looked at only for a custom size.
    func typed(_ input: ModelInput, in form: GenerateForm) -> String {
        chosen(in: form) == "custom" ? form.text(input) : ""
    }
}
