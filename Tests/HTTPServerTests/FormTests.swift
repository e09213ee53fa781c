import EventLoop
import Support
import Testing

@testable import HTTPServer

@Suite("Forms")
struct FormTests {
    private static let urlencoded = [("Content-Type", "application/x-www-form-urlencoded")]

    private static func multipart(_ body: String, boundary: String = "b") throws -> Request {
        try Request(
            .post,
            "/",
            headers: [("Content-Type", "multipart/form-data; boundary=\(boundary)")],
            body: Array(body.utf8)
        )
    }

    @Test func `decodes what a browser encodes`() async throws {
        let body = Array("prompt=a+red%20fox%21+%F0%9F%A6%8A&x=1&x=2&empty=&bare&%C3%A4=%26%3D".utf8)
        let request = try Request(.post, "/", headers: Self.urlencoded, body: body)
        let form = try await request.form(limit: 1000)
        #expect(form["prompt"] == "a red fox! 🦊")
        #expect(form.all("x") == ["1", "2"])
        #expect(form["empty"] == "")
        #expect(form["bare"] == "")
        #expect(form["ä"] == "&=")
        #expect(form["absent"] == nil)
        let again = try await request.form(limit: 1000)
        #expect(again["x"] == "1")
    }

    @Test(arguments: ["a=%FF", "a=%00", "a=%2", "a=%zz", "%FF=a", "a=\u{0}"])
    func `refuses what is not UTF-8, or no encoding`(_ body: String) async throws {
        let request = try Request(.post, "/", headers: Self.urlencoded, body: Array(body.utf8))
        let error = await #expect(throws: RequestError.self) { _ = try await request.form(limit: 1000) }
        #expect(error?.status == .badRequest)
    }

    @Test(arguments: [
        "application/json", "text/plain", "application/x-www-form-urlencoded; charset=latin1", "nonsense", "",
        "application/x-www-form-urlencoded; charset=utf-8; charset=utf-8",
    ])
    func `refuses what is no form in UTF-8`(_ type: String) async throws {
        let request = try Request(.post, "/", headers: [("Content-Type", type)], body: Array("a=b".utf8))
        let error = await #expect(throws: RequestError.self) { _ = try await request.form(limit: 1000) }
        #expect(error?.status == .unsupportedMediaType)
    }

    @Test func `takes a charset that is UTF-8`() async throws {
        let type = "Application/X-WWW-Form-Urlencoded; Charset=\"UTF-8\""
        let request = try Request(.post, "/", headers: [("Content-Type", type)], body: Array("a=b".utf8))
        let form = try await request.form(limit: 1000)
        #expect(form["a"] == "b")
    }

    @Test func `refuses too many fields and too many bytes`() async throws {
        let many = try Request(
            .post,
            "/",
            headers: Self.urlencoded,
            body: Array(String(repeating: "a=b&", count: 1001).utf8)
        )
        let tooMany = await #expect(throws: RequestError.self) { _ = try await many.form(limit: 100_000) }
        #expect(tooMany?.status == .contentTooLarge)
        let large = try Request(.post, "/", headers: Self.urlencoded, body: Array("a=bcdef".utf8))
        let tooLarge = await #expect(throws: RequestError.self) { _ = try await large.form(limit: 6) }
        #expect(tooLarge?.status == .contentTooLarge)
    }

    // MARK: multipart/form-data

    private static let mixed = """
        preamble\r\n--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na red\r\nfox 🦊\r\n\
        --b\r\nContent-Disposition: form-data; name="image"; filename="a \\"b\\".png"\r\nContent-Type: image/png\r\n\r\n\
        \0\r\n--\r\n--a\r\n-\r\n--b\r\ncontent-disposition:form-data;name=none;filename=""\r\n\r\n\r\n--b--\r\nepilogue
        """

    @Test func `separates fields from files`() async throws {
        let form = try await Self.multipart(Self.mixed).form(limit: 10_000)
        #expect(form["prompt"] == "a red\r\nfox 🦊")
        let file = try #require(form.file("image"))
        #expect(file.filename == #"a "b".png"#)
        #expect(file.contentType == "image/png")
        #expect(file.bytes == Array("\0\r\n--\r\n--a\r\n-".utf8))
        #expect(form.file("none") == nil)
    }

