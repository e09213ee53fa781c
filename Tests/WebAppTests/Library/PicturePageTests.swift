import HTTPServer
import JSON
import Jobs
import Postgres
import Testing

@testable import WebApp

@Suite("A picture's page")
struct PicturePageTests {
    @Test func `shows the picture with its prompt, settings, origin and attempts`() async throws {
        try await withSite { site async throws in
            let prompt = "a <red> fox & friends"
            let job = try await site.working {
                let id = try await site.generate(prompt, parameters: ["width": 96, "height": 64, "seed": 7])
                _ = try await site.finished(id)
                return id
            }
            let id = try #require(try await site.shown("/history").first)
            let page = try await site.get("/pictures/\(id)").text
            #expect(page.contains("alt=\"a &lt;red&gt; fox &amp; friends\" width=\"96\" height=\"64\""))
            #expect(page.contains("<div><dt>Seed</dt><dd>7</dd></div>"))
            #expect(page.contains("href=\"/jobs/\(job)\""))
            #expect(page.contains("<strong>completed</strong>"))
            for part in ["all", "all-but-seed", "prompt", "seed"] {
                #expect(page.contains("href=\"/?use=\(job)&amp;what=\(part)\""))
            }
            #expect(try await site.get("/pictures/\(PictureID(rawValue: .random()))").status == 404)
            #expect(try await site.get("/pictures/nothing").status == 404)
        }
    }

    @Test func `leads through the search that it was found by, and back to its place`() async throws {
        try await withSite { site async throws in
            let ids = try await site.keep((0..<90).map { SamplePicture($0 % 2 == 0 ? "red" : "blue", age: 200 - $0) })
            let red = Array(stride(from: 88, through: 0, by: -2).map { ids[$0] })
            let list = try await site.get("/history?q=red&per=20&page=2").text
            let address = try #require(list.firstMatch(of: /href="(\/pictures\/[^"]+)"/)?.1)
            #expect(address == "/pictures/\(red[20])?q=red&amp;per=20")

            let page = try await site.page(red[20], "q=red&per=20")
            #expect(page.previous == "/pictures/\(red[19])?q=red&per=20")
            #expect(page.next == "/pictures/\(red[21])?q=red&per=20")
            let back = try await site.get(page.back)
            #expect(back.status == 303)
            #expect(back.headers["location"] == "/history?q=red&page=2&per=20#picture-\(red[20])")

            #expect(try await site.page(red[0], "q=red").previous == nil)
            #expect(try await site.page(red[44], "q=red").next == nil)
            #expect(try await site.page(ids[0], "q=red&sort=oldest").next == "/pictures/\(ids[2])?q=red&sort=oldest")
            // What is not in the list has a place beside it.
            let stranger = try await site.page(ids[51], "q=red")
            #expect(stranger.previous == "/pictures/\(ids[52])?q=red")
            #expect(stranger.next == "/pictures/\(ids[50])?q=red")
            // A search that cannot be read is no reason to hide the picture.
            #expect(try await site.get("/pictures/\(ids[1])?rating=9").status == 200)
        }
    }

    @Test(arguments: ["newest", "oldest", "rating"])
    func `finds the way in lists of any length`(sort: String) async throws {
        try await withSite { site async throws in
            let ids = try await site.keep((0..<2500).map { SamplePicture(age: 5000 - $0) })
            let rated = stride(from: 0, to: 2500, by: 100).map { ids[$0] }
            _ = try await site.act("rate", on: rated, [("rating", "4")])
            let order =
                switch sort {
                case "newest": Array(ids.reversed())
                case "oldest": ids
                default: rated.reversed() + ids.filter { !rated.contains($0) }.reversed()
                }
            for place in [0, 1, 24, 25, 26, 1023, 1024, 1777, 2498, 2499] {
                let page = try await site.page(order[place], "sort=\(sort)")
                let query = sort == "newest" ? "" : "?sort=\(sort)"
                #expect(page.previous == (place > 0 ? "/pictures/\(order[place - 1])\(query)" : nil), "\(place)")
                #expect(page.next == (place < 2499 ? "/pictures/\(order[place + 1])\(query)" : nil), "\(place)")
                let back = try await site.get(page.back).headers["location"] ?? ""
                let number = place / 60 + 1
                #expect(back.hasSuffix("#picture-\(order[place])"))
                #expect(back.contains("page=\(number)") == (number > 1), "\(back)")
            }
        }
    }

    @Test func `variations are the same with other seeds, and appear below it`() async throws {
        try await withSite { site async throws in
            let parameters: JSON = ["width": 96, "height": 64, "seed": 7, "style": "marble"]
            try await site.working { _ = try await site.finished(site.generate("a fox", parameters: parameters)) }
            let id = try #require(try await site.shown("/history").first)
            let answer = try await site.post("/pictures/\(id)/variations?q=fox&per=20", form: [("count", "4")])
            #expect(answer.status == 303)
            let location = try #require(answer.headers["location"])
            #expect(location.hasPrefix("/pictures/\(id)?q=fox&per=20&varied="))
            let page = try await site.get(String(location.prefix { $0 != "#" })).text
            #expect(page.matches(of: /<article class="card is-pending"/).count == 4)
            #expect(page.contains("http-equiv=\"refresh\""))
            let seeds = try await site.working {
                var seeds: [Int] = []
                for job in try await site.get("/api/v1/jobs").json.array ?? [] {
                    let done = try await site.finished(job["id"]?.string ?? "")
                    #expect(done["prompt"]?.string == "a fox")
                    #expect(done["parameters"]?["style"]?.string == "marble")
                    if done["parameters"]?["seed"] == nil { seeds.append(1) }
                }
                return seeds.count
            }
            #expect(seeds == 4)
            #expect(
                try await site.app.database.execute("SELECT count(DISTINCT seed) FROM library").one { (n: Int) in n }
                    == 5
            )
            for count in ["0", "9", "x", ""] {
                let refused = try await site.post("/pictures/\(id)/variations", form: [("count", count)])
                #expect(refused.status == 422)
            }
        }
    }

    @Test func `what cannot be made again is said in words`() async throws {
        try await withSite { site async throws in
            var sample = SamplePicture()
            sample.model = "gone/model"
            let id = try await site.keep([sample])[0]
            let answer = try await site.post("/pictures/\(id)/variations", form: [("count", "1")])
            #expect(answer.status == 409)
            #expect(answer.text.contains("nothing was queued"))
        }
    }
}

