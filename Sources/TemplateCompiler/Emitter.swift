/// Writes the Swift of one template.
struct Emitter {
    private let checked: CheckedTemplate
    private let source: TemplateSource
    private var output = ""
    private var literal = ""
    private var loops = 0
    private var isLocated = false

    private init(_ checked: CheckedTemplate) {
        self.checked = checked
        source = checked.template.source
    }

    static func swift(for checked: CheckedTemplate) -> String {
        var emitter = Emitter(checked)
        emitter.emitFile()
        return emitter.output
    }

    // MARK: The function

    private mutating func emitFile() {
        let template = checked.template
        line("// Compiled from \(source.path.split(separator: "/").last ?? ""); edit that.")
        line("import Templates")
        for module in template.imports where module != "Templates" { line("import \(module)") }
        line("")
        line("extension Pages {")
        // Kept in the template's own lines and columns, so that errors in the parameters are reported there.
        if let parameters = template.parameters {
            place(parameters, "static func \(SwiftName.escaped(template.name))(into _html: inout Templates.HTML, ", "")
        } else {
            raw("static func \(SwiftName.escaped(template.name))(into _html: inout Templates.HTML")
        }
        for block in template.blocks {
            raw(",\n\(block.name): (inout Templates.HTML) -> Void")
            if block.hasDefault {
                raw(" = Templates.HTML.leaveToDefault")
            } else if !block.isRequired {
                raw(" = { _ in }")
            }
        }
        line("\n) {")
        if let parent = template.parent {
            emitPage(parent)
        } else {
            emit(template.body)
            flush()
        }
        line("}")
        if isLocated { line("#sourceLocation()") }
        line("}")
    }

    private mutating func emitPage(_ parent: Call) {
        var overrides: [String: Block] = [:]
        for node in checked.template.body {
            switch node {
            case .constant: emit([node])
            case .block(let block): overrides[block.name] = block
            default: continue
            }
        }
        if let arguments = parent.arguments {
            place(arguments, "Pages", ".\(SwiftName.escaped(parent.name))(into: &_html, ")
        } else {
            locate(parent.offset)
            raw("Pages.\(SwiftName.escaped(parent.name))(into: &_html")
        }
        for block in checked.layout?.blocks ?? [] {
            guard let filled = overrides[block.name] else { continue }
            line(",\n\(block.name): { (_html: inout Templates.HTML) -> Void in")
            emit(filled.body)
            flush()
            raw("}")
        }
        line("\n)")
    }

    // MARK: Nodes

    private mutating func emit(_ nodes: [Node]) {
        for node in nodes { emit(node) }
    }

    /// A body in braces that the caller writes, which ends with its markup written.
    private mutating func emitBody(_ nodes: [Node]) {
        emit(nodes)
        flush()
    }

    private mutating func emit(_ node: Node) {
        switch node {
        case .comment: return
        case .text(let range):
            literal += source.text(range)
            // Browsers drop one line break behind <pre> and <textarea>: this one, so that a value keeps its own.
            if checked.droppingLineBreak.contains(range.lowerBound) { literal += "\n" }
            return
        default: break
        }
        flush()
        switch node {
        case .value(let code, _):
            let writer = checked.writers[code.offset] ?? .text
            place(code, "_html", ".\(writer.rawValue)(")
            line(")")
        case .condition(let condition): emitCondition(condition)
        case .loop(let loop): emitLoop(loop)
        case .selection(let selection): emitSelection(selection)
        case .constant(let code):
            place(code, "", "let ")
            line("")
        case .include(let call): emitInclude(call)
        case .block(let block): emitBlock(block)
        case .text, .comment: break
        }
    }

    private mutating func emitCondition(_ condition: Condition) {
        for (position, branch) in condition.branches.enumerated() {
            // Nested rather than `else if`, because a source location can only stand before a statement.
            if position > 0 { line("} else {") }
            place(branch.test, "", "if ")
            line(" {")
            emitBody(branch.body)
        }
        if !condition.otherwise.isEmpty {
            line("} else {")
            emitBody(condition.otherwise)
        }
        for _ in condition.branches { line("}") }
    }

