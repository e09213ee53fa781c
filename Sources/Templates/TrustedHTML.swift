/// Markup that is written unescaped, because of where it comes from: a literal of ours, or a template.
public struct TrustedHTML: Sendable {
    private enum Origin {
        case literal(StaticString)
        case rendered([UInt8])
    }

    private let origin: Origin

    public init(_ markup: StaticString) {
        origin = .literal(markup)
    }

    /// What templates have written into a buffer of its own.
    public init(_ html: consuming HTML) {
        origin = .rendered(html.bytes())
    }

    func write(into html: inout HTML) {
        switch origin {
        case .literal(let markup): html.literal(markup)
        case .rendered(let bytes):
            bytes.withUnsafeBufferPointer { buffer in
                if let start = buffer.baseAddress { html.append(start, count: buffer.count) }
            }
        }
    }
}
