import CZlib
import EventLoop
import Glibc
import Support
import Testing

@testable import HTTPServer

/// A folder of its own, removed at the end.
private final class Folder {
    let path: String
    private var names: [String] = []

    init() throws {
        var template = Array("/tmp/static-files-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp") }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        for name in names.reversed() { remove("\(path)/\(name)") }
        rmdir(path)
    }

    func makeFolder(_ name: String) { if mkdir("\(path)/\(name)", 0o755) == 0 { names.append(name) } }

    func makePipe(_ name: String) { if mkfifo("\(path)/\(name)", 0o644) == 0 { names.append(name) } }

    func link(_ name: String, to target: String) {
        if symlink(target, "\(path)/\(name)") == 0 { names.append(name) }
    }

    func write(_ name: String, _ bytes: [UInt8]) {
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        _ = Glibc.write(descriptor, bytes, bytes.count)
        close(descriptor)
        names.append(name)
    }

    func write(_ name: String, _ text: String) { write(name, Array(text.utf8)) }
}

@Suite("Static files")
struct StaticFilesTests {
    private let folder: Folder
    private let files: StaticFiles

    init() throws {
        folder = try Folder()
        for name in ["public", "public/deep", "public/.git"] { folder.makeFolder(name) }
        folder.write("secret.txt", "secret")
        folder.write("public/.env", "secret")
        folder.write("public/.git/config", "secret")
        folder.write("public/site.css", String(repeating: "body { color: red } ", count: 100))
        folder.write("public/digits.bin", "0123456789")
        folder.write("public/empty.png", "")
        folder.write("public/deep/page.html", "<p>deep")
        folder.link("public/link.txt", to: "../secret.txt")
        folder.link("public/up", to: "..")
        folder.makePipe("public/pipe")
        files = try StaticFiles(root: "\(folder.path)/public", cacheControl: "public, max-age=60")
    }

    private func get(
        _ path: String,
        _ headers: [(String, String)] = [],
        method: Method = .get
    ) throws -> Response? {
        files.response(for: path, try Request(method, "/", headers: headers))
    }

    @Test func `sends a file with what a client needs to keep it`() async throws {
        let response = try #require(try get("deep/page.html"))
        #expect(response.status == .ok)
        #expect(response.headers["content-type"] == "text/html; charset=utf-8")
        #expect(response.headers["cache-control"] == "public, max-age=60")
        #expect(response.headers["x-content-type-options"] == "nosniff")
        #expect(response.headers["accept-ranges"] == "bytes")
        #expect(response.headers["etag"] != nil)
        let modified = try #require(response.headers["last-modified"])
        #expect(HTTPDate.seconds(modified) != nil)
        let content = try await response.content()
        #expect(content == Array("<p>deep".utf8))
    }

    @Test(arguments: [
        "", "/", ".", "..", "../secret.txt", "deep/../../secret.txt", "deep/..", "/etc/passwd", "deep", "deep/",
        "deep//page.html", ".env", ".git/config", "link.txt", "up/secret.txt", "pipe", "absent", "site.css/x",
        "site.css\0", "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q",
    ])
    func `nothing else is there`(_ path: String) throws {
        let response = try get(path)
        #expect(response == nil)
    }

    @Test func `does not send again what the client has`() throws {
        let first = try #require(try get("digits.bin"))
        let tag = try #require(first.headers["etag"])
        let modified = try #require(first.headers["last-modified"])
        for headers in [
            [("If-None-Match", tag)], [("If-None-Match", "\"x\", W/\(tag)")], [("If-None-Match", "*")],
            [("If-Modified-Since", modified)],
        ] {
            let again = try #require(try get("digits.bin", headers))
            #expect(again.status == .notModified)
            #expect(again.headers["etag"] == tag)
        }
        for headers in [
            [("If-None-Match", "\"x\"")], [("If-None-Match", "\"x\""), ("If-Modified-Since", modified)],
            [("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")], [("If-Modified-Since", "yesterday")],
        ] {
            let again = try #require(try get("digits.bin", headers))
            #expect(again.status == .ok)
        }
    }

    @Test(arguments: [
        ("bytes=0-3", 206, "0123", "bytes 0-3/10"), ("bytes=8-", 206, "89", "bytes 8-9/10"),
        ("bytes=-3", 206, "789", "bytes 7-9/10"), ("bytes=5-99999999999999999999", 206, "56789", "bytes 5-9/10"),
        ("bytes=-99", 206, "0123456789", "bytes 0-9/10"), ("bytes=10-", 416, "", "bytes */10"),
        ("bytes=-0", 416, "", "bytes */10"), ("bytes=99999999999999999999-", 416, "", "bytes */10"),
        ("bytes=0-1,4-5", 200, "0123456789", nil), ("bytes=3-1", 200, "0123456789", nil),
        ("bytes=-", 200, "0123456789", nil), ("bytes=a-b", 200, "0123456789", nil),
        ("lines=1-2", 200, "0123456789", nil), ("bytes=+1-2", 200, "0123456789", nil),
    ])
    func `sends the part that is asked for`(
        _ range: String,
        _ status: Int,
        _ content: String,
        _ contentRange: String?
    ) async throws {
        let response = try #require(try get("digits.bin", [("Range", range)]))
        #expect(response.status.code == status)
        #expect(response.headers["content-range"] == contentRange)
        let sent = try await response.content()
        #expect(sent == Array(content.utf8))
    }

