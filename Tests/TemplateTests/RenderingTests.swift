import Templates
import Testing

@Suite("Compiled templates")
struct RenderingTests {
    @Test func `a card shows its fields, escaped for their places`() {
        let card = Card(id: 7, isFavourite: true, state: .running(percent: 40))
        let html = rendered { Pages.card(into: &$0, card: card, isOpen: true) }
        #expect(
            html == """
                <li id="card-7" class="favourite" data-poll="/jobs/7/card">
                    <a href="/jobs/7?q=A%20%3Cred%3E%20fox%20%26%20%22friends%22">\
                <img src="/pictures/1.webp" alt="A &lt;red&gt; fox &amp; &#34;friends&#34;"></a>
                    <div class="bar" style="width: 40%"></div>
                    <p>A favourite</p>
                    <details open aria-busy="true"><summary>Good &amp; fine</summary></details>
                </li>

                """
        )
    }

    @Test(
        arguments: [
            (JobState.queued, "<p>Waiting</p>"), (.running(percent: 0), "<p>Waiting</p>"),
            (.failed(reason: "<no>"), "<p class=\"failed\">&lt;no&gt;</p>"),
        ]
    )
    func `a switch shows the case that matches`(state: JobState, expected: String) {
        #expect(rendered { Pages.card(into: &$0, card: Card(state: state)) }.contains(expected))
    }

    @Test func `an optional is shown where it is unwrapped`() {
        #expect(rendered { Pages.card(into: &$0, card: Card(note: "x < y")) }.contains("<p>x &lt; y</p>"))
        #expect(rendered { Pages.card(into: &$0, card: Card()) }.contains("<p>-</p>"))
    }

    @Test func `a page fills in a layout that fills in a layout`() {
        let html = rendered { Pages.gallery(into: &$0, cards: [Card(id: 1), Card(id: 2)]) }
        #expect(
            html.hasPrefix("<!doctype html>\n<html lang=\"en\">\n<head>\n<title>Gallery &amp; more · Site</title>\n")
        )
        #expect(html.contains("<link rel=\"stylesheet\" href=\"/site.css?v=7\">\n"))
        #expect(html.contains("<meta name=\"description\" content=\"Gallery &amp; more\">\n"))
        #expect(html.contains("<main><h1>2 pictures</h1>\n<ul>\n<li id=\"card-1\""))
        #expect(html.contains("<aside>Nothing beside Gallery &amp; more.</aside>"))
        #expect(html.hasSuffix("dataset.ready = \"{}\"</script>\n</body>\n</html>\n"))
    }

    @Test func `an empty loop shows its else, and parameters have defaults`() {
        let html = rendered { Pages.gallery(into: &$0, cards: []) }
        #expect(html.contains("<ul>\n    <li class=\"none\">Nothing on page 1.</li>\n</ul>"))
    }

    @Test func `blocks given by Swift code replace the defaults`() {
        let html = rendered { html in
            Pages.layout(
                into: &html,
                title: "T",
                nonce: "n\"",
                heading: { $0.literal("H") },
                head: { _ in },
                body: { Pages.spacing(into: &$0, names: []) }
            )
        }
        #expect(html.contains("<title>H · Site</title>"))
        #expect(!html.contains("description"))
        #expect(html.contains("<script nonce=\"n&#34;\">"))
    }

    @Test func `a tag alone on its line takes the line and dashes take the space`() {
        let html = rendered { Pages.spacing(into: &$0, names: ["a", ""]) }
        #expect(html == "[\n  a;\n  ;\n]\n<i>some2!</i>\n&lt;a&gt;&#34;}}&#34;&lt;}}&gt;\n")
        #expect(rendered { Pages.spacing(into: &$0, names: []) } == "[\n]\n<i>none</i>\n\n")
    }

    @Test func `a template without values is a function, too`() {
        #expect(rendered { Pages.notice(into: &$0) } == "<p>Nothing changes here.</p>\n")
    }

    @Test func `a template may include itself`() {
        let node = Node(name: "a", children: [Node(name: "b", children: [Node(name: "<c>")])])
        let html = rendered { Pages.tree(into: &$0, node: node) }
        #expect(
            html == "<ul><li>0 a<ul><li>1 b<ul><li>2 &lt;c&gt;</li></ul>\n</li></ul>\n</li></ul>\n"
        )
    }

    @Test func `every place escapes in its own way`() {
        let html = rendered { html in
            Pages.places(into: &html, value: "\n\"</script>'&, javascript:x", number: .nan, settings: ["<": 1])
        }
        let escaped = "\n&#34;&lt;/script&gt;&#39;&amp;, javascript:x"
        let encoded = "%0A%22%3C%2Fscript%3E%27%26%2C%20javascript%3Ax"
        #expect(
            html == """
                <p>\(escaped)</p>
                <p title="\(escaped)" data-href='\(escaped)'><b>ok</b></p>
                <textarea>
                \(escaped)</textarea>
                <pre>
                \(escaped)</pre>
                <a href="#blocked">a</a>
                <a href="/safe">b</a>
                <a href="/search?q=\(encoded)&amp;n=2#\(encoded)">c</a>
                <a href="mailto:\(encoded)">d</a>
                <img srcset="#blocked 1x, /safe 2x, /\(encoded).webp 300w" alt="">
                <form action="#blocked"><button formaction="/safe">e</button></form>
                <hr style="width: 0%; height: 3px">
                <script type="application/json">{"value": "\\n\\"\\u003c/script\\u003e'\\u0026, javascript:x", \
                "settings": {"\\u003c":1}, "none": null}</script>
                <script src="/safe"></script>
                <svg viewBox="0 0 8 8"><title>\(escaped)</title><use href="#\(encoded)"/><path d="M0 0"/></svg>

                """
        )
    }
}
