/// A route's path, taken apart.
struct RoutePattern: Sendable {
    enum Segment: Hashable, Sendable {
        case literal(String)
        case parameter
        /// Everything that is left, at least one segment.
        case tail
    }
    let text: String
    let segments: [Segment]
    let names: [String]

    init(_ text: String) {
        precondition(text.utf8.first == ASCII.slash, "\(text) does not begin with a slash")
        var segments: [Segment] = []
        var names: [String] = []
        for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            precondition(segments.last != .tail, "\(text) goes on after its tail")
            guard part.first == "{", part.last == "}" else {
                precondition(
                    part.utf8.allSatisfy { ByteSet.unreserved.contains($0) },
                    "\(text) has a segment that clients would write in another way"
                )
                segments.append(.literal(String(part)))
                continue
            }
            let isTail = part.hasSuffix("...}")
            segments.append(isTail ? .tail : .parameter)
            names.append(String(part.dropFirst().dropLast(isTail ? 4 : 1)))
        }
        precondition(Set(names).count == names.count && !names.contains(""), "\(text) has unclear parameters")
        (self.text, self.segments, self.names) = (text, segments, names)
    }
}

/// Patterns as a tree of segments: a request is matched in one walk along its path.
struct RouteTree: Sendable {
    enum Match: Equatable {
        case found(route: Int, values: [String])
        case notFound
        case notAllowed([Method])
    }

    private struct Node: Sendable {
        var literals: [(name: [UInt8], node: Int)] = []
        var parameter: Int?
        var tail: Int?
        /// By `Method.index`.
        var routes = [Int?](repeating: nil, count: Method.all.count)

        var answers: Bool { routes.contains { $0 != nil } }

        func route(for method: Method) -> Int? {
            routes[method.index] ?? (method == .head ? routes[Method.get.index] : nil)
        }
    }
    private var nodes = [Node()]

    mutating func insert(_ method: Method, _ pattern: RoutePattern, route: Int) {
        var node = 0
        for segment in pattern.segments { node = child(of: node, segment) }
        precondition(nodes[node].routes[method.index] == nil, "\(method) \(pattern.text) is routed twice")
        nodes[node].routes[method.index] = route
    }

    private mutating func child(of node: Int, _ segment: RoutePattern.Segment) -> Int {
        let new = nodes.count
        switch segment {
        case .literal(let name):
            let name = Array(name.utf8)
            if let known = nodes[node].literals.first(where: { $0.name == name }) { return known.node }
            nodes[node].literals.append((name, new))
        case .parameter:
            if let known = nodes[node].parameter { return known }
            nodes[node].parameter = new
        case .tail:
            if let known = nodes[node].tail { return known }
            nodes[node].tail = new
        }
        nodes.append(Node())
        return new
    }

    /// `path` is percent-encoded and begins with a slash.
    func match(_ method: Method, _ path: ArraySlice<UInt8>) -> Match {
        guard path.first == ASCII.slash else { return .notFound }
        var search = Search(method: method)
        if let route = walk(0, path.dropFirst(), &search) {
            return .found(route: route, values: search.values.map { percentDecoded($0) ?? "" })
        }
        return search.allowed.isEmpty ? .notFound : .notAllowed(search.allowed)
    }

    private struct Search {
        let method: Method
        var values: [ArraySlice<UInt8>] = []
        /// Of the paths that fit but for the method.
        var allowed: [Method] = []
    }

    private func walk(_ node: Int, _ rest: ArraySlice<UInt8>, _ search: inout Search) -> Int? {
        let end = rest.firstIndex(of: ASCII.slash)
        let segment = rest[..<(end ?? rest.endIndex)]
        let next = end.map { rest[($0 + 1)...] }
        for (name, child) in nodes[node].literals where segment.elementsEqual(name) {
            if let route = arrive(child, next, &search) { return route }
        }
        if let child = nodes[node].parameter, !segment.isEmpty {
            search.values.append(segment)
            if let route = arrive(child, next, &search) { return route }
            search.values.removeLast()
        }
        if let child = nodes[node].tail, !rest.isEmpty {
            search.values.append(rest)
            if let route = arrive(child, nil, &search) { return route }
            search.values.removeLast()
        }
        return nil
    }

    private func arrive(_ node: Int, _ rest: ArraySlice<UInt8>?, _ search: inout Search) -> Int? {
        if let rest { return walk(node, rest, &search) }
        if let route = nodes[node].route(for: search.method) { return route }
        for method in Method.all where nodes[node].route(for: method) != nil && !search.allowed.contains(method) {
            search.allowed.append(method)
        }
        if nodes[node].answers, !search.allowed.contains(.options) { search.allowed.append(.options) }
        return nil
    }

    func described(_ texts: [String]) -> [String] {
        var described = [String](repeating: "", count: texts.count)
        for node in nodes {
            for method in Method.all {
                if let route = node.routes[method.index] { described[route] = "\(method) \(texts[route])" }
            }
        }
        return described
    }
}