    @Test func `sends a part only of what the client has the rest of`() throws {
        let first = try #require(try get("digits.bin"))
        let tag = try #require(first.headers["etag"])
        let modified = try #require(first.headers["last-modified"])
        for (condition, status) in [(tag, 206), (modified, 206), ("\"x\"", 200), ("W/\(tag)", 200)] {
            let response = try #require(try get("digits.bin", [("Range", "bytes=0-1"), ("If-Range", condition)]))
            #expect(response.status.code == status)
        }
        let head = try #require(try get("digits.bin", [("Range", "bytes=0-1")], method: .head))
        #expect(head.status == .ok)
    }

    @Test func `compresses text for those who take it`() async throws {
        let plain = try #require(try get("site.css"))
        #expect(plain.headers["vary"] == "Accept-Encoding")
        #expect(plain.headers["content-encoding"] == nil)
        for _ in 0..<2 {
            let small = try #require(try get("site.css", [("Accept-Encoding", "br, gzip;q=0.5")]))
            #expect(small.headers["content-encoding"] == "gzip")
            #expect(small.headers["etag"] != plain.headers["etag"])
            let bytes = try await small.content()
            #expect(
                gunzipped(bytes, limit: 10_000) == Array(String(repeating: "body { color: red } ", count: 100).utf8)
            )
            let known = [("Accept-Encoding", "gzip"), ("If-None-Match", small.headers["etag"] ?? "")]
            let again = try #require(try get("site.css", known))
            #expect(again.status == .notModified)
        }
        for refusal in ["gzip;q=0", "gzip; q=0.000", "identity", "*;q=0", "deflate, br"] {
            let response = try #require(try get("site.css", [("Accept-Encoding", refusal)]))
            #expect(response.headers["content-encoding"] == nil)
        }
        let part = try #require(try get("site.css", [("Accept-Encoding", "gzip"), ("Range", "bytes=0-3")]))
        #expect(part.status == .partialContent)
        #expect(part.headers["content-encoding"] == nil)
    }

    @Test func `sees that a file has changed, compressed or not`() async throws {
        let before = try #require(try get("site.css", [("Accept-Encoding", "gzip")]))
        folder.write("public/site.css", String(repeating: "changed ", count: 300))
        let after = try #require(try get("site.css", [("Accept-Encoding", "gzip")]))
        #expect(before.headers["etag"] != after.headers["etag"])
        let bytes = try await after.content()
        #expect(gunzipped(bytes, limit: 10_000) == Array(String(repeating: "changed ", count: 300).utf8))
    }

    @Test func `sends files over the wire, whole, in part and empty`() async throws {
        let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        folder.write("public/large.png", large)
        let files = self.files
        let handler: HTTPServer.Handler = { request in
            files.response(for: String(request.path.dropFirst()), request) ?? Response(.notFound)
        }
        try await withServer(handler) { server in
            let client = try RawClient(port: server.port, receiveBuffer: 4096)
            for path in ["large.png", "empty.png", "digits.bin"] {
                client.send("GET /\(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            }
            client.send("GET /large.png HTTP/1.1\r\nHost: a\r\nRange: bytes=1000000-1999999\r\n\r\n")
            let whole = try client.reply()
            #expect(whole.body == large)
            #expect(whole["content-type"] == "image/png")
            let empty = try client.reply()
            #expect(empty.body.isEmpty)
            let digits = try client.reply()
            #expect(digits.text == "0123456789")
            let part = try client.reply()
            #expect(part.body == Array(large[1_000_000..<2_000_000]))
        }
    }

    @Test func `a blob is for ever, and harmless`() throws {
        let request = try Request(.get, "/")
        let blob = FileResponse(
            path: "\(folder.path)/public/digits.bin",
            name: "abc123",
            contentType: "image/png"
        )
        let response = try #require(blob.response(to: request))
        #expect(response.headers["etag"] == "\"abc123\"")
        #expect(response.headers["cache-control"] == "private, max-age=31536000, immutable")
        #expect(response.headers["content-security-policy"] == "default-src 'none'; sandbox")
        #expect(response.headers["content-disposition"] == nil)
        let known = try Request(.get, "/", headers: [("If-None-Match", "\"abc123\"")])
        #expect(blob.response(to: known)?.status == .notModified)
        let absent = FileResponse(path: "\(folder.path)/absent", name: "x", contentType: "image/png")
        #expect(absent.response(to: request) == nil)
        let link = FileResponse(path: "\(folder.path)/public/link.txt", name: "x", contentType: "text/plain")
        #expect(link.response(to: request) == nil)
    }

    @Test(arguments: [
        ("fox.png", #"attachment; filename="fox.png""#),
        ("a red fox.png", #"attachment; filename="a red fox.png""#),
        ("Füchse.png", #"attachment; filename="F_chse.png"; filename*=UTF-8''F%C3%BCchse.png"#),
        (#"a"b.png"#, #"attachment; filename="a_b.png"; filename*=UTF-8''a%22b.png"#),
        ("../a\\b\r\n.png", #"attachment; filename=".._a_b__.png""#),
        ("100%.png", #"attachment; filename="100_.png"; filename*=UTF-8''100%25.png"#),
    ])
    func `names a download safely`(_ name: String, _ expected: String) {
        #expect(FileResponse.disposition(name) == expected)
    }
}

/// `nil` when it is not gzip, or more than `limit` bytes.
func gunzipped(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
    var stream = z_stream()
    guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: limit)
    let (result, left) = input.withUnsafeMutableBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            return (inflate(&stream, Z_FINISH), Int(stream.avail_out))
        }
    }
    return result == Z_STREAM_END ? Array(output.dropLast(left)) : nil
}
