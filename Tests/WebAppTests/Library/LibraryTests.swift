import EventLoop
import Glibc
import HTTPServer
import JSON
import Jobs
import Postgres
import Testing

@testable import WebApp

@Suite("The library")
struct LibraryTests {
    @Test func `an empty library says so and leads on`() async throws {
        try await withSite { site async throws in
            let page = try await site.get("/history")
            #expect(page.status == 200)
            #expect(page.text.contains("Generate the first picture"))
        }
    }

    @Test func `pages are numbered, newest first, and end where the pictures end`() async throws {
        try await withSite { site async throws in
            let ids = try await site.keep((0..<45).map { SamplePicture("picture \($0)", age: 100 - $0) })
            let newestFirst = Array(ids.reversed())
            #expect(try await site.shown("/history?per=20") == Array(newestFirst[..<20]))
            #expect(try await site.shown("/history?per=20&page=2") == Array(newestFirst[20..<40]))
            #expect(try await site.shown("/history?per=20&page=3") == Array(newestFirst[40...]))
            #expect(try await site.shown("/history") == newestFirst)
            #expect(try await site.shown("/history?sort=oldest&per=20") == Array(ids[..<20]))
            for absurd in ["0", "-7", "x", "99999999999999999999"] {
                #expect(
                    try await site.shown("/history?per=20&page=\(absurd)") == Array(newestFirst[..<20]),
                    "\(absurd)"
                )
            }
            #expect(try await site.shown("/history?per=20&page=99999999999") == Array(newestFirst[40...]))
            #expect(try await site.get("/history?per=20").text.contains("45 pictures, newest first, page 1 of 3"))
        }
    }

    @Test func `the pictures of a page come alone, for whoever appends them`() async throws {
        try await withSite { site async throws in
            let ids = try await site.keep((0..<30).map { SamplePicture(age: 100 - $0) })
            let page = try await site.get("/history?per=20").text
            let more = try #require(page.firstMatch(of: /data-more="([^"]+)"/)?.1).replacing("&amp;", with: "&")
            let fragment = try await site.get(String(more))
            #expect(fragment.headers["cache-control"] == "no-store")
            #expect(!fragment.text.contains("<html"))
            #expect(try await site.shown(String(more)) == Array(ids.reversed()[20...]))
            #expect(try await site.get("/history/pictures?per=20&page=3").status == 404)
        }
    }

    @Test func `what has no picture yet stands above the newest, and refreshes the page without JavaScript`()
        async throws
    {
        try await withSite { site async throws in
            let id = try await site.generate("x", parameters: ["width": 64, "height": 64])
            let page = try await site.get("/history").text
            #expect(page.contains("id=\"job-\(id)\""))
            #expect(page.contains("http-equiv=\"refresh\""))
            #expect(try await site.get("/history?status=waiting").text.contains("id=\"job-\(id)\""))
            #expect(try await !site.get("/history?favourite=1").text.contains("id=\"job-\(id)\""))
            _ = try await site.working { try await site.finished(id) }
            let after = try await site.get("/history").text
            #expect(!after.contains("http-equiv=\"refresh\""))
            #expect(!after.contains("id=\"job-\(id)\""))
            #expect(try await site.shown("/history").count == 1)
            #expect(try await site.get("/jobs/\(id)").text.contains(id))
        }
    }

    @Test func `generations without a picture are found by their state`() async throws {
        try await withSite { site async throws in
            let waiting = try await site.generate("a red door")
            let cancelled = try await site.generate("a blue door")
            _ = try await site.post("/jobs/\(cancelled)/cancel", form: [])
            for (address, found, missing) in [
                ("status=waiting", waiting, cancelled), ("status=cancelled", cancelled, waiting),
                ("status=waiting&q=red", waiting, cancelled), ("status=cancelled&q=door", cancelled, waiting),
            ] {
                let page = try await site.get("/history?\(address)").text
                #expect(page.contains("id=\"job-\(found)\""), "\(address)")
                #expect(!page.contains("id=\"job-\(missing)\""), "\(address)")
            }
            #expect(try await site.get("/history?status=waiting&q=blue").text.contains("Nothing matches."))
            #expect(try await site.get("/history?status=failed").text.contains("Nothing matches."))
        }
    }

    @Test func `a page of sixty pictures, its scripts and its styles are small`() async throws {
        try await withSite { site async throws in
            let prompt =
                "a lighthouse on a rock <in the evening>, two sailing boats & the light of the last sun on the sea"
            let id = try await site.keep((0..<60).map { SamplePicture(prompt, age: 90 - $0) })[0]
            for path in ["/", "/history", "/pictures/\(id)", "/compare?a=\(id)&b=\(id)", "/boards", "/queue"] {
                let page = try await site.get(path)
                #expect(page.bytes.count <= 61_440, "\(path)")
                var scripts = Set(page.text.matches(of: /src="(\/assets\/[a-z]+\.js)"/).map { String($0.1) })
                var bytes = 0
                var read: Set<String> = []
                while let script = scripts.subtracting(read).first {
                    let text = try asset(script)
                    bytes += text.utf8.count
                    read.insert(script)
                    scripts.formUnion(text.matches(of: /from "\.\/([a-z]+\.js)"/).map { "/assets/\($0.1)" })
                }
                #expect(bytes <= 12_288 && scripts.count > 1, "\(path) has \(bytes) bytes of scripts")
            }
            #expect(try asset("/assets/style.css").utf8.count <= 30_720)
        }
    }

    @Test func `the navigation shows the ends and the neighbourhood`() {
        func shown(_ asked: Int, _ count: Int) -> [Int?] { PageNumbers(asked: asked, count: count, size: 20).shown }
        #expect(shown(1, 0) == [1])
        #expect(shown(1, 100) == [1, 2, 3, nil, 5])
        #expect(shown(50, 2000) == [1, nil, 48, 49, 50, 51, 52, nil, 100])
        #expect(shown(100, 2000) == [1, nil, 98, 99, 100])
        #expect(PageNumbers(asked: 9, count: 100, size: 20, isOpen: true).shown == [1, nil, 3, 4, 5, nil])
    }

    @Test func `a list of many pictures is the same by its waypoints`() async throws {
        try await withSite { site async throws in
            // More than are known one by one.
            let ids = try await site.keep((0..<2500).map { SamplePicture("number \($0 % 7)", age: 5000 - $0) })
            for (query, expected) in [
                ("", Array(ids.reversed())), ("&sort=oldest", ids),
                ("&q=%22number+3%22", ids.enumerated().filter { $0.offset % 7 == 3 }.map(\.element).reversed()),
            ] {
                for page in [1, 2, 13, 17, 25, 62, 125] {
                    let positions = ((page - 1) * 20..<page * 20).clamped(to: 0..<expected.count)
                    guard !positions.isEmpty else { continue }
                    #expect(
                        try await site.shown("/history?per=20&page=\(page)\(query)") == Array(expected[positions]),
                        "page \(page) of \(query)"
                    )
                }
            }
        }
    }

    @Test func `the way back from a picture far down a search leads to its page`() async throws {
        try await withSite { site async throws in
            // More than a search is followed for the page that begins it.
            let count = ListOutline.horizon + 300
            let ids = try await site.keep((0..<count).map { SamplePicture("a lighthouse", age: count + 5 - $0) })
            for place in [0, 61, ListOutline.horizon - 1, ListOutline.horizon + 1, count - 1] {
                for (sort, id) in [("", ids[count - 1 - place]), ("&sort=oldest", ids[place])] {
                    let answer = try await site.get("/history?q=lighthouse\(sort)&at=\(id)")
                    let location = answer.headers["location"] ?? ""
                    let page = place / 60 + 1
                    #expect(
                        location.contains("page=\(page)#") || page == 1 && !location.contains("page="),
                        "\(location)"
                    )
                    #expect(location.hasSuffix("#picture-\(id)"))
                }
            }
        }
    }

    @Test func `a page of the most pictures, all of them marked, has at most 60 KB`() async throws {
        try await withSite { site async throws in
            let prompt = String(repeating: "a lighthouse in the evening light, ", count: 20)
            try await site.keep((0..<101).map { SamplePicture("\(prompt) \($0)", age: 10 + $0) })
            _ = try await site.app.database.execute(
                "UPDATE library SET favourite = true, rating = 5, tags = '{tag}', boards = '{1}'"
            )
            _ = try await site.app.database.execute("UPDATE pictures SET small = thumbnail")
            for size in ["", "&per=60", "&per=100", "&per=1000000"] {
                let address = "/history?q=lighthouse+evening&model=atelier%2Fcanvas&rating=3&favourite=1&tag=tag\(size)"
                #expect(try await site.shown(address).count == 60)
                let bytes = try await site.get(address).text.utf8.count
                #expect(bytes <= 60 * 1024)
            }
        }
    }

    /// The words of a script or stylesheet.
    private func asset(_ path: String) throws -> String {
        let path = projectFolder + path.replacing("/assets/", with: "/Public/")
        guard let file = fopen(path, "re") else { throw SystemError("open \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
