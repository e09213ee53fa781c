import Glibc
import HTTPServer
import JSON
import Media
import Postgres
import Support
import Testing

@testable import WebApp

@Suite("Pictures in one download")
struct LibraryZipTests {
    @Test func `hold every picture as it is stored, and say how each was made`() async throws {
        try await withSite { site async throws in
            let ids = try await site.keepFiles(["a lighthouse", "Ünïcode 灯台", "a red fox"])
            _ = try await site.act("favourite", on: [ids[0]])
            _ = try await site.act("tag", on: [ids[0]], [("tags", "sea, <b>")])
            let response = try await site.download("/history/zip?q=lighthouse+or+fox")
            #expect(response.headers["content-type"] == "application/zip")
            #expect(response.headers["content-disposition"]?.hasPrefix("attachment; filename=\"atelier-20") == true)
            let zip = try ZipReader(try await response.content())
            #expect(zip.entries.map(\.name) == ["00001-a-lighthouse.png", "00002-a-red-fox.png", "manifest.json"])
            #expect(try zip.content(of: "00002-a-red-fox.png") == Array("picture 2".utf8))
            let manifest = try JSON(parsing: zip.content(of: "manifest.json"))
            #expect(manifest["search"]?.string == "/history?q=lighthouse%20or%20fox")
            let first = try #require(manifest["pictures"]?.array?.first)
            #expect(first["file"]?.string == "00001-a-lighthouse.png")
            #expect(first["prompt"]?.string == "a lighthouse")
            #expect(first["favourite"] == true)
            #expect(first["tags"]?.array?.compactMap(\.string) == ["<b>", "sea"])
            #expect(manifest["left_out"]?.array?.isEmpty == true)
        }
    }

    @Test func `what goes while it is sent is left out, and said`() async throws {
        try await withSite { site async throws in
            let ids = try await site.keepFiles((0..<5).map { "number \($0)" })
            let response = try await site.download("/history/zip")
            // It has begun: now one goes into the trash, one is deleted, and of one the file is lost.
            _ = try await site.act("trash", on: [ids[1], ids[2]])
            _ = try await site.act(
                "/history/actions?trash=1",
                [("do", "delete"), ("confirmed", "1"), ("id", ids[2].description)]
            )
            let lost = try #require(try await site.app.database.zipped([ids[3]]).first)
            unlink(site.app.blobs.path(of: try #require(BlobName(lost.file))))

            let zip = try ZipReader(try await response.content())
            #expect(zip.entries.map(\.name) == ["00001-number-0.png", "00002-number-4.png", "manifest.json"])
            let manifest = try JSON(parsing: zip.content(of: "manifest.json"))
            let reasons = (manifest["left_out"]?.array ?? []).map {
                "\($0["id"]?.string ?? ""): \($0["reason"]?.string ?? "")"
            }
            #expect(
                reasons == [
                    "\(ids[1]): It was thrown into the trash meanwhile.", "\(ids[2]): It was deleted meanwhile.",
                    "\(ids[3]): Its file is missing, or cannot be read.",
                ]
            )
        }
    }

    @Test func `the chosen ones, in the trash too`() async throws {
        try await withSite { site async throws in
            let ids = try await site.keepFiles((0..<3).map { "number \($0)" })
            _ = try await site.act("trash", on: [ids[0]])
            let fields = [("action", "zip"), ("id", ids[0].description), ("id", ids[2].description)]
            let body = fields.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
            let request = try Request(
                .post,
                "/history/actions?trash=1",
                headers: [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")],
                body: Array(body.utf8)
            )
            let zip = try ZipReader(try await ActionPages.act(request, site.app).content())
            #expect(zip.entries.map(\.name) == ["00001-number-0.png", "00002-number-2.png", "manifest.json"])
        }
    }

    @Test func `what says nothing, or too much, is answered before anything is sent`() async throws {
        try await withSite { site async throws in
            #expect(try await site.get("/history/zip").status == 404)
            #expect(try await site.get("/history/zip?rating=9").status == 422)
            #expect(try await site.get("/history/zip?status=failed").status == 422)
            try await site.keep((0..<(LibraryZip.most + 1)).map { _ in SamplePicture() })
            let answer = try await site.get("/history/zip")
            #expect(answer.status == 422)
            #expect(answer.text.contains("More than 50,000 pictures match"))
        }
    }
}

extension TestSite {
    /// A response whose body is streamed.
    func download(_ target: String) async throws -> Response {
        let request = try Request(.get, target)
        return await routes(app.configuration).respond(to: request, context: app) { error, request, app in
            ErrorPages.response(to: error, request, app)
        }
    }

    /// Pictures with files of their own, of no picture's bytes.
    fileprivate func keepFiles(_ prompts: [String]) async throws -> [PictureID] {
        let samples = try prompts.enumerated().map { index, prompt in
            var sample = SamplePicture(prompt, age: 100 - index)
            let file = try app.blobs.temporaryFile()
            try file.write(Array("picture \(index)".utf8))
            sample.file = try app.blobs.keep(file, extension: "png").name.description
            return sample
        }
        return try await keep(samples)
    }
}
