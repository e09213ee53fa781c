/// The functions of `HTML` that write a value, one for each kind of place.
enum Writer: String {
    case text, escapableText, attribute, url, sourceURL, resourceURL, urlComponent, number, json
}

extension HTMLState {
    /// How a value is written here. Goes on to the state behind it.
    mutating func readValue(offset: Int) throws(Refusal) -> Writer {
        switch place {
        case .content: return .text
        case .escapableText: return .escapableText
        case .json(_, let inString, _):
            guard !inString else { throw Refusal(offset, "a value in JSON brings its own quotes") }
            return .json
        case .tag(let tag):
            let name = tag.element.name
            guard tag.gap != .tagName else { throw Refusal(offset, "a value cannot be part of a tag name") }
            throw Refusal(
                offset,
                "a value cannot be an attribute name of <\(name)>; write {% if … %} checked{% endif %}"
            )
        case .value(var tag, var attribute):
            let writer = try attribute.readValue(offset: offset)
            if tag.element.name == "meta", attribute.name == "content", tag.contentValue == nil {
                tag.contentValue = offset
            }
            place = .value(tag, attribute)
            return writer
        case .unfinished(let what, _): throw Refusal(offset, what.refusal)
        }
    }
}

extension HTMLState.Attribute {
    fileprivate mutating func readValue(offset: Int) throws(Refusal) -> Writer {
        switch rule {
        case .text: return .attribute
        case .style: return .number
        case .refused(let message): throw Refusal(offset, message)
        case .url: return try readURL(offset: offset, start: .url)
        case .resourceURL: return try readURL(offset: offset, start: .resourceURL)
        case .sourceSet: return isDescriptor ? .number : try readURL(offset: offset, start: .sourceURL)
        }
    }

    private mutating func readURL(offset: Int, start: Writer) throws(Refusal) -> Writer {
        let writer = url == .start ? start : .urlComponent
        if let refusal = url.readValue(isResource: start == .resourceURL) { throw Refusal(offset, refusal) }
        return writer
    }
}
