/// What a template needs to know of the layout it extends.
struct Layout {
    let blocks: [Block]
    /// Where each block stands, hence how its content is written.
    let states: [String: HTMLState]
}

/// A template whose every value has its writer.
struct CheckedTemplate {
    let template: Template
    let layout: Layout?
    /// By the offset of the value.
    let writers: [Int: Writer]
    /// By their first offset: stretches of markup behind which a browser drops a line break.
    let droppingLineBreak: Set<Int>
    let blockStates: [String: HTMLState]

    var asLayout: Layout { Layout(blocks: template.blocks, states: blockStates) }
}

/// Walks a template along all its branches at once and decides from the HTML how each value is written.
struct ContextWalk {
    private let template: Template
    private let source: TemplateSource
    private let layout: Layout?
    private let templateNames: Set<String>
    private var writers: [Int: Writer] = [:]
    private var droppingLineBreak: Set<Int> = []
    private var blockStates: [String: HTMLState] = [:]

    private init(_ template: Template, layout: Layout?, templateNames: Set<String>) {
        self.template = template
        source = template.source
        self.layout = layout
        self.templateNames = templateNames
    }

    static func check(
        _ template: Template,
        layout: Layout?,
        templateNames: Set<String>
    ) throws(Refusal) -> CheckedTemplate {
        var walk = ContextWalk(template, layout: layout, templateNames: templateNames)
        if let parent = template.parent, let layout {
            try walk.checkOverrides(of: layout, named: parent)
        } else {
            var state = HTMLState()
            try walk.walk(template.body, &state)
            try walk.requireClosed(state, end: template.source.bytes.count)
        }
        return CheckedTemplate(
            template: template,
            layout: layout,
            writers: walk.writers,
            droppingLineBreak: walk.droppingLineBreak,
            blockStates: walk.blockStates
        )
    }

    // MARK: Pages

    private mutating func checkOverrides(of layout: Layout, named parent: Call) throws(Refusal) {
        var filled: Set<String> = []
        for case .block(let block) in template.body {
            guard let state = layout.states[block.name] else {
                throw Refusal(block.offset, "'\(parent.name)' has no block '\(block.name)'")
            }
            guard filled.insert(block.name).inserted else {
                throw Refusal(block.offset, "there are two blocks '\(block.name)'")
            }
            try walkBlock(block, from: state)
        }
        for block in layout.blocks where block.isRequired && !filled.contains(block.name) {
            throw Refusal(parent.offset, "'\(parent.name)' requires the block '\(block.name)'")
        }
    }

    private mutating func walkBlock(_ block: Block, from start: HTMLState) throws(Refusal) {
        var state = start
        state.floor = state.elements.count
        let before = state
        try walk(block.body, &state)
        guard state.place == before.place, state.elements == before.elements else {
            try requireClosed(state, end: block.offset)
            throw Refusal(block.offset, "the block '\(block.name)' does not end where it began, \(before)")
        }
    }

    private func requireClosed(_ state: HTMLState, end: Int) throws(Refusal) {
        switch state.place {
        case .content: break
        case .unfinished(let what, let offset): throw Refusal(offset, "\(what) is never closed")
        case .escapableText(let element), .json(let element, _, _):
            throw Refusal(element.offset, "<\(element.name)> is never closed")
        case .tag(let tag): throw Refusal(tag.element.offset, "the tag <\(tag.element.name)> is never closed")
        case .value(_, let attribute):
            throw Refusal(attribute.offset, "the value of \(attribute.name) is never closed")
        }
        if state.elements.count > state.floor, let element = state.elements.last {
            throw Refusal(element.offset, "<\(element.name)> is never closed")
        }
    }

    // MARK: Nodes

    private mutating func walk(_ nodes: [Node], _ state: inout HTMLState) throws(Refusal) {
        for node in nodes { try walk(node, &state) }
    }

    private mutating func walk(_ node: Node, _ state: inout HTMLState) throws(Refusal) {
        switch node {
        case .text(let range):
            if try HTMLReader.read(range, of: source, in: &state) { droppingLineBreak.insert(range.lowerBound) }
            return
        case .value(let code, let offset):
            writers[code.offset] = try state.readValue(offset: offset)
            return
        default: break
        }
        // Everything else may interrupt the markup only where the parts cannot join to something new.
        if case .unfinished(let what, _) = state.place {
            throw Refusal(node.offset, "a template tag cannot stand in \(what)")
        }
        switch node {
        case .condition(let condition): try walkCondition(condition, &state)
        case .loop(let loop): try walkLoop(loop, &state)
        case .selection(let selection): try walkSelection(selection, &state)
        case .include(let call): try checkInclude(call, state)
        case .block(let block): try declare(block, &state)
        case .text, .comment, .value, .constant: break
        }
    }

    private mutating func walkCondition(_ condition: Condition, _ state: inout HTMLState) throws(Refusal) {
        var ends: [HTMLState] = []
        for body in condition.branches.map(\.body) + [condition.otherwise] {
            var end = state
            try walk(body, &end)
            ends.append(end)
        }
        state = try join(ends, offset: condition.offset, what: "the branches of this {% if %}")
    }

    private mutating func walkSelection(_ selection: Selection, _ state: inout HTMLState) throws(Refusal) {
        var ends: [HTMLState] = []
        for choice in selection.cases {
            var end = state
            try walk(choice.body, &end)
            ends.append(end)
        }
        state = try join(ends, offset: selection.offset, what: "the cases of this {% switch %}")
    }

    /// The body may run any number of times, so it must be right in every state it leaves behind as well.
    private mutating func walkLoop(_ loop: Loop, _ state: inout HTMLState) throws(Refusal) {
        var before = state
        while true {
            var end = before
            try walk(loop.body, &end)
            let next = try join([before, end], offset: loop.offset, what: "the rounds of this {% for %}")
            if next == before { break }
            before = next
        }
        if let otherwise = loop.otherwise {
            try walk(otherwise, &state)
            before = try join([before, state], offset: loop.offset, what: "this {% for %} and its {% else %}")
        }
        state = before
    }

    private func join(_ states: [HTMLState], offset: Int, what: String) throws(Refusal) -> HTMLState {
        guard var joined = states.first else { return HTMLState() }
        for state in states.dropFirst() {
            guard let next = HTMLState.join(joined, state) else {
                throw Refusal(offset, "\(what) end in different places: \(joined) and \(state)")
            }
            joined = next
        }
        return joined
    }

    private func checkInclude(_ call: Call, _ state: HTMLState) throws(Refusal) {
        guard templateNames.contains(call.name) else {
            throw Refusal(call.offset, "there is no template '\(call.name)'")
        }
        guard state.place == .content else {
            throw Refusal(call.offset, "a template can only be included between tags, not \(state)")
        }
    }

    private mutating func declare(_ block: Block, _ state: inout HTMLState) throws(Refusal) {
        switch state.place {
        case .content, .escapableText: break
        default: throw Refusal(block.offset, "a block can only stand between tags or in <title>, not \(state)")
        }
        blockStates[block.name] = state
        try walkBlock(block, from: state)
    }
}