    @Test func `gives parts one by one, and skips what is not read`() async throws {
        let form = try Self.multipart(Self.mixed).multipart(MultipartLimits(totalBytes: 10_000))
        var names: [String] = []
        for try await part in form {
            names.append(part.name)
            if part.filename == #"a "b".png"# {
                var bytes: [UInt8] = []
                for try await chunk in part { bytes += chunk }
                #expect(bytes == Array("\0\r\n--\r\n--a\r\n-".utf8))
            }
        }
        #expect(names == ["prompt", "image", "none"])
    }

    @Test(arguments: [
        "", "--b", "--b\r\n", "--bx\r\n\r\n--b--", "--b\r\n\r\nno name\r\n--b--",
        "--b\r\nContent-Disposition: form-data\r\n\r\n\r\n--b--",
        "--b\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\n\r\n--b--",
        "--b\r\nContent-Disposition form-data; name=a\r\n\r\n\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nnever ended",
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\u{0}\r\n--b--",
        "--b\r\nX: \(String(repeating: "x", count: 9000))\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--b--",
    ])
    func `refuses a malformed multipart form`(_ body: String) async throws {
        let error = await #expect(throws: RequestError.self) {
            _ = try await Self.multipart(body).form(limit: 100_000)
        }
        #expect(error?.status == .badRequest)
    }

    @Test func `limits parts, bytes and each part`() async throws {
        var fewParts = MultipartLimits(totalBytes: 10_000)
        fewParts.parts = 2
        let form = try Self.multipart(Self.mixed).multipart(fewParts)
        let tooMany = await #expect(throws: RequestError.self) { for try await _ in form {} }
        #expect(tooMany?.status == .contentTooLarge)

        let tooLarge = #expect(throws: RequestError.self) {
            _ = try Self.multipart(Self.mixed).multipart(MultipartLimits(totalBytes: 20))
        }
        #expect(tooLarge?.status == .contentTooLarge)

        let parts = try Self.multipart(Self.mixed).multipart(MultipartLimits(totalBytes: 10_000))
        let first = try #require(try await parts.nextPart())
        let partTooLarge = await #expect(throws: RequestError.self) { _ = try await first.bytes(limit: 3) }
        #expect(partTooLarge?.status == .contentTooLarge)
    }

    @Test(arguments: 1...40)
    func `understands a multipart form the same however it is cut`(_ size: Int) throws {
        var parser = try #require(MultipartParser(boundary: "b", headLimit: 1000))
        let bytes = Array(Self.mixed.utf8)
        var names: [String] = []
        var data: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            parser.feed(Array(bytes[start..<min(bytes.count, start + size)]))
            while let event = try parser.next() {
                switch event {
                case .part(let head): names.append(head.name)
                case .data(let bytes): data += bytes
                case .partEnd: data.append(UInt8(ascii: "|"))
                case .end: data.append(UInt8(ascii: "."))
                }
            }
        }
        #expect(names == ["prompt", "image", "none"])
        #expect(data == Array("a red\r\nfox 🦊|\0\r\n--\r\n--a\r\n-||.".utf8))
    }

    @Test func `a large upload is read no faster than its handler wants`() async throws {
        let handler: HTTPServer.Handler = { request in
            var size = 0
            var largest = 0
            do {
                for try await part in try request.multipart(MultipartLimits(totalBytes: 20_000_000)) {
                    for try await chunk in part {
                        size += chunk.count
                        largest = max(largest, chunk.count)
                    }
                }
            } catch {
                return .text("\(error)", status: .badRequest)
            }
            return .text("\(size) \(largest <= 128 * 1024)")
        }
        try await withServer(handler) { server in
            let client = try RawClient(port: server.port)
            let head = "--b\r\nContent-Disposition: form-data; name=a; filename=a\r\n\r\n"
            let data = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0) }
            let tail = "\r\n--b--\r\n"
            client.send(
                """
                POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n\
                Content-Length: \(head.utf8.count + data.count + tail.utf8.count)\r\n\r\n\(head)
                """
            )
            client.send(data)
            client.send(tail)
            let reply = try client.reply()
            #expect(reply.text == "5000000 true")
        }
    }
}
