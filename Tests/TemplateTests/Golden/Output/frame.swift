// Compiled from frame.html; edit that.
import Templates

extension Pages {
    #sourceLocation(file:"frame.html",line:1)
    static func frame(
        into _html: inout Templates.HTML,
        title: String,
        nonce: String = "",
        heading: (inout Templates.HTML) -> Void = Templates.HTML.leaveToDefault,
        head: (inout Templates.HTML) -> Void = { _ in },
        body: (inout Templates.HTML) -> Void
    ) {
        _html.literal("<!doctype html>\n<title>")
        heading(&_html)
        if _html.takeDefaultWanted() {
            #sourceLocation(file:"frame.html",line:3)
            _html
                .escapableText(title)
            _html.literal(" \"quoted\" \\ back")
        }
        _html.literal("</title>\n")
        head(&_html)
        _html.literal("\n")
        body(&_html)
        _html.literal("\n<pre>\n")
        #sourceLocation(file:"frame.html",line:6)
        _html
            .text(title)
        _html.literal("</pre>\n")
    }
    #sourceLocation()
}
