// The inside of a tag.
extension HTMLReader {
    mutating func readTag(_ tag: HTMLState.Tag) throws(Refusal) {
        var tag = tag
        let name = tag.element.name
        switch byte {
        case _ where byte.isSpace:
            tag.gap = .space
            state.place = .tag(tag)
            index += 1
        case UInt8(ascii: ">"):
            index += 1
            try open(tag, isSelfClosed: false)
        case UInt8(ascii: "/"):
            guard byte(at: index + 1) == UInt8(ascii: ">") else { throw Refusal(index, "a stray '/' in <\(name)>") }
            index += 2
            try open(tag, isSelfClosed: true)
        case UInt8(ascii: "="), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "<"):
            throw Refusal(index, "a stray '\(Character(Unicode.Scalar(byte)))' in <\(name)>")
        default:
            guard tag.gap == .space else { throw Refusal(index, "a space is missing before this attribute") }
            try readAttribute(&tag)
        }
    }

    private mutating func readAttribute(_ tag: inout HTMLState.Tag) throws(Refusal) {
        let start = index
        while index < end, !byte.isSpace, byte != UInt8(ascii: "/"), byte != UInt8(ascii: ">"),
            byte != UInt8(ascii: "=")
        {
            guard byte != UInt8(ascii: "\""), byte != UInt8(ascii: "'"), byte != UInt8(ascii: "<") else {
                throw Refusal(index, "a stray '\(Character(Unicode.Scalar(byte)))' in <\(tag.element.name)>")
            }
            index += 1
        }
        let written = source.text(start..<index)
        guard written.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw Refusal(start, "'\(written)' cannot be the name of an attribute")
        }
        let name = written.lowercased()
        guard tag.attributes.insert(name).inserted else {
            throw Refusal(start, "the attribute \(name) is given twice")
        }
        guard index < end, byte == UInt8(ascii: "=") else {
            tag.gap = .attributeName
            state.place = .tag(tag)
            return
        }
        index += 1
        let rule = HTMLRules.rule(forAttribute: name, of: tag.element.name)
        guard index < end else { return finish(.unquotedValue, at: start) }
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
            index += 1
            let attribute = HTMLState.Attribute(name: name, quote: source.bytes[index - 1], rule: rule, offset: index)
            state.place = .value(tag, attribute)
        } else {
            try readUnquoted(tag, HTMLState.Attribute(name: name, quote: 0, rule: rule, offset: index))
        }
    }

    private mutating func readUnquoted(_ tag: HTMLState.Tag, _ attribute: HTMLState.Attribute) throws(Refusal) {
        var attribute = attribute
        let start = index
        while index < end, !byte.isSpace, byte != UInt8(ascii: ">") {
            guard
                ![UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "<"), UInt8(ascii: "="), UInt8(ascii: "`")]
                    .contains(byte)
            else { throw Refusal(start, "the value of \(attribute.name) needs quotes") }
            try feed(&attribute)
            index += 1
        }
        guard index < end else { return finish(.unquotedValue, at: start) }
        guard index > start else { throw Refusal(start, "the value of \(attribute.name) is missing") }
        try close(attribute, of: tag)
    }

    mutating func readValue(_ tag: HTMLState.Tag, _ attribute: HTMLState.Attribute) throws(Refusal) {
        var attribute = attribute
        while index < end {
            if byte == attribute.quote {
                index += 1
                return try close(attribute, of: tag)
            }
            try feed(&attribute)
            index += 1
        }
        state.place = .value(tag, attribute)
    }

    /// Follows one byte of a value.
    private func feed(_ attribute: inout HTMLState.Attribute) throws(Refusal) {
        let isAmpersandReference = matches(Array("&amp;".utf8), at: index)
        switch attribute.rule {
        case .url, .resourceURL:
            if let refusal = attribute.url.read(byte, isAmpersandReference: isAmpersandReference) {
                throw Refusal(index, refusal)
            }
        case .sourceSet:
            if attribute.isDescriptor {
                if byte == UInt8(ascii: ",") {
                    attribute.isDescriptor = false
                    attribute.url = .start
                }
            } else if byte.isSpace, attribute.url != .start {
                // A comma at the end of a URL ends the picture, too (HTML, 4.8.4.2.2).
                attribute.isDescriptor = source.bytes[index - 1] != UInt8(ascii: ",")
                attribute.url = .start
            } else if let refusal = attribute.url.read(byte, isAmpersandReference: isAmpersandReference) {
                throw Refusal(index, refusal)
            }
        case .refused where attribute.name == "type" || attribute.name == "http-equiv":
            guard byte != UInt8(ascii: "&") else {
                throw Refusal(index, "write \(attribute.name)= without character references")
            }
            attribute.watched.unicodeScalars.append(Unicode.Scalar(byte))
        case .text, .style, .refused: break
        }
    }

    private mutating func close(_ attribute: HTMLState.Attribute, of tag: HTMLState.Tag) throws(Refusal) {
        var tag = tag
        tag.gap = .value
        let value = attribute.watched.filter { !$0.isWhitespace }.lowercased()
        if attribute.name == "type" { tag.scriptType = value }
        if attribute.name == "http-equiv", value == "refresh" { tag.isRefresh = true }
        state.place = .tag(tag)
    }

    /// Behind the `>` of a start tag.
    private mutating func open(_ tag: HTMLState.Tag, isSelfClosed: Bool) throws(Refusal) {
        let element = tag.element
        state.place = .content
        if tag.isRefresh, let value = tag.contentValue {
            throw Refusal(value, "a value cannot stand in the content of <meta http-equiv=\"refresh\">")
        }
        if HTMLRules.void.contains(element.name) { return }
        let isForeign = state.isForeign || element.name == "svg" || element.name == "math"
        if isSelfClosed {
            guard isForeign else { throw Refusal(element.offset, "<\(element.name)/> is not closed by its slash") }
            return
        }
        switch element.name {
        case "title" where !isForeign, "textarea":
            state.place = .escapableText(element)
            dropsLineBreak = element.name == "textarea"
        case "script" where HTMLRules.isJSON(scriptType: tag.scriptType):
            state.place = .json(element, inString: false, afterBackslash: false)
        case "script", "style", "iframe":
            try readRawText(element)
        default:
            state.elements.append(element)
            dropsLineBreak = element.name == "pre"
        }
    }
}
