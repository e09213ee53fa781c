// Compiled from fragment.html; edit that.
import Templates
import JSON

extension Pages {
    #sourceLocation(file:"fragment.html",line:1)
    static func fragment(
        into _html: inout Templates.HTML,
        card: Card,
        names: [String: Int] = [:]
    ) {
        _html.literal("<li class=\"card\"")
        #sourceLocation(file:"fragment.html",line:3)
        if card.isOpen {
            _html.literal(" open")
        }
        _html.literal(">\n")
        #sourceLocation(file:"fragment.html",line:4)
        if let note = card.note {
            _html.literal("    <p>")
            #sourceLocation(file:"fragment.html",line:4)
            _html
                .text(note)
            _html.literal("</p>\n")
        } else {
            #sourceLocation(file:"fragment.html",line:6)
            if card.isOld, card.isDone {
                _html.literal("    Old\n")
            } else {
                _html.literal("    New\n")
            }
        }
        var _isEmpty1 = true
        #sourceLocation(file:"fragment.html",line:11)
        for name in names.keys.sorted() {
            _isEmpty1 = false
            _html.literal("    <a href=\"/names/")
            #sourceLocation(file:"fragment.html",line:11)
            _html
                .urlComponent(name)
            _html.literal("\">")
            #sourceLocation(file:"fragment.html",line:11)
            _html
                .text(name)
            _html.literal("</a>\n")
        }
        if _isEmpty1 {
            _html.literal("    Nobody\n")
        }
        _html.literal("</li>\n")
    }
    #sourceLocation()
}
