/// What is wrong with a form, beside the controls that show it.
struct FormProblems: Error, Equatable {
    /// By the name of the control.
    private(set) var messages: [String: String] = [:]

    init() {}

    init(_ control: String, _ message: String) { messages = [control: message] }

    var isEmpty: Bool { messages.isEmpty }

    subscript(_ control: String) -> String? { messages[control] }

    /// The first problem of a control is the one that is shown.
    mutating func add(_ control: String, _ message: String) {
        if messages[control] == nil { messages[control] = message }
    }

    mutating func add(_ problem: FieldProblem) {
        add(GenerateForm.control(problem.field), problem.message)
    }
}
