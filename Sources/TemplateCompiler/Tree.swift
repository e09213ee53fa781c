/// A template as its author thinks of it.
struct Template {
    let source: TemplateSource
    let name: String
    var imports: [String] = []
    var parameters: Code?
    var parameterNames: [String] = []
    /// The layout this page fills in.
    var parent: Call?
    var body: [Node] = []
    /// The blocks others may fill in, in the order they stand.
    var blocks: [Block] = []
}

indirect enum Node {
    case text(Range<Int>)
    case comment(offset: Int)
    case value(Code, offset: Int)
    case condition(Condition)
    case loop(Loop)
    case selection(Selection)
    case constant(Code)
    case include(Call)
    case block(Block)

    /// Where an error about the node as a whole is reported.
    var offset: Int {
        switch self {
        case .text(let range): range.lowerBound
        case .comment(let offset), .value(_, let offset): offset
        case .condition(let condition): condition.offset
        case .loop(let loop): loop.offset
        case .selection(let selection): selection.offset
        case .constant(let code): code.offset
        case .include(let call): call.offset
        case .block(let block): block.offset
        }
    }
}

/// `{% if %}`, each `{% elif %}`, `{% else %}`.
struct Condition {
    struct Branch {
        let test: Code
        let body: [Node]
    }

    let offset: Int
    var branches: [Branch] = []
    var otherwise: [Node] = []
}

/// `{% for x in xs %}`; `otherwise` is for no element at all.
struct Loop {
    let offset: Int
    let header: Code
    let body: [Node]
    let otherwise: [Node]?
}

/// `{% switch %}` and its cases; a pattern of `nil` is the default.
struct Selection {
    struct Case {
        let pattern: Code?
        let offset: Int
        let body: [Node]
    }

    let offset: Int
    let subject: Code
    var cases: [Case] = []
}

/// Another template by name, with its arguments.
struct Call {
    let offset: Int
    let name: String
    /// What stands between the parentheses.
    let arguments: Code?
}

/// A hole in a layout, or what a page puts into it.
struct Block {
    let offset: Int
    let name: String
    let isRequired: Bool
    let body: [Node]

    /// Whether anything is written when the page leaves it out.
    var hasDefault: Bool { !body.isEmpty }
}