    private mutating func emitLoop(_ loop: Loop) {
        loops += 1
        let flag = "_isEmpty\(loops)"
        if loop.otherwise != nil { line("var \(flag) = true") }
        place(loop.header, "", "for ")
        line(" {")
        if loop.otherwise != nil { line("\(flag) = false") }
        emitBody(loop.body)
        line("}")
        if let otherwise = loop.otherwise {
            line("if \(flag) {")
            emitBody(otherwise)
            line("}")
        }
    }

    private mutating func emitSelection(_ selection: Selection) {
        place(selection.subject, "", "switch ")
        raw(" {")
        // A source location cannot stand before the first case, so its line is reached by line breaks.
        var line = source.location(of: max(selection.subject.range.upperBound - 1, 0)).line
        for (position, choice) in selection.cases.enumerated() {
            let start = choice.pattern?.offset ?? choice.offset
            let (wanted, column) = source.location(of: start)
            if position == 0 {
                raw(String(repeating: "\n", count: wanted - line))
                line = wanted
            } else {
                locate(start)
            }
            if let pattern = choice.pattern {
                pad(to: column, before: "case ")
                raw(source.text(pattern.range))
            } else {
                raw("default")
            }
            self.line(":")
            let before = output.utf8.count
            emitBody(choice.body)
            if output.utf8.count == before { self.line("break") }
        }
        self.line("}")
    }

    private mutating func emitInclude(_ call: Call) {
        if let arguments = call.arguments {
            place(arguments, "Pages", ".\(SwiftName.escaped(call.name))(into: &_html, ")
            line(")")
        } else {
            locate(call.offset)
            line("Pages.\(SwiftName.escaped(call.name))(into: &_html)")
        }
    }

    private mutating func emitBlock(_ block: Block) {
        line("\(SwiftName.escaped(block.name))(&_html)")
        guard block.hasDefault else { return }
        line("if _html.takeDefaultWanted() {")
        emitBody(block.body)
        line("}")
    }

    // MARK: Lines

    /// Writes code at its own line and, where the page is wide enough for what must precede it, its own column.
    ///
    /// - Parameters:
    ///   - above: What may as well stand on the line before.
    ///   - prefix: What must stand on the line of the code, where errors in the call as a whole are reported.
    private mutating func place(_ code: Code, _ above: String, _ prefix: String) {
        let (line, column) = source.location(of: code.offset)
        if line > 1, !above.isEmpty {
            locate(line: line - 1)
            self.line(above)
            pad(to: column, before: prefix)
        } else {
            // There is no line above the first.
            locate(line: line)
            pad(to: column, before: above + prefix)
        }
        raw(source.text(code.range))
    }

    private mutating func pad(to column: Int, before text: String) {
        raw(String(repeating: " ", count: max(0, column - 1 - text.utf8.count)))
        raw(text)
    }

    private mutating func locate(_ offset: Int) {
        locate(line: source.location(of: offset).line)
    }

    private mutating func locate(line number: Int) {
        isLocated = true
        line("#sourceLocation(file: \(SwiftLiteral.quoted(source.path)), line: \(number))")
    }

    private mutating func raw(_ text: String) {
        output += text
    }

    private mutating func line(_ text: String) {
        output += text + "\n"
    }

    private mutating func flush() {
        guard !literal.isEmpty else { return }
        line("_html.literal(\(SwiftLiteral.quoted(literal)))")
        literal = ""
    }
}

enum SwiftLiteral {
    /// A string literal with this value.
    static func quoted(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case "\n": literal += "\\n"
            case "\r": literal += "\\r"
            case "\t": literal += "\\t"
            case "\u{0}"..."\u{1F}", "\u{7F}": literal += "\\u{\(String(scalar.value, radix: 16))}"
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}
