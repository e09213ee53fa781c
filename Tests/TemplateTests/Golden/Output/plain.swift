// Compiled from plain.html; edit that.
import Templates

extension Pages {
    static func plain(
        into _html: inout Templates.HTML
    ) {
        _html.literal("Nothing in it is special: café, tab\there.")
    }
}
