// Compiled from selection.html; edit that.
import Templates

extension Pages {
    #sourceLocation(file:"selection.html",line:1)
    static func selection(
        into _html: inout Templates.HTML,
        state: State
    ) {
        #sourceLocation(file:"selection.html",line:2)
        switch state {

        case .running(let percent) where percent > 0:
            _html.literal("<hr style=\"width: ")
            #sourceLocation(file:"selection.html",line:5)
            _html
                .number(percent)
            _html.literal("%\">\n")
            #sourceLocation(file:"selection.html",line:7)
        case .queued,
            .done:
            break
            #sourceLocation(file:"selection.html",line:9)
        default:
            _html.literal("Other\n")
        }
        #sourceLocation(file:"selection.html",line:12)
        switch state {
        default:
            #sourceLocation(file:"selection.html",line:11)
            _html
                .text(state.name)
        }
        _html.literal("\n")
    }
    #sourceLocation()
}
