/// Tokens in, tree out.
struct Parser {
    private struct Tag {
        let keyword: String
        let rest: Code
        let offset: Int
    }

    /// More is not a template but a mistake.
    private static let maximumDepth = 48

    private let source: TemplateSource
    private let tokens: [Token]
    private var position = 0
    private var depth = 0
    private var hasStarted = false
    private var template: Template

    private init(_ source: TemplateSource) throws(Refusal) {
        self.source = source
        tokens = try Lexer.tokens(of: source)
        template = Template(source: source, name: source.name)
    }

    static func parse(_ source: TemplateSource) throws(Refusal) -> Template {
        var parser = try Parser(source)
        return try parser.run()
    }

    private mutating func run() throws(Refusal) -> Template {
        guard SwiftName.isValid(source.name) else {
            throw Refusal(0, "'\(source.name)' cannot name a Swift function; rename the file")
        }
        let (body, end) = try nodes(until: [])
        if let end { throw Refusal(end.offset, "{% \(end.keyword) %} closes nothing") }
        template.body = body
        try template.collectBlocks()
        return template
    }

    // MARK: Sequences

    /// Reads to a tag of one of these names, which is taken, or to the end.
    private mutating func nodes(until ends: Set<String>) throws(Refusal) -> ([Node], Tag?) {
        depth += 1
        defer { depth -= 1 }
        var nodes: [Node] = []
        while position < tokens.count {
            let token = tokens[position]
            guard depth <= Self.maximumDepth else { throw Refusal(token.offset, "the tags are nested too deeply") }
            position += 1
            switch token.kind {
            case .text(let range):
                if !source.trimmed(range).isEmpty { hasStarted = true }
                nodes.append(.text(range))
            case .value(let code):
                hasStarted = true
                nodes.append(.value(code, offset: token.offset))
            case .comment: nodes.append(.comment(offset: token.offset))
            case .tag(let code):
                let tag = tag(code, offset: token.offset)
                if ends.contains(tag.keyword) { return (nodes, tag) }
                if let node = try self.node(tag) { nodes.append(node) }
            }
        }
        return (nodes, nil)
    }

    private mutating func body(of tag: Tag, until ends: Set<String>) throws(Refusal) -> ([Node], Tag) {
        let (nodes, end) = try nodes(until: ends)
        guard let end else { throw Refusal(tag.offset, "{% \(tag.keyword) %} is never closed") }
        return (nodes, end)
    }

    private func tag(_ code: Code, offset: Int) -> Tag {
        var end = code.range.lowerBound
        while end < code.range.upperBound, source.bytes[end].isIdentifier { end += 1 }
        return Tag(
            keyword: source.text(code.range.lowerBound..<end),
            rest: Code(range: source.trimmed(end..<code.range.upperBound)),
            offset: offset
        )
    }

    // MARK: Tags

    private mutating func node(_ tag: Tag) throws(Refusal) -> Node? {
        switch tag.keyword {
        case "import":
            try readImport(tag)
            return nil
        case "params":
            try readParameters(tag)
            return nil
        case "extends":
            try readExtends(tag)
            return nil
        default: break
        }
        hasStarted = true
        switch tag.keyword {
        case "if": return .condition(try condition(tag))
        case "for": return .loop(try loop(tag))
        case "switch": return .selection(try selection(tag))
        case "let":
            try requireCode(tag, "{% let name = value %} needs a name and a value")
            return .constant(tag.rest)
        case "include": return .include(try call(tag))
        case "block": return .block(try block(tag))
        case "elif", "else", "endif", "endfor", "case", "default", "endswitch", "endblock":
            throw Refusal(tag.offset, "{% \(tag.keyword) %} closes nothing")
        default: throw Refusal(tag.offset, "there is no tag '\(tag.keyword)'")
        }
    }

    private mutating func readImport(_ tag: Tag) throws(Refusal) {
        try requireTop(tag)
        let module = source.text(tag.rest.range)
        guard SwiftName.isValid(module) else { throw Refusal(tag.offset, "{% import %} needs the name of a module") }
        template.imports.append(module)
    }

    private mutating func readParameters(_ tag: Tag) throws(Refusal) {
        try requireTop(tag)
        guard template.parameters == nil else { throw Refusal(tag.offset, "{% params %} may stand only once") }
        let names = SwiftName.parameters(in: source, tag.rest.range)
        guard !names.isEmpty else {
            throw Refusal(tag.offset, "{% params %} needs names and types: {% params name: String %}")
        }
        template.parameters = tag.rest
        template.parameterNames = names
    }

    private mutating func readExtends(_ tag: Tag) throws(Refusal) {
        try requireTop(tag)
        guard template.parent == nil else { throw Refusal(tag.offset, "{% extends %} may stand only once") }
        template.parent = try call(tag)
    }

    private func requireTop(_ tag: Tag) throws(Refusal) {
        guard depth == 1, !hasStarted else {
            throw Refusal(tag.offset, "{% \(tag.keyword) %} must stand at the top of the template")
        }
    }

    private func requireCode(_ tag: Tag, _ message: String) throws(Refusal) {
        guard !tag.rest.isEmpty else { throw Refusal(tag.offset, message) }
    }

