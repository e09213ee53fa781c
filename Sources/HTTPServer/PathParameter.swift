/// What a route takes out of its path: `{id}` as an `Int`, a `JobID`, whatever can tell a good one from a bad one.
public protocol PathParameter: Sendable {
    /// From one decoded segment, which may hold a slash; of a `{path...}` from all that is left. `nil` if it is none.
    init?(pathSegment: String)
}

extension String: PathParameter {
    public init?(pathSegment: String) {
        guard !pathSegment.isEmpty else { return nil }
        self = pathSegment
    }
}

extension Int: PathParameter {
    /// Plain digits: `+1` and `01` are not second names of a page.
    public init?(pathSegment: String) {
        guard let value = Int(pathSegment), String(value) == pathSegment else { return nil }
        self = value
    }
}
