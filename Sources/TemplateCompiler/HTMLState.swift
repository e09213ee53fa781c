/// Where in an HTML document the output stands between two nodes of a template.
struct HTMLState {
    var place: Place = .content
    /// The elements whose content is being written, outermost first.
    var elements: [OpenElement] = []
    /// How many of them were opened by somebody else, so that they cannot be closed here.
    var floor = 0

    /// An element to be closed; where it was opened does not make it another one.
    struct OpenElement: Equatable {
        let name: String
        let offset: Int

        static func == (one: Self, other: Self) -> Bool { one.name == other.name }
    }

    enum Place: Equatable {
        /// Between tags.
        case content
        /// In `<title>` or `<textarea>`.
        case escapableText(OpenElement)
        /// In a script that is data.
        case json(OpenElement, inString: Bool, afterBackslash: Bool)
        /// Between the attributes of a tag.
        case tag(Tag)
        /// In a quoted attribute value.
        case value(Tag, Attribute)
        /// In the middle of what a template tag cannot interrupt.
        case unfinished(Unfinished, offset: Int)
    }

    struct Tag: Equatable {
        enum Gap: Equatable {
            case space, tagName, attributeName, value
        }

        let element: OpenElement
        /// What was written last.
        var gap = Gap.tagName
        var attributes: Set<String> = []
        /// The static `type` of a script.
        var scriptType = ""
        var isRefresh = false
        /// The first value in the `content` of a `<meta>`.
        var contentValue: Int?
    }

    struct Attribute: Equatable {
        let name: String
        let quote: UInt8
        let rule: HTMLRules.ValueRule
        /// Where the value began.
        let offset: Int
        var url = URLState.start
        /// Within a srcset: behind the URL of a picture.
        var isDescriptor = false
        /// What was written, of the attributes that decide how others are read.
        var watched = ""
    }

    enum Unfinished: Equatable {
        case tagName, closingTag, unquotedValue, comment, declaration
        case raw(String)
    }

    /// Whether the content of `<svg>` or `<math>` is being written.
    var isForeign: Bool {
        for element in elements.reversed() {
            if element.name == "svg" || element.name == "math" { return true }
            if HTMLRules.integrationPoints.contains(element.name) { return false }
        }
        return false
    }

    /// The state that is safe to go on from when either may be the case; `nil` if there is none.
    static func join(_ one: HTMLState, _ other: HTMLState) -> HTMLState? {
        guard one.elements == other.elements, let place = Place.join(one.place, other.place) else { return nil }
        var joined = one
        joined.place = place
        return joined
    }
}

extension HTMLState: Equatable {}

extension HTMLState.Place {
    static func join(_ one: Self, _ other: Self) -> Self? {
        switch (one, other) {
        case (.tag(let tag), .tag(let otherTag)):
            return HTMLState.Tag.join(tag, otherTag).map { .tag($0) }
        case (.value(let tag, let attribute), .value(let otherTag, let otherAttribute)):
            guard let tag = HTMLState.Tag.join(tag, otherTag) else { return nil }
            return HTMLState.Attribute.join(attribute, otherAttribute).map { .value(tag, $0) }
        default:
            return one == other ? one : nil
        }
    }
}

extension HTMLState.Tag {
    static func join(_ one: Self, _ other: Self) -> Self? {
        guard one.element == other.element, one.element.offset == other.element.offset else { return nil }
        guard one.scriptType == other.scriptType else { return nil }
        var joined = one
        if one.gap != other.gap { joined.gap = .value }
        joined.attributes.formUnion(other.attributes)
        joined.isRefresh = one.isRefresh || other.isRefresh
        joined.contentValue = one.contentValue ?? other.contentValue
        return joined
    }
}

extension HTMLState.Attribute {
    static func join(_ one: Self, _ other: Self) -> Self? {
        guard one.name == other.name, one.offset == other.offset, one.isDescriptor == other.isDescriptor,
            one.watched == other.watched
        else { return nil }
        var joined = one
        joined.url = .join(one.url, other.url)
        return joined
    }
}

extension HTMLState: CustomStringConvertible {
    /// For messages: "the content of <div>, <p>".
    var description: String {
        switch place {
        case .content where elements.isEmpty: "outside any element"
        case .content: "in " + elements.map { "<\($0.name)>" }.joined(separator: " ")
        case .escapableText(let element), .json(let element, _, _): "in the text of <\(element.name)>"
        case .tag(let tag) where !tag.scriptType.isEmpty: "in the tag <script type=\"\(tag.scriptType)\">"
        case .tag(let tag): "in the tag <\(tag.element.name)>"
        case .value(let tag, let attribute): "in the attribute \(attribute.name) of <\(tag.element.name)>"
        case .unfinished(let what, _): "in \(what.description)"
        }
    }
}

extension HTMLState.Unfinished: CustomStringConvertible {
    var description: String {
        switch self {
        case .tagName: "a tag name"
        case .closingTag: "a closing tag"
        case .unquotedValue: "an attribute without quotes"
        case .comment: "an HTML comment"
        case .declaration: "a declaration"
        case .raw(let element): element == "script" ? "a running script" : "<\(element)>"
        }
    }

    /// Why no value can stand here.
    var refusal: String {
        switch self {
        case .tagName, .closingTag: "a value cannot be part of a tag name"
        case .unquotedValue: "an attribute with a value in it needs quotes: name=\"{{ … }}\""
        case .comment: "a value cannot stand in an HTML comment; use {# … #}"
        case .declaration: "a value cannot stand in a declaration"
        case .raw("script"):
            "a value cannot stand in a running script; use <script type=\"application/json\"> or a data- attribute"
        case .raw("style"): "a value cannot stand in <style>; use a class, or style=\"width: {{ number }}%\""
        case .raw(let element): "a value cannot stand in <\(element)>"
        }
    }
}
