import EventLoop
import HTTPServer
import Support
import Testing

@Suite("Serving requests")
struct ServingTests {
    @Test func `answers a request and keeps the connection`() async throws {
        try await withServer({ request in .text("\(request.method) \(request.path)") }) { server in
            let client = try RawClient(port: server.port)
            for path in ["/", "/a%20b/%C3%A4"] {
                client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                let reply = try client.reply()
                #expect(reply.status == 200)
                #expect(reply.text == (path == "/" ? "GET /" : "GET /a b/ä"))
            }
        }
    }

    @Test func `answers pipelined requests in their order`() async throws {
        let handler: HTTPServer.Handler = { request in
            if request.path == "/slow" { try? await EventLoop.current?.sleep(for: .milliseconds(5)) }
            return .text(request.path)
        }
        try await withServer(handler) { server in
            let client = try RawClient(port: server.port)
            let paths = ["/1", "/slow", "/2", "/slow", "/3"]
            client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            for path in paths {
                let reply = try client.reply()
                #expect(reply.text == path)
            }
        }
    }

    @Test func `reads a form`() async throws {
        let handler: HTTPServer.Handler = { request in
            do throws(RequestError) {
                let form = try await request.form(limit: 1000)
                return .text("\(form["prompt"] ?? "-")|\(form.all("x"))")
            } catch {
                return .text(error.message, status: error.status)
            }
        }
        try await withServer(handler) { server in
            let client = try RawClient(port: server.port)
            let body = "prompt=a+red%20fox%21&x=1&x=2"
            client.send(
                """
                POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                Content-Length: \(body.utf8.count)\r\n\r\n\(body)
                """
            )
            let reply = try client.reply()
            #expect(reply.text == #"a red fox!|["1", "2"]"#)
        }
    }
}
