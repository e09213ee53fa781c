// Compiled from page.html; edit that.
import Templates

extension Pages {
    #sourceLocation(file:"page.html",line:1)
    static func page(
        into _html: inout Templates.HTML,
        cards: [Card],
        below: (inout Templates.HTML) -> Void = Templates.HTML.leaveToDefault
    ) {
        #sourceLocation(file:"page.html",line:3)
        let count = cards.count
        #sourceLocation(file:"page.html",line:1)
        Pages
            .frame(
                into: &_html,
                title: "\(cards.count) cards",
                nonce: "x",
                body: { (_html: inout Templates.HTML) -> Void in
                    #sourceLocation(file:"page.html",line:4)
                    _html
                        .text(count)
                    _html.literal("\n")
                    #sourceLocation(file:"page.html",line:6)
                    for card in cards {
                        #sourceLocation(file:"page.html",line:6)
                        Pages
                            .fragment(into: &_html, card: card)
                    }
                    #sourceLocation(file:"page.html",line:9)
                    Pages.plain(into: &_html)
                    below(&_html)
                    if _html.takeDefaultWanted() {
                        _html.literal("Nothing below")
                    }
                    _html.literal("\n")
                }
            )
    }
    #sourceLocation()
}
