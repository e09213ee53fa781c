/// What is wrong with a template and where, in the form that SwiftPM and editors recognise.
public struct Diagnostic: Error, Equatable, Sendable, CustomStringConvertible {
    public let path: String
    /// From 1.
    public let line: Int
    /// From 1, in bytes, as the Swift compiler counts.
    public let column: Int
    public let message: String

    public var description: String { "\(path):\(line):\(column): error: \(message)" }
}

/// Everything that was wrong with a set of templates: at most one diagnostic a template, in the order of the templates.
public struct CompileError: Error, Equatable, Sendable {
    public let diagnostics: [Diagnostic]
}

/// A diagnostic that does not know its file yet.
struct Refusal: Error {
    let offset: Int
    let message: String

    init(_ offset: Int, _ message: String) {
        self.offset = offset
        self.message = message
    }
}
