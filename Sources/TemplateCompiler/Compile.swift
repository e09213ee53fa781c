/// Declares what the functions of all templates of a target extend.
public let pagesDeclaration = """
    /// The templates of this target, one function each.
    enum Pages {}

    """

/// Compiles the templates of one target: the Swift of each, in their order.
///
/// - Throws: the first fault of every template that has one; nothing is compiled then.
public func compile(_ sources: [TemplateSource]) throws(CompileError) -> [String] {
    var compiler = Compiler(sources)
    return try compiler.run()
}

/// The templates of a target, which know each other by name.
private struct Compiler {
    private let sources: [TemplateSource]
    private var templates: [String: Template] = [:]
    private var checked: [String: CheckedTemplate] = [:]
    private var underWay: Set<String> = []
    private var faulty: Set<String> = []
    /// By the index of the source.
    private var diagnostics: [Int: Diagnostic] = [:]
    private var indexes: [String: Int] = [:]

    init(_ sources: [TemplateSource]) {
        self.sources = sources
    }

    mutating func run() throws(CompileError) -> [String] {
        for index in sources.indices { parse(index) }
        for source in sources where templates[source.name] != nil { _ = check(source.name) }
        guard diagnostics.isEmpty else {
            throw CompileError(diagnostics: diagnostics.sorted { $0.key < $1.key }.map(\.value))
        }
        return sources.compactMap { checked[$0.name] }.map(Emitter.swift)
    }

    private mutating func parse(_ index: Int) {
        let source = sources[index]
        if let first = indexes[source.name] {
            let refusal = Refusal(0, "'\(source.name)' is the name of \(sources[first].path), too")
            diagnostics[index] = source.diagnostic(refusal)
            return
        }
        indexes[source.name] = index
        do throws(Refusal) {
            templates[source.name] = try Parser.parse(source)
        } catch {
            diagnostics[index] = source.diagnostic(error)
        }
    }

    /// Checks a template after the layout it extends; `nil` if either has a fault.
    private mutating func check(_ name: String) -> CheckedTemplate? {
        if let done = checked[name] { return done }
        guard let template = templates[name], !faulty.contains(name) else { return nil }
        do throws(Refusal) {
            var layout: Layout?
            if let parent = template.parent {
                layout = try self.layout(parent, of: template)
                // Its own fault is reported; this template is judged when that is mended.
                guard layout != nil else { return nil }
            }
            let result = try ContextWalk.check(template, layout: layout, templateNames: Set(indexes.keys))
            checked[name] = result
            return result
        } catch {
            faulty.insert(name)
            if let index = indexes[name] { diagnostics[index] = template.source.diagnostic(error) }
            return nil
        }
    }

    private mutating func layout(_ parent: Call, of template: Template) throws(Refusal) -> Layout? {
        guard indexes[parent.name] != nil else { throw Refusal(parent.offset, "there is no template '\(parent.name)'") }
        guard underWay.insert(template.name).inserted, !underWay.contains(parent.name) else {
            throw Refusal(parent.offset, "'\(template.name)' extends itself")
        }
        defer { underWay.remove(template.name) }
        return check(parent.name)?.asLayout
    }
}
