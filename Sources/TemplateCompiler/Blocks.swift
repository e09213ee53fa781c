// Which blocks a template has, and what may stand outside of them.
extension Template {
    /// Finds the blocks others may fill in: those of a layout, and those inside what a page fills in itself.
    mutating func collectBlocks() throws(Refusal) {
        if parent == nil {
            collect(from: body)
        } else {
            try checkPage()
            for case .block(let filled) in body { collect(from: filled.body) }
        }
        try checkNames()
    }

    private mutating func collect(from nodes: [Node]) {
        for node in nodes {
            if case .block(let block) = node { blocks.append(block) }
            for body in node.bodies { collect(from: body) }
        }
    }

    /// Outside its blocks a page that fills in a layout has no place to write to.
    private func checkPage() throws(Refusal) {
        for node in body {
            switch node {
            case .block, .constant: continue
            case _ where source.isBlank([node]): continue
            default: throw Refusal(node.offset, "a page that extends a layout writes only inside its blocks")
            }
        }
    }

    /// Blocks and parameters are parameters of the same function.
    private func checkNames() throws(Refusal) {
        var names = Set(parameterNames)
        for block in blocks where !names.insert(block.name).inserted {
            let isParameter = parameterNames.contains(block.name)
            let what = isParameter ? "a parameter is named '\(block.name)' too" : "there are two blocks '\(block.name)'"
            throw Refusal(block.offset, what)
        }
    }
}

extension Node {
    /// The nodes within this one, by branch.
    fileprivate var bodies: [[Node]] {
        switch self {
        case .condition(let condition): condition.branches.map(\.body) + [condition.otherwise]
        case .loop(let loop): [loop.body, loop.otherwise ?? []]
        case .selection(let selection): selection.cases.map(\.body)
        case .block(let block): [block.body]
        case .text, .comment, .value, .constant, .include: []
        }
    }
}

extension TemplateSource {
    /// Whether nothing but white space and comments is written.
    func isBlank(_ nodes: [Node]) -> Bool {
        nodes.allSatisfy { node in
            switch node {
            case .comment: true
            case .text(let range): trimmed(range).isEmpty
            default: false
            }
        }
    }
}
