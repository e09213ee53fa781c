import Testing

/// A request that must be refused, and with which status.
struct RefusedRequest: Sendable, CustomTestStringConvertible {
    let what: String
    let status: Int
    let bytes: [UInt8]

    var testDescription: String { what }

    init(_ what: String, _ text: String, status: Int = 400) {
        self.what = what
        self.status = status
        bytes = Array(text.utf8)
    }

    /// A field, or several, in an otherwise proper request.
    init(_ what: String, field: String, status: Int = 400) {
        self.init(what, "GET / HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n", status: status)
    }

    /// A body after `Transfer-Encoding: chunked`.
    init(_ what: String, chunks: String, status: Int = 400) {
        self.init(what, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)", status: status)
    }
}

extension RefusedRequest {
    static let requestLines: [RefusedRequest] = [
        RefusedRequest("empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("space first", " GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("no method", "/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("two spaces after the method", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("tab after the method", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("tab in the target", "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("DEL in the target", "GET /a\u{7F}b HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("raw UTF-8 in the target", "GET /ä HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("fragment in the target", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("target without a slash", "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("asterisk but not OPTIONS", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("absolute target of another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("absolute target of another host", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("absolute target without a path", "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("absolute target without a host", "GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("broken escape", "GET /%2 HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("escape of no hex digit", "GET /%2x HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("escaped NUL", "GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("escaped invalid UTF-8", "GET /%FF HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("escaped overlong slash", "GET /%C0%AF HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("invalid UTF-8 in the query", "GET /?a=%FF HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("dot segments", "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("escaped dot segments", "GET /a/%2e%2E/b HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("single dot segment", "GET /. HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("no version", "GET /\r\nHost: a\r\n\r\n"),
        RefusedRequest("version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("version 1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
        RefusedRequest("version 01.1", "GET / HTTP/01.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("version without a dot", "GET / HTTP/11\r\nHost: a\r\n\r\n"),
        RefusedRequest("version with a comma", "GET / HTTP/1,1\r\nHost: a\r\n\r\n"),
        RefusedRequest("space after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
        RefusedRequest("version 2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", status: 505),
        RefusedRequest("version 0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", status: 505),
        RefusedRequest("version 1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", status: 505),
        RefusedRequest("unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", status: 501),
        RefusedRequest("method in lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", status: 501),
        RefusedRequest("TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", status: 501),
        RefusedRequest("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", status: 501),
        RefusedRequest("method that is no token", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n"),
        RefusedRequest("beginning of TLS", "\u{16}\u{03}\u{01}\u{02}\0\u{01}\0\u{01}\u{FC}\u{03}\u{03}"),
        RefusedRequest("bare line feed after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"),
        RefusedRequest("bare carriage return after the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n"),
    ]

    static let fields: [RefusedRequest] = [
        RefusedRequest("no Host", "GET / HTTP/1.1\r\n\r\n"),
        RefusedRequest("two Hosts", field: "Host: a"),
        RefusedRequest("empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
        RefusedRequest("Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        RefusedRequest("Host with user information", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"),
        RefusedRequest("Host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        RefusedRequest("two names in one Host", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
        RefusedRequest("Host with a port of letters", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
        RefusedRequest("Host with a port of six digits", "GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n"),
        RefusedRequest("Host with an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
        RefusedRequest("folded line", field: "X: a\r\n b"),
        RefusedRequest("folded line by a tab", field: "X: a\r\n\tb"),
        RefusedRequest("folded first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        RefusedRequest("space before the colon", field: "X : a"),
        RefusedRequest("tab before the colon", field: "X\t: a"),
        RefusedRequest("space in a name", field: "X Y: a"),
        RefusedRequest("no colon", field: "X"),
        RefusedRequest("no name", field: ": a"),
        RefusedRequest("NUL in a name", field: "X\0: a"),
        RefusedRequest("UTF-8 in a name", field: "Ä: a"),
        RefusedRequest("parenthesis in a name", field: "X(: a"),
        RefusedRequest("NUL in a value", field: "X: a\0b"),
        RefusedRequest("vertical tab in a value", field: "X: a\u{0B}b"),
        RefusedRequest("DEL in a value", field: "X: a\u{7F}"),
        RefusedRequest("bare carriage return in a value", field: "X: a\rb"),
        RefusedRequest("bare line feed in a value", field: "X: a\nY: b"),
        RefusedRequest("bare line feeds at the end", "GET / HTTP/1.1\r\nHost: a\n\n"),
        RefusedRequest("bare line feed as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
        RefusedRequest("bare carriage return as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\rX"),
        RefusedRequest("unknown expectation", field: "Expect: a miracle", status: 417),
    ]

    static let lengths: [RefusedRequest] = [
        RefusedRequest("length and chunked", field: "Content-Length: 3\r\nTransfer-Encoding: chunked"),
        RefusedRequest("chunked and length", field: "Transfer-Encoding: chunked\r\nContent-Length: 3"),
        RefusedRequest("chunked and length 0", field: "Transfer-Encoding: chunked\r\nContent-Length: 0"),
        RefusedRequest("two equal lengths", field: "Content-Length: 3\r\nContent-Length: 3"),
        RefusedRequest("two different lengths", field: "Content-Length: 3\r\nContent-Length: 4"),
        RefusedRequest("length with a plus", field: "Content-Length: +3"),
        RefusedRequest("length with a minus", field: "Content-Length: -3"),
        RefusedRequest("length minus nought", field: "Content-Length: -0"),
        RefusedRequest("hexadecimal length", field: "Content-Length: 0x3"),
        RefusedRequest("length with an underscore", field: "Content-Length: 1_0"),
        RefusedRequest("length list", field: "Content-Length: 3, 3"),
        RefusedRequest("length with a space", field: "Content-Length: 1 0"),
        RefusedRequest("length with a point", field: "Content-Length: 3.0"),
        RefusedRequest("length in quotes", field: "Content-Length: \"3\""),
        RefusedRequest("empty length", field: "Content-Length:"),
        RefusedRequest("length of blanks", field: "Content-Length: \t "),
        RefusedRequest("length of 2 to the 63rd", field: "Content-Length: 9223372036854775808"),
        RefusedRequest("length of 40 digits", field: "Content-Length: \(String(repeating: "9", count: 40))"),
        RefusedRequest("length in Arabic digits", field: "Content-Length: ٣"),
        RefusedRequest("unknown coding", field: "Transfer-Encoding: xchunked"),
        RefusedRequest("comma before chunked", field: "Transfer-Encoding: ,chunked"),
        RefusedRequest("chunked twice in a list", field: "Transfer-Encoding: chunked,chunked"),
        RefusedRequest("chunked in two fields", field: "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        RefusedRequest("identity", field: "Transfer-Encoding: identity"),
        RefusedRequest("gzip, chunked", field: "Transfer-Encoding: gzip, chunked"),
        RefusedRequest("chunked, then identity", field: "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
        RefusedRequest("chunked with a parameter", field: "Transfer-Encoding: chunked;a=b"),
        RefusedRequest("chunked in quotes", field: "Transfer-Encoding: \"chunked\""),
        RefusedRequest("vertical tab before chunked", field: "Transfer-Encoding: \u{0B}chunked"),
        RefusedRequest("empty coding", field: "Transfer-Encoding:"),
        RefusedRequest("space after the coding's name", field: "Transfer-Encoding : chunked"),
        RefusedRequest(
            "chunked in HTTP/1.0",
            "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
    ]

    /// The head is fine, so a handler runs; it must learn that the body is broken.
    static let chunks: [RefusedRequest] = [
        RefusedRequest("chunk size with a plus", chunks: "+3\r\nabc\r\n0\r\n\r\n"),
        RefusedRequest("chunk size with a minus", chunks: "-3\r\nabc\r\n0\r\n\r\n"),
        RefusedRequest("chunk size with 0x", chunks: "0x3\r\nabc\r\n0\r\n\r\n"),
        RefusedRequest("chunk size with an underscore", chunks: "0_3\r\nabc\r\n0\r\n\r\n"),
        RefusedRequest("space before the chunk size", chunks: " 3\r\nabc\r\n0\r\n\r\n"),
        RefusedRequest("space after the chunk size", chunks: "3 \r\nabc\r\n0\r\n\r\n"),
        RefusedRequest("empty chunk size", chunks: "\r\nabc\r\n0\r\n\r\n"),
        RefusedRequest("chunk extension without a size", chunks: ";a=b\r\nabc\r\n0\r\n\r\n"),
        RefusedRequest("chunk size of 16 digits", chunks: "0000000000000003\r\nabc\r\n0\r\n\r\n"),
        RefusedRequest("chunk size that overflows", chunks: "FFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n"),
        RefusedRequest("no line end after a chunk", chunks: "3\r\nabc0\r\n\r\n"),
        RefusedRequest("chunk longer than its size", chunks: "3\r\nabcd\r\n0\r\n\r\n"),
        RefusedRequest("bare line feed after a chunk", chunks: "3\r\nabc\n0\r\n\r\n"),
        RefusedRequest("bare line feed after a size", chunks: "3\nabc\r\n0\r\n\r\n"),
        RefusedRequest("bare carriage return after a size", chunks: "3\rabc\r\n0\r\n\r\n"),
        RefusedRequest("carriage return in an extension", chunks: "3;a\rb\r\nabc\r\n0\r\n\r\n"),
        RefusedRequest("line feed in an extension", chunks: "3;a\nb\r\nabc\r\n0\r\n\r\n"),
        RefusedRequest("NUL in an extension", chunks: "3;a\0\r\nabc\r\n0\r\n\r\n"),
        RefusedRequest("huge extension", chunks: "3;\(String(repeating: "a", count: 300))\r\nabc\r\n0\r\n\r\n"),
        RefusedRequest("malformed trailer", chunks: "0\r\nno colon\r\n\r\n"),
        RefusedRequest("folded trailer", chunks: "0\r\nA: b\r\n c\r\n\r\n"),
        RefusedRequest("NUL in a trailer", chunks: "0\r\nA: \0\r\n\r\n"),
        RefusedRequest("bare line feed after the last chunk", chunks: "0\r\n\n"),
        RefusedRequest(
            "endless trailers",
            chunks: "0\r\n\(String(repeating: "A: b\r\n", count: 2000))\r\n",
            status: 431
        ),
    ]
}

/// A request that must be taken, and what its handler must see.
struct AcceptedRequest: Sendable, CustomTestStringConvertible {
    let what: String
    let text: String
    /// Method, path and body.
    let seen: String

    var testDescription: String { what }

    init(_ what: String, _ text: String, seen: String) {
        (self.what, self.text, self.seen) = (what, text, seen)
    }

    static let all: [AcceptedRequest] = [
        AcceptedRequest("plain", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", seen: "GET / "),
        AcceptedRequest("no space after a colon", "GET / HTTP/1.1\r\nHost:a\r\n\r\n", seen: "GET / "),
        AcceptedRequest("spaces around a value", "GET / HTTP/1.1\r\nHost: \t a \t \r\n\r\n", seen: "GET / "),
        AcceptedRequest("empty value", "GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n", seen: "GET / "),
        AcceptedRequest("UTF-8 in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: ä\r\n\r\n", seen: "GET / "),
        AcceptedRequest("IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", seen: "GET / "),
        AcceptedRequest("Host with a port", "GET / HTTP/1.1\r\nHost: a.b-c:80\r\n\r\n", seen: "GET / "),
        AcceptedRequest("absolute target", "GET http://A/b HTTP/1.1\r\nHost: a\r\n\r\n", seen: "GET /b "),
        AcceptedRequest("asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", seen: "OPTIONS * "),
        AcceptedRequest("brackets in the query", "GET /?a[]={|} HTTP/1.1\r\nHost: a\r\n\r\n", seen: "GET / "),
        AcceptedRequest("two slashes", "GET //a HTTP/1.1\r\nHost: a\r\n\r\n", seen: "GET //a "),
        AcceptedRequest("dots that are no segment", "GET /...a/.b HTTP/1.1\r\nHost: a\r\n\r\n", seen: "GET /...a/.b "),
        AcceptedRequest("escaped slash", "GET /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n", seen: "GET /a%2Fb "),
        AcceptedRequest("HTTP/1.0 kept alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", seen: "GET / "),
        AcceptedRequest(
            "length",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
            seen: "POST / abc"
        ),
        AcceptedRequest(
            "length with noughts",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 003\r\n\r\nabc",
            seen: "POST / abc"
        ),
        AcceptedRequest("length 0", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", seen: "POST / "),
        AcceptedRequest("POST without a body", "POST / HTTP/1.1\r\nHost: a\r\n\r\n", seen: "POST / "),
        AcceptedRequest(
            "GET with a body",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
            seen: "GET / abc"
        ),
        AcceptedRequest(
            "chunks",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            seen: "POST / abcde"
        ),
        AcceptedRequest(
            "chunked in capitals",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n",
            seen: "POST / "
        ),
        AcceptedRequest(
            "chunk size in capitals, with noughts",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n00A\r\n0123456789\r\n000\r\n\r\n",
            seen: "POST / 0123456789"
        ),
        AcceptedRequest(
            "extension and trailer",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=\"b\"\r\nabc\r\n0;c\r\nHost: b\r\nX:\r\n\r\n",
            seen: "POST / abc"
        ),
    ]
}
