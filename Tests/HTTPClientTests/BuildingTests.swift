import HTTPClient
import Support
import Testing

@Suite("Building URLs and forms")
struct BuildingTests {
    @Test(arguments: [
        ("plain-text_1.2~", "plain-text_1.2~"), ("a b/c?d&e=f#g+h%", "a%20b%2Fc%3Fd%26e%3Df%23g%2Bh%25"),
        ("b\u{FC}cher\r\n", "b%C3%BCcher%0D%0A"), ("", ""),
    ])
    func `text becomes one component`(text: String, encoded: String) {
        #expect(PercentEncoding.component(text) == encoded)
    }

    @Test func `pairs become a query`() {
        #expect(PercentEncoding.query([("a", "1&2"), ("b c", "")]) == "a=1%262&b%20c=")
        #expect(PercentEncoding.query([]).isEmpty)
    }

    @Test func `a form carries texts and files that a server can take apart`() async throws {
        let fake = try FakeReplicate(token: "r8_test")
        defer { fake.stop() }
        try await withLoop { loop in
            let bytes: [UInt8] = [0, 13, 10, 45, 45, 255]
            var form = MultipartForm()
            form.add("note", "hello")
            form.add("content", fileName: "a\"b\r\n.png", contentType: "image/png", bytes)
            let response = try await HTTPClient(loops: [loop]).send(
                ClientRequest(
                    "POST",
                    fake.baseURL + "/files",
                    headers: [("Authorization", "Bearer r8_test"), ("Content-Type", form.contentType)],
                    body: form.body,
                    network: .unrestricted
                )
            )
            #expect(response.status == 201)
            #expect(fake.uploads == [bytes])
            let text = String(decoding: form.body, as: UTF8.self)
            #expect(text.contains("filename=\"a%22b%0D%0A.png\""))
        }
    }
}
