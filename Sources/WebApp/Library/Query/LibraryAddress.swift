import Templates

extension LibraryQuery {
    /// The pairs of its address, in one order and nothing that says nothing: equal queries have equal addresses.
    var pairs: [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        if !text.isEmpty { pairs.append(("q", text)) }
        if status != .pictures { pairs.append(("status", status.rawValue)) }
        if let model { pairs.append(("model", model)) }
        if let seed { pairs.append(("seed", String(seed))) }
        if let from { pairs.append(("from", from.text)) }
        if let to { pairs.append(("to", to.text)) }
        if rating > 0 { pairs.append(("rating", String(rating))) }
        for tag in tags { pairs.append(("tag", tag.name)) }
        if let board { pairs.append(("board", String(board))) }
        if favourite { pairs.append(("favourite", "1")) }
        if trash { pairs.append(("trash", "1")) }
        if sort != .newest { pairs.append(("sort", sort.rawValue)) }
        return pairs
    }

    /// The address under which `path` shows it, with further pairs at its end.
    func address(_ path: SafeURL = "/history", _ more: [(name: String, value: String)] = []) -> SafeURL {
        var text = path.text
        for (name, value) in pairs + more {
            text += text.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
            text += ("\(name)=\(value)" as SafeURL).text
        }
        return SafeURL(trusting: text)
    }
}
