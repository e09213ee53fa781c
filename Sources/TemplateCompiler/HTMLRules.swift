/// What HTML says about elements and attributes, as far as it decides how a value must be written.
enum HTMLRules {
    /// Elements without content (HTML, 13.1.2).
    static let void: Set<String> = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
    ]

    /// Obsolete elements whose content browsers read by rules of their own.
    static let refused: Set<String> = ["xmp", "plaintext", "noembed", "noframes", "listing", "frameset", "frame"]

    /// Elements that, met inside `<svg>`, make a browser leave it (HTML, 13.2.6.5).
    static let leavingForeign: Set<String> = [
        "b", "big", "blockquote", "body", "br", "center", "code", "dd", "div", "dl", "dt", "em", "embed", "h1", "h2",
        "h3", "h4", "h5", "h6", "head", "hr", "i", "img", "li", "menu", "meta", "nobr", "ol", "p", "pre", "ruby", "s",
        "small", "span", "strong", "strike", "sub", "sup", "table", "tt", "u", "ul", "var",
        "script", "style", "textarea", "iframe", "noscript", "select", "template",
    ]

    /// Elements inside `<svg>` whose content is HTML again.
    static let integrationPoints: Set<String> = ["foreignobject", "desc", "title"]

    /// Attributes that are on whatever their value is.
    private static let boolean: Set<String> = [
        "allowfullscreen", "async", "autofocus", "autoplay", "checked", "controls", "default", "defer", "disabled",
        "formnovalidate", "hidden", "inert", "ismap", "itemscope", "loop", "multiple", "muted", "nomodule",
        "novalidate", "open", "playsinline", "readonly", "required", "reversed", "selected",
    ]

    private static let url: Set<String> = [
        "action", "archive", "attributionsrc", "background", "cite", "classid", "codebase", "data", "dynsrc",
        "formaction", "href", "icon", "itemid", "itemtype", "longdesc", "lowsrc", "manifest", "ping", "poster",
        "profile", "src", "usemap",
    ]

    /// URLs the page itself loads and obeys; any site that answers there rules the page.
    private static let resource: Set<String> = [
        "base href", "embed src", "frame src", "iframe src", "link href", "object data", "object codebase",
        "script src", "script href",
    ]

    private static let animation: Set<String> = ["animate", "animatemotion", "animatetransform", "set"]

    /// How values in an attribute are written, or why there can be none.
    enum ValueRule: Equatable {
        case text
        case url
        case resourceURL
        case sourceSet
        case style
        case refused(String)
    }

    static func rule(forAttribute attribute: String, of element: String) -> ValueRule {
        // `svg:href` and `xlink:href` are `href`.
        let name = attribute.split(separator: ":").last.map(String.init) ?? attribute
        if attribute.hasPrefix("data-") || attribute.hasPrefix("aria-") { return .text }
        if attribute.hasPrefix("on") || name.hasPrefix("on") {
            return .refused("a value cannot stand in \(attribute)=; put it into a data- attribute")
        }
        if animation.contains(element),
            ["attributename", "by", "from", "href", "to", "values"].contains(name)
        {
            return .refused("a value cannot stand in \(attribute)= of <\(element)>, which can set any attribute")
        }
        switch (element, name) {
        case (_, "srcdoc"): return .refused("a value cannot stand in srcdoc=")
        case (_, "style"): return .style
        case (_, "srcset"), (_, "imagesrcset"): return .sourceSet
        case (_, "xmlns"): return .refused("a value cannot stand in xmlns=")
        case ("meta", "http-equiv"): return .refused("a value cannot stand in http-equiv=")
        case ("script", "type"): return .refused("a value cannot stand in type= of <script>")
        case ("iframe", "sandbox"): return .refused("a value cannot stand in sandbox=")
        default: break
        }
        if resource.contains("\(element) \(name)") { return .resourceURL }
        if url.contains(name) { return .url }
        if boolean.contains(name) {
            return .refused("\(attribute)= is on whatever its value is; write {% if … %} \(attribute){% endif %}")
        }
        return .text
    }

    /// Whether a script of this type is data for others to read.
    static func isJSON(scriptType: String) -> Bool {
        ["application/json", "application/ld+json"].contains(scriptType.lowercased())
    }
}
