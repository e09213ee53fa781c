import JSON

/// One line of what would change in a form.
struct FormDifference: Equatable {
    let title: String
    /// Empty for nothing, which `nothing` names.
    let old: String
    let new: String
    let nothing: String
    /// Whether somebody has typed what would be overwritten.
    let isLoss: Bool

    /// What differs between two forms, in the order of the form.
    static func list(
        from old: GenerateForm,
        _ oldDescription: ModelDescription,
        to new: GenerateForm,
        _ newDescription: ModelDescription
    ) -> [FormDifference] {
        let before = lines(old, oldDescription)
        let after = lines(new, newDescription)
        let keys = after.map(\.key) + before.map(\.key).filter { key in !after.contains { $0.key == key } }
        return keys.compactMap { key in
            let left = before.first { $0.key == key }
            let right = after.first { $0.key == key }
            guard left?.text ?? "" != right?.text ?? "" else { return nil }
            return FormDifference(
                title: right?.title ?? left?.title ?? key,
                old: left?.text ?? "",
                new: right?.text ?? "",
                nothing: right?.nothing ?? left?.nothing ?? "",
                isLoss: left?.isTyped ?? false
            )
        }
    }

    private struct Line {
        let key: String
        let title: String
        let text: String
        let isTyped: Bool
        var nothing = "the model’s own"
    }

    private static func lines(_ form: GenerateForm, _ description: ModelDescription) -> [Line] {
        var lines = [
            Line(key: "model:", title: "Model", text: form.model, isTyped: !form.isBlank),
            Line(key: "prompt", title: "Prompt", text: form.prompt, isTyped: !form.prompt.isEmpty, nothing: "empty"),
        ]
        // A negative prompt is looked at even where the model's inputs are not known yet.
        var names: Set = ["prompt"]
        for input in description.inputs where names.insert(input.name).inserted {
            let isTyped = form.values[input.name] != nil
            if input.name == "seed" {
                let text = form.keepsSeed ? form.text(input) : ""
                lines.append(
                    Line(
                        key: "seed",
                        title: input.title,
                        text: text,
                        isTyped: isTyped && form.keepsSeed,
                        nothing: "a new one each time"
                    )
                )
            } else {
                var line = Line(
                    key: input.name,
                    title: input.title,
                    text: words(form.text(input), input),
                    isTyped: isTyped
                )
                if case .text = input.kind { line.nothing = "empty" }
                lines.append(line)
            }
        }
        let grid = form.usedAxes.map { "\($0.name): \($0.values)" }.joined(separator: "\n")
        lines.append(Line(key: "grid:", title: "Grid", text: grid, isTyped: !grid.isEmpty, nothing: "none"))
        let extra = String(form.extra.trimmingSpaces)
        lines.append(
            Line(key: "extra:", title: "Further inputs", text: extra, isTyped: !extra.isEmpty, nothing: "none")
        )
        return lines
    }

    private static func words(_ text: String, _ input: ModelInput) -> String {
        guard case .choice(let choices) = input.kind else { return text }
        return choices.first { input.text(of: $0.value) == text }?.title ?? text
    }
}
