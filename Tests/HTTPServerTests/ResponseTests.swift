import EventLoop
import Support
import Testing

@testable import HTTPServer

@Suite("Responses")
struct ResponseTests {
    @Test func `a value cannot begin a new field`() {
        var response = Response(.ok)
        response.headers.set("X-Name", "a\r\nSet-Cookie: b=c\0\u{7F}")
        #expect(response.headers["x-name"] == "a  Set-Cookie: b=c  ")
        response.headers.append("Set-Cookie", "a=b")
        response.headers.append("Set-Cookie", "c=d")
        #expect(response.headers.pairs.map(\.value).count == 3)
        response.headers.set("set-cookie", "e=f")
        #expect(response.headers.pairs.filter { $0.name.lowercased() == "set-cookie" }.map(\.value) == ["e=f"])
        response.headers["X-Name"] = nil
        #expect(!response.headers.contains("x-name"))
        #expect(Response.redirect(to: "/a\r\nX: y").headers["location"] == "/a  X: y")
    }

    @Test func `a field that frames the message is not a handler's to set`() async {
        await #expect(processExitsWith: .failure) { _ = Response(.ok, headers: ["content-length": "3"]) }
        await #expect(processExitsWith: .failure) { _ = Response(.ok, headers: ["a b": "3"]) }
    }

    @Test func `gzips a page that allows it, for a client that takes it`() async throws {
        let page = Array(String(repeating: "<p>again and again", count: 100).utf8)
        let handler: HTTPServer.Handler = { request in
            var response = Response.html(request.path == "/small" ? Array(page.prefix(900)) : page)
            response.headers.set("ETag", "\"1\"")
            response.compressible = request.path != "/never"
            return response
        }
        try await withServer(handler) { server in
            let client = try RawClient(port: server.port)
            for (path, accepted, isCompressed) in [
                ("/", "gzip", true), ("/", "identity", false), ("/small", "gzip", false), ("/never", "gzip", false),
                ("/", "deflate, gzip;q=1.0, *;q=0.5", true),
            ] {
                client.send("GET \(path) HTTP/1.1\r\nHost: a\r\nAccept-Encoding: \(accepted)\r\n\r\n")
                let reply = try client.reply()
                #expect((reply["content-encoding"] == "gzip") == isCompressed)
                #expect(reply["etag"] == (isCompressed ? "W/\"1\"" : "\"1\""))
                #expect((reply["vary"] != nil) == (path == "/"))
                let body = isCompressed ? gunzipped(reply.body, limit: 10_000) : reply.body
                #expect(body == (path == "/small" ? Array(page.prefix(900)) : page))
            }
        }
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (1_795_246_313, "Sat, 21 Nov 2026 07:31:53 GMT"),
    ])
    func `writes and reads dates`(_ seconds: Int, _ text: String) {
        #expect(HTTPDate.text(seconds) == text)
        #expect(HTTPDate.seconds(text) == seconds)
    }

    @Test(arguments: [
        "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, +6 Nov 1994 08:49:37 GMT",
    ])
    func `reads no other date`(_ text: String) {
        #expect(HTTPDate.seconds(text) == nil)
    }
}

@Suite("Requests")
struct RequestTests {
    @Test func `finds header fields without case`() throws {
        let request = try Request(.get, "/", headers: [("Accept", "a"), ("X-Twice", "1"), ("x-twice", " 2 ")])
        #expect(request.headers["ACCEPT"] == "a")
        #expect(request.headers["x-twice"] == "1")
        #expect(request.headers.all("X-TWICE") == ["1", "2"])
        #expect(request.headers["absent"] == nil)
        #expect(request.headers.pairs.map(\.name) == ["Host", "Accept", "X-Twice", "x-twice"])
    }

    @Test func `finds parameters and cookies`() throws {
        let cookies = "a=1; session=x=y; a=2;b=;c"
        let request = try Request(.get, "/p?q=a+b%21&n&q=2&=e", headers: [("Cookie", cookies), ("Cookie", "d=4")])
        #expect(request.query["q"] == "a b!")
        #expect(request.query.all("q") == ["a b!", "2"])
        #expect(request.query["n"] == "")
        #expect(request.query["x"] == nil)
        #expect(request.query.pairs.count == 4)
        #expect(request.path == "/p")
        #expect(request.target == "/p?q=a+b%21&n&q=2&=e")
        #expect(request.cookies["session"] == "x=y")
        #expect(request.cookies["a"] == "1")
        #expect(request.cookies["b"] == "")
        #expect(request.cookies["c"] == nil)
        #expect(request.cookies["d"] == "4")
        #expect(request.address == .loopback)
    }

    @Test(arguments: [("abc-1.2_Z", true), ("", false), ("a b", false), ("a~b", false), ("ä", false)])
    func `keeps the client's request id if it is one`(_ id: String, _ isKept: Bool) throws {
        let request = try Request(.get, "/", headers: [("X-Request-Id", id)])
        #expect((request.id == id) == isKept)
        #expect(!request.id.isEmpty)
        let long = try Request(.get, "/", headers: [("X-Request-Id", String(repeating: "a", count: 65))])
        #expect(long.id.utf8.count == 13)
    }

    @Test func `gives every request its own id`() throws {
        let ids = try Set((0..<1000).map { _ in try Request(.get, "/").id })
        #expect(ids.count == 1000)
    }

    @Test func `refuses in a test what the server would refuse`() {
        let error = #expect(throws: RequestError.self) { _ = try Request(.get, "/../x") }
        #expect(error?.status == .badRequest)
    }

    @Test func `says whether the client has a version of a page`() throws {
        let request = try Request(.get, "/", headers: [("If-None-Match", "W/\"7\", \"8\"")])
        #expect(request.alreadyHas(tag: "\"7\""))
        #expect(!request.alreadyHas(tag: "\"9\""))
        let post = try Request(.post, "/", headers: [("If-None-Match", "\"7\"")])
        #expect(!post.alreadyHas(tag: "\"7\""))
    }
}

@Suite("The pace of a client")
struct PaceTests {
    @Test func `waiting uses up what bytes earn`() {
        var pace = Pace(stall: .seconds(10), bytesPerSecond: 100)
        let start = MonotonicTime(nanoseconds: 1_000_000_000_000)
        #expect(pace.wait(now: start) == start.advanced(by: .seconds(10)))
        // Going on with the same wait does not prolong it.
        #expect(pace.wait(now: start.advanced(by: .seconds(3))) == start.advanced(by: .seconds(10)))
        pace.moved(100, now: start.advanced(by: .seconds(9)))
        let second = start.advanced(by: .seconds(20))
        #expect(pace.wait(now: second) == second.advanced(by: .seconds(2)))
        pace.moved(1_000_000, now: second)
        #expect(pace.wait(now: second) == second.advanced(by: .seconds(10)))
    }

    @Test func `a client at the minimum rate goes on, one below it does not`() {
        for (bytes, goesOn) in [(100, true), (50, false)] {
            var pace = Pace(stall: .seconds(10), bytesPerSecond: 100)
            var now = MonotonicTime(nanoseconds: 0)
            var isInTime = true
            for _ in 0..<100 {
                let deadline = pace.wait(now: now)
                now = now.advanced(by: .seconds(1))
                isInTime = isInTime && now <= deadline
                pace.moved(bytes, now: now)
            }
            #expect(isInTime == goesOn)
        }
    }
}
