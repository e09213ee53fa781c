/// Follows static markup as a browser would, from one state to the next, and refuses what browsers read differently.
struct HTMLReader {
    let source: TemplateSource
    let end: Int
    var index: Int
    var state: HTMLState
    /// Right behind `<pre>` or `<textarea>`, where browsers drop a line break.
    var dropsLineBreak = false

    /// Reads one stretch of markup between two template tags.
    ///
    /// - Returns: whether a line break that followed at once would be dropped by browsers.
    static func read(
        _ range: Range<Int>,
        of source: TemplateSource,
        in state: inout HTMLState
    ) throws(Refusal) -> Bool {
        var reader = HTMLReader(source: source, end: range.upperBound, index: range.lowerBound, state: state)
        if case .unfinished(let what, _) = state.place {
            throw Refusal(range.lowerBound, "a template tag cannot stand in \(what.description)")
        }
        while reader.index < reader.end { try reader.step() }
        state = reader.state
        return reader.dropsLineBreak
    }

    private mutating func step() throws(Refusal) {
        dropsLineBreak = false
        switch state.place {
        case .content: try readContent()
        case .escapableText(let element): try readEscapableText(element)
        case .json(let element, let inString, let afterBackslash):
            try readJSON(element, inString: inString, afterBackslash: afterBackslash)
        case .tag(let tag): try readTag(tag)
        case .value(let tag, let attribute): try readValue(tag, attribute)
        case .unfinished: index = end
        }
    }

    var byte: UInt8 { source.bytes[index] }

    func byte(at offset: Int) -> UInt8? { offset < end ? source.bytes[offset] : nil }

    /// The offset of these bytes within the stretch, letters in either case.
    func find(_ text: String, from start: Int) -> Int? {
        let wanted = Array(text.utf8)
        var offset = start
        while offset + wanted.count <= end {
            if matches(wanted, at: offset) { return offset }
            offset += 1
        }
        return nil
    }

    func matches(_ wanted: [UInt8], at offset: Int) -> Bool {
        guard offset + wanted.count <= end else { return false }
        for (position, byte) in wanted.enumerated() {
            let found = source.bytes[offset + position]
            if found != byte, !(found.isLetter && found | 0x20 == byte) { return false }
        }
        return true
    }

    /// Reads letters up to what ends a tag name.
    private func nameEnd(from start: Int) -> Int {
        var offset = start
        while let byte = byte(at: offset), !byte.isSpace, byte != UInt8(ascii: ">"), byte != UInt8(ascii: "/") {
            offset += 1
        }
        return offset
    }

    // MARK: Content

    private mutating func readContent() throws(Refusal) {
        while index < end, byte != UInt8(ascii: "<") { index += 1 }
        guard index < end else { return }
        guard let next = byte(at: index + 1) else {
            state.place = .unfinished(.tagName, offset: index)
            index = end
            return
        }
        switch next {
        case UInt8(ascii: "/"): try readClosingTag()
        case UInt8(ascii: "!"): try readDeclaration()
        case _ where next.isLetter: try readTagName()
        default: throw Refusal(index, "write &lt; for a '<' that opens no tag")
        }
    }

    private mutating func readTagName() throws(Refusal) {
        let start = index
        let nameEnd = nameEnd(from: index + 1)
        let written = source.text(index + 1..<nameEnd)
        let name = written.lowercased()
        // Only ASCII: Unicode has letters of other scripts whose lower case is ASCII.
        guard written.utf8.allSatisfy({ $0 < 0x80 && ($0.isIdentifier || [0x2D, 0x2E, 0x3A].contains($0)) }) else {
            throw Refusal(start, "'\(written)' cannot be the name of an element")
        }
        guard !HTMLRules.refused.contains(name) else { throw Refusal(start, "<\(name)> is obsolete") }
        if state.isForeign, HTMLRules.leavingForeign.contains(name) {
            throw Refusal(start, "<\(name)> cannot stand inside <svg> or <math>")
        }
        state.place = .tag(HTMLState.Tag(element: HTMLState.OpenElement(name: name, offset: start)))
        index = nameEnd
    }

    private mutating func readClosingTag() throws(Refusal) {
        let start = index
        let (name, next) = try closingTag()
        guard let next else { return }
        guard !HTMLRules.void.contains(name) else { throw Refusal(start, "<\(name)> has no end tag") }
        guard state.elements.count > state.floor, let open = state.elements.last else {
            throw Refusal(start, "</\(name)> closes nothing")
        }
        guard open.name == name else {
            let line = source.location(of: open.offset).line
            throw Refusal(start, "</\(name)> stands where <\(open.name)> of line \(line) must be closed first")
        }
        state.elements.removeLast()
        index = next
    }

