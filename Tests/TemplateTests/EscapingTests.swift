import Templates
import Testing

@Suite("Writing values")
struct EscapingTests {
    @Test func `text escapes the five special characters at every length and position`() {
        for length in 0..<40 {
            for position in 0..<max(length, 1) {
                for special in ["&", "<", ">", "\"", "'", "é", "\u{7F}"] {
                    let plain = String(repeating: "%", count: length)
                    let text = String(plain.prefix(position)) + special + String(plain.dropFirst(position))
                    #expect(rendered { $0.text(text) } == naivelyEscaped(text))
                }
            }
        }
    }

    @Test func `text and attributes agree with a naive escaper on random strings`() {
        var generator = SeededGenerator(state: 20_261_121)
        let alphabet: [String] = [
            "&", "<", ">", "\"", "'", "a", "%", ";", "?", "=", "!", "#", "é", "\u{1F600}", "\0", "€",
        ]
        for _ in 0..<4000 {
            let length = Int.random(in: 0..<80, using: &generator)
            let text = (0..<length).map { _ in alphabet.randomElement(using: &generator) ?? "" }.joined()
            let expected = naivelyEscaped(text)
            #expect(rendered { $0.text(text) } == expected)
            #expect(rendered { $0.attribute(text) } == expected)
            #expect(rendered { $0.escapableText(text) } == expected)
            #expect(rendered { $0.urlComponent(text) } == naivelyEncoded(text))
        }
    }

    @Test func `every byte value passes through words of eight`() {
        for value in UInt8.min...0x7F {
            let text = "0123456" + String(UnicodeScalar(value)) + "89abcdef" + String(UnicodeScalar(value))
            #expect(rendered { $0.text(text) } == naivelyEscaped(text))
        }
    }

    @Test func `a bridged, a small and a cut string are all written`() {
        let long = String(repeating: "<long>", count: 2000)
        #expect(
            rendered { $0.text(long.dropFirst(3).dropLast(4)) } == naivelyEscaped(String(long.dropFirst(3).dropLast(4)))
        )
        #expect(rendered { $0.text(Character("<")) } == "&lt;")
        #expect(rendered { $0.text("") } == "")
    }

    @Test func `whole numbers are written to their limits`() {
        #expect(rendered { $0.text(Int.min) } == "-9223372036854775808")
        #expect(rendered { $0.text(UInt64.max) } == "18446744073709551615")
        #expect(rendered { $0.text(Int8(-128)) } == "-128")
        #expect(rendered { $0.attribute(0) } == "0")
        #expect(rendered { $0.urlComponent(UInt16(10)) } == "10")
        #expect(rendered { $0.number(-1) } == "-1")
        #expect(rendered { $0.text(Int128.min) } == "-170141183460469231731687303715884105728")
    }

    @Test func `numbers in a style are never words`() {
        #expect(rendered { $0.number(0.25) } == "0.25")
        #expect(rendered { $0.number(.infinity) } == "0")
        #expect(rendered { $0.number(Double.nan) } == "0")
    }

    @Test func `trusted markup comes from literals and from templates`() {
        var part = HTML()
        part.literal("<b>")
        part.text("<")
        part.literal("</b>")
        let trusted = TrustedHTML(part)
        #expect(rendered { $0.text(trusted) } == "<b>&lt;</b>")
        #expect(rendered { $0.text(TrustedHTML("é")) } == "é")
        #expect(rendered { $0.text(TrustedHTML(HTML())) } == "")
    }

    @Test func `a buffer grows and lends what it holds`() {
        var html = HTML(capacity: 1)
        for _ in 0..<5000 { html.literal("0123456789") }
        #expect(html.count == 50_000)
        let size = html.withUnsafeBytes { $0.count }
        #expect(size == 50_000)
        #expect(html.bytes().count == 50_000)
    }

    @Test func `JSON strings are quoted and cannot end a script`() {
        #expect(
            rendered { $0.json("</script>\"\\\n\u{1}é\u{2028}\u{2029}") }
                == #""\u003c/script\u003e\"\\\n\u0001é\u2028\u2029""#
        )
        #expect(rendered { $0.json(JSONText(valid: #"{"a":"<!--&"}"#)) } == #"{"a":"\u003c!--\u0026"}"#)
        #expect(rendered { $0.json(["b": [1, 2], "a": []]) } == #"{"a":[],"b":[1,2]}"#)
        #expect(rendered { $0.json([1.5, .nan]) } == "[1.5,null]")
        #expect(rendered { $0.json([true, nil]) } == "[true,null]")
        #expect(rendered { $0.json("\u{E2}") } == "\"â\"")
    }
}

@Suite("Writing URLs")
struct URLTests {
    @Test(
        arguments: [
            "http://example.com/", "https://example.com/a?b=c#d", "HTTPS://EXAMPLE.COM", "mailto:a@b.c", "tel:+123",
            "/path", "path", "?query=a:b", "#fragment:x", "./a:b", "", "/", "a/b:c",
        ]
    )
    func `allowed URLs pass`(url: String) {
        #expect(rendered { $0.url(url) } == url)
    }

    @Test(
        arguments: [
            "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:x", "\u{1}javascript:x", "java\nscript:x",
            "java\tscript:x", "\tjavascript:x", "vbscript:x", "data:text/html,x", "file:///etc/passwd", "blob:x",
            "//host", "/\\host", "\\\\host", "\\/host", "/\t/host", "\n//host", " //host", "x:y", ":x",
            "javascript&colon:x",
            "http\u{0}:x", "jаvascript:x",
        ]
    )
    func `other URLs are blocked`(url: String) {
        #expect(rendered { $0.url(url) } == "#blocked")
        #expect(rendered { $0.sourceURL(url) } == "#blocked")
    }

    @Test func `what cannot stand in a URL is encoded`() {
        #expect(rendered { $0.url("/a b\"c'd<e>&é{|}\\^`") } == "/a%20b%22c%27d%3Ce%3E&amp;%C3%A9%7B%7C%7D%5C%5E%60")
        #expect(rendered { $0.url("/100%25") } == "/100%25")
        #expect(rendered { $0.sourceURL("/a,b c") } == "/a%2Cb%20c")
    }

    @Test func `a safe URL passes whatever its scheme and stays in its attribute`() {
        #expect(
            rendered { $0.url(SafeURL(trusting: "data:image/png;base64,AA\"==")) } == "data:image/png;base64,AA%22=="
        )
        let name = "../a b/?"
        let number = 3
        #expect(
            (("/files/\(name)/\(number)?x=\(name)") as SafeURL).text == "/files/..%2Fa%20b%2F%3F/3?x=..%2Fa%20b%2F%3F"
        )
        #expect(rendered { $0.resourceURL("/a.js") } == "/a.js")
        #expect(rendered { $0.sourceURL("/a,b" as SafeURL) } == "/a%2Cb")
    }
}

func naivelyEscaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": escaped += "&amp;"
        case "<": escaped += "&lt;"
        case ">": escaped += "&gt;"
        case "\"": escaped += "&#34;"
        case "'": escaped += "&#39;"
        default: escaped.unicodeScalars.append(scalar)
        }
    }
    return escaped
}

func naivelyEncoded(_ text: String) -> String {
    let kept = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8
    return text.utf8.map { byte in
        let digits = String(byte, radix: 16, uppercase: true)
        return kept.contains(byte) ? String(UnicodeScalar(byte)) : "%" + (digits.count == 1 ? "0" : "") + digits
    }.joined()
}