    private func requireNothing(_ tag: Tag, _ hint: String = "") throws(Refusal) {
        guard tag.rest.isEmpty else { throw Refusal(tag.offset, "{% \(tag.keyword) %} takes nothing\(hint)") }
    }

    private mutating func condition(_ tag: Tag) throws(Refusal) -> Condition {
        var condition = Condition(offset: tag.offset)
        var current = tag
        while true {
            try requireCode(current, "{% \(current.keyword) %} needs a condition")
            let (body, end) = try body(of: tag, until: ["elif", "else", "endif"])
            condition.branches.append(Condition.Branch(test: current.rest, body: body))
            if end.keyword == "elif" {
                current = end
                continue
            }
            if end.keyword == "else" {
                try requireNothing(end, "; write {% elif … %}")
                let (otherwise, last) = try self.body(of: tag, until: ["elif", "else", "endif"])
                guard last.keyword == "endif" else {
                    throw Refusal(last.offset, "{% else %} is the last branch of an {% if %}")
                }
                condition.otherwise = otherwise
                try requireNothing(last)
            } else {
                try requireNothing(end)
            }
            return condition
        }
    }

    private mutating func loop(_ tag: Tag) throws(Refusal) -> Loop {
        let words = source.text(tag.rest.range).split(whereSeparator: \.isWhitespace)
        guard words.dropFirst().dropLast().contains("in") else {
            throw Refusal(tag.offset, "{% for %} needs a name and a sequence: {% for x in xs %}")
        }
        var (body, end) = try body(of: tag, until: ["else", "endfor"])
        var otherwise: [Node]?
        if end.keyword == "else" {
            try requireNothing(end)
            let (nodes, last) = try self.body(of: tag, until: ["else", "endfor"])
            guard last.keyword == "endfor" else { throw Refusal(last.offset, "a {% for %} has one {% else %}") }
            otherwise = nodes
            end = last
        }
        try requireNothing(end)
        return Loop(offset: tag.offset, header: tag.rest, body: body, otherwise: otherwise)
    }

    private mutating func selection(_ tag: Tag) throws(Refusal) -> Selection {
        try requireCode(tag, "{% switch %} needs a value")
        var selection = Selection(offset: tag.offset, subject: tag.rest)
        let ends: Set<String> = ["case", "default", "endswitch"]
        var (before, end) = try body(of: tag, until: ends)
        for node in before {
            switch node {
            case .comment: continue
            case .text(let range) where source.trimmed(range).isEmpty: continue
            default: throw Refusal(node.offset, "nothing can stand between {% switch %} and its first {% case %}")
            }
        }
        while end.keyword != "endswitch" {
            if end.keyword == "case" {
                try requireCode(end, "{% case %} needs a pattern")
            } else {
                try requireNothing(end)
            }
            let (body, next) = try self.body(of: tag, until: ends)
            let pattern = end.keyword == "case" ? end.rest : nil
            selection.cases.append(Selection.Case(pattern: pattern, offset: end.offset, body: body))
            end = next
        }
        try requireNothing(end)
        guard !selection.cases.isEmpty else { throw Refusal(tag.offset, "{% switch %} has no {% case %}") }
        return selection
    }

    private func call(_ tag: Tag) throws(Refusal) -> Call {
        let range = tag.rest.range
        var end = range.lowerBound
        while end < range.upperBound, source.bytes[end].isIdentifier { end += 1 }
        let name = source.text(range.lowerBound..<end)
        let rest = source.trimmed(end..<range.upperBound)
        let hasArguments =
            rest.count >= 2 && source.bytes[rest.lowerBound] == UInt8(ascii: "(")
            && source.bytes[rest.upperBound - 1] == UInt8(ascii: ")")
        guard SwiftName.isValid(name), rest.isEmpty || hasArguments else {
            throw Refusal(
                tag.offset,
                "{% \(tag.keyword) %} needs a template: {% \(tag.keyword) name(argument: value) %}"
            )
        }
        var arguments: Code?
        if hasArguments {
            let inner = source.trimmed(rest.lowerBound + 1..<rest.upperBound - 1)
            if !inner.isEmpty { arguments = Code(range: inner) }
        }
        return Call(offset: tag.offset, name: name, arguments: arguments)
    }

    private mutating func block(_ tag: Tag) throws(Refusal) -> Block {
        let words = source.text(tag.rest.range).split(whereSeparator: \.isWhitespace).map(String.init)
        guard let name = words.first, SwiftName.isValid(name), words.count == 1 || words.dropFirst() == ["required"]
        else { throw Refusal(tag.offset, "{% block %} needs a name: {% block name %} or {% block name required %}") }
        let (body, end) = try body(of: tag, until: ["endblock"])
        guard end.rest.isEmpty || source.text(end.rest.range) == name else {
            throw Refusal(end.offset, "this closes the block '\(name)'")
        }
        let isRequired = words.count == 2
        let isBlank = source.isBlank(body)
        guard !isRequired || isBlank else {
            throw Refusal(tag.offset, "the required block '\(name)' has content that would never be shown")
        }
        return Block(offset: tag.offset, name: name, isRequired: isRequired, body: isBlank ? [] : body)
    }
}