    /// The name of the closing tag here and where it ends; `nil` if the stretch ends first.
    private mutating func closingTag() throws(Refusal) -> (name: String, end: Int?) {
        let start = index
        let nameEnd = nameEnd(from: index + 2)
        let name = source.text(min(index + 2, end)..<nameEnd).lowercased()
        var offset = nameEnd
        while let byte = byte(at: offset), byte.isSpace { offset += 1 }
        guard let last = byte(at: offset) else {
            state.place = .unfinished(.closingTag, offset: start)
            index = end
            return (name, nil)
        }
        guard last == UInt8(ascii: ">"), !name.isEmpty else {
            throw Refusal(start, "a closing tag is </name> and nothing else")
        }
        return (name, offset + 1)
    }

    private mutating func readDeclaration() throws(Refusal) {
        let start = index
        if matches(Array("<!--".utf8), at: index) {
            guard let close = find("-->", from: index + 4) else { return finish(.comment, at: start) }
            let text = source.text(index + 4..<close)
            // Where these stand browsers end the comment sooner (HTML, 13.2.5.43 and following).
            guard !text.hasPrefix(">"), !text.hasPrefix("->"), !text.contains("--!>"), !text.contains("<!--") else {
                throw Refusal(start, "this comment ends sooner than it seems to")
            }
            index = close + 3
        } else if matches(Array("<!doctype".utf8), at: index) {
            guard let close = find(">", from: index) else { return finish(.declaration, at: start) }
            index = close + 1
        } else if index + 9 > end {
            finish(.declaration, at: start)
        } else {
            throw Refusal(start, "only <!doctype html> and comments begin with <!")
        }
    }

    mutating func finish(_ what: HTMLState.Unfinished, at offset: Int) {
        state.place = .unfinished(what, offset: offset)
        index = end
    }

    // MARK: Elements whose content is no markup

    private mutating func readEscapableText(_ element: HTMLState.OpenElement) throws(Refusal) {
        while index < end, byte != UInt8(ascii: "<") { index += 1 }
        guard index < end else { return }
        guard byte(at: index + 1) != nil else { return finish(.tagName, at: index) }
        guard matches(Array("</\(element.name)".utf8), at: index) else {
            throw Refusal(index, "write &lt; for a '<' in <\(element.name)>")
        }
        let start = index
        let (name, next) = try closingTag()
        guard name == element.name else { throw Refusal(start, "write &lt; for a '<' in <\(element.name)>") }
        guard let next else { return }
        state.place = .content
        index = next
    }

    private mutating func readJSON(
        _ element: HTMLState.OpenElement,
        inString: Bool,
        afterBackslash: Bool
    ) throws(Refusal) {
        var inString = inString
        var afterBackslash = afterBackslash
        while index < end, byte != UInt8(ascii: "<") {
            if afterBackslash {
                afterBackslash = false
            } else if byte == UInt8(ascii: "\\") {
                afterBackslash = inString
            } else if byte == UInt8(ascii: "\"") {
                inString.toggle()
            }
            index += 1
        }
        state.place = .json(element, inString: inString, afterBackslash: afterBackslash)
        guard index < end else { return }
        guard byte(at: index + 1) != nil else { return finish(.closingTag, at: index) }
        guard matches(Array("</script".utf8), at: index), !inString else {
            throw Refusal(index, "write \\u003c for a '<' in JSON")
        }
        let (_, next) = try closingTag()
        guard let next else { return }
        state.place = .content
        index = next
    }

    /// Reads the content of a script or a style at one go: nothing of ours can stand in it.
    mutating func readRawText(_ element: HTMLState.OpenElement) throws(Refusal) {
        let start = index
        guard let close = find("</\(element.name)", from: index) else {
            return finish(.raw(element.name), at: element.offset)
        }
        // Behind these a browser no longer takes </script> for the end (HTML, 13.2.5.20).
        for text in ["<!--", "<script"] where element.name == "script" {
            guard let odd = find(text, from: start), odd < close else { continue }
            throw Refusal(odd, "'\(text)' cannot stand in a script")
        }
        index = close
        let (name, next) = try closingTag()
        guard name == element.name else { throw Refusal(close, "a closing tag is </name> and nothing else") }
        guard let next else { return }
        state.place = .content
        index = next
    }
}