@Suite("Taking a picture away")
struct PictureDownloadTests {
    @Test func `with settings they stand in the file, clean they do not`() async throws {
        try await withSite { site async throws in
            let parameters: JSON = ["width": 96, "height": 64, "seed": 7, "negative_prompt": "people"]
            try await site.working { _ = try await site.finished(site.generate("a red fox", parameters: parameters)) }
            let id = try #require(try await site.shown("/history").first)
            for (path, name, hasWords) in [
                ("with-settings", "atelier-a-red-fox-\(id.description.suffix(8)).png", true),
                ("clean", "atelier-a-red-fox-\(id.description.suffix(8))-clean.png", false),
            ] {
                let response = try await site.download("/pictures/\(id)/\(path)")
                #expect(response.headers["content-disposition"] == "attachment; filename=\"\(name)\"")
                #expect(response.headers["content-type"] == "image/png")
                let bytes = try await response.content()
                #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
                let words = "a red fox\nNegative prompt: people\nSeed: 7, Size: 96x64, Model: atelier/canvas, Style: "
                #expect(bytes.contains(Array("tEXtparameters\0\(words)".utf8)) == hasWords)
                #expect(!bytes.contains(Array("red fox".utf8)) == !hasWords)
            }
            #expect(try await site.get("/pictures/\(PictureID(rawValue: .random()))/clean").status == 404)
        }
    }

    @Test func `values that would be read as more are quoted`() async throws {
        try await withSite { site async throws in
            var sample = SamplePicture("two\nlines")
            sample.seed = 3
            let id = try await site.keep([sample])[0]
            _ = try await site.app.database.execute(
                #"UPDATE pictures SET details = details || '{"sampler": "a, b: c", "steps": 20}'"#
            )
            let details = try #require(try await site.app.database.picture(id))
            let line = "Seed: 3, Size: 64x48, Model: atelier/canvas, Steps: 20, Sampler: \"a, b: c\""
            #expect(details.words == "two\nlines\n\(line)")
        }
    }

    @Test func `a file that is gone is not found`() async throws {
        try await withSite { site async throws in
            let id = try await site.keep([SamplePicture()])[0]
            #expect(try await site.get("/pictures/\(id)/clean").status == 404)
            #expect(try await site.get("/pictures/\(id)/with-settings").status == 404)
        }
    }
}

@Suite("Two pictures side by side")
struct CompareTests {
    @Test func `what differs is listed, what does not is left out`() async throws {
        try await withSite { site async throws in
            var samples = [SamplePicture("a red fox"), SamplePicture("a <b>blue</b> fox", age: 9)]
            (samples[0].seed, samples[1].seed) = (1, 2)
            let ids = try await site.keep(samples)
            let chosen = try await site.post(
                "/history/actions",
                form: [("action", "compare"), ("id", ids[1].description), ("id", ids[0].description)]
            )
            #expect(chosen.headers["location"] == "/compare?a=\(ids[0])&b=\(ids[1])")
            let page = try await site.get("/compare?a=\(ids[0])&b=\(ids[1])").text
            #expect(page.contains("<tr><th scope=\"row\">Seed</th><td>1</td><td>2</td></tr>"))
            #expect(page.contains("<td>a red fox</td><td>a &lt;b&gt;blue&lt;/b&gt; fox</td>"))
            #expect(!page.contains(">Model</th>"))
            #expect(page.contains("href=\"/compare?a=\(ids[1])&amp;b=\(ids[0])\""))
            #expect(try await site.get("/compare?a=\(ids[0])&b=\(ids[0])").text.contains("Made with the same settings"))
        }
    }

    @Test func `one that is gone, none, and more than two are answered in words`() async throws {
        try await withSite { site async throws in
            let ids = try await site.keep((0..<3).map { SamplePicture(age: 9 - $0) })
            let gone = try await site.get("/compare?a=\(ids[0])&b=\(PictureID(rawValue: .random()))")
            #expect(gone.status == 404)
            #expect(gone.text.contains("does not exist any more"))
            for address in ["/compare", "/compare?a=\(ids[0])", "/compare?a=x&b=y"] {
                #expect(try await site.get(address).status == 422)
            }
            for count in [1, 3] {
                let answer = try await site.act("compare", on: Array(ids[..<count]))
                #expect(answer.status == 422)
                #expect(answer.text.contains("Tick two pictures to compare them; \(count) are ticked."))
            }
        }
    }
}

extension TestSite {
    /// Where a picture's page leads.
    fileprivate func page(
        _ id: PictureID,
        _ query: String
    ) async throws -> (previous: String?, next: String?, back: String) {
        let text = try await get("/pictures/\(id)?\(query)").text
        func address(_ match: Substring?) -> String? { match.map { String($0).replacing("&amp;", with: "&") } }
        return (
            address(text.firstMatch(of: /rel="prev" href="([^"]+)"/)?.1),
            address(text.firstMatch(of: /rel="next" href="([^"]+)"/)?.1),
            address(text.firstMatch(of: /class="back" href="([^"]+)"/)?.1) ?? ""
        )
    }
}
