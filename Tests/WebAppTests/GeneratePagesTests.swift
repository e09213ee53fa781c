import HTTPServer
import JSON
import Testing

@testable import WebApp

@Suite("Generating from the page")
struct GeneratePagesTests {
    static let good = [("prompt", "Sunset over the sea"), ("model", "atelier/canvas"), ("count", "1")]

    @Test func `the form leads to a queued job and comes back filled`() async throws {
        try await withSite { site async throws in
            let form = [
                ("prompt", "Sunset over the sea"), ("negative_prompt", "boats"), ("model", "atelier/canvas"),
                ("size", "custom"), ("width", "128"), ("height", "96"), ("seed", "41"), ("style", "seascape"),
                ("count", "3"),
            ]
            let answer = try await site.post("/generate", form: form)
            #expect(answer.status == 303)
            let location = try #require(answer.headers["location"])

            let jobs = try await site.get("/api/v1/jobs").json.array ?? []
            #expect(jobs.count == 3)
            #expect(Set(jobs.compactMap { $0["parameters"]?["seed"]?.int }) == [41, 42, 43])
            #expect(
                jobs.allSatisfy { $0["parameters"]?["width"]?.int == 128 && $0["parameters"]?["height"]?.int == 96 }
            )
            #expect(jobs.allSatisfy { $0["parameters"]?["style"]?.string == "seascape" })

            let page = try await site.get(location, headers: answer.cookie).text
            #expect(page.contains(">\nSunset over the sea</textarea>"))
            #expect(page.contains("value=\"boats\""))
            #expect(page.contains("value=\"128\""))
            #expect(page.contains("value=\"41\""))
            #expect(page.contains("value=\"3\""))
            #expect(page.contains("3 pictures are queued."))
            #expect(page.components(separatedBy: "<article").count - 1 == 3)
        }
    }

    @Test(arguments: [
        ("prompt", ""), ("prompt", "   "), ("model", "nobody/nothing"), ("model", ""),
        ("count", "0"), ("count", "9"), ("count", "many"), ("seed", "-1"), ("seed", "9007199254740992"), ("seed", "x"),
        ("style", "oil"), ("size", "huge"), ("size", "9000x9000"), ("priority", "urgent"), ("priority", ""),
        ("starts_in", "soon"), ("starts_in", "-1"), ("starts_in", "1.5"), ("starts_in", "525600"),
    ])
    func `what is wrong is said beside its field, what was typed is kept, nothing is queued`(
        field: String,
        value: String
    ) async throws {
        try await withSite { site async throws in
            var form = Self.good.filter { $0.0 != field }
            form.append((field, value))
            form.append(("negative_prompt", "kept <as> typed"))
            let answer = try await site.post("/generate", form: form)
            #expect(answer.status == 422)
            #expect(answer.text.contains("class=\"problem\""))
            #expect(answer.text.contains("value=\"kept &lt;as&gt; typed\""))
            #expect(try await site.get("/api/v1/jobs").text == "[]")
        }
    }

    @Test func `a form that no browser sends is refused as a whole`() async throws {
        try await withSite { site async throws in
            let answer = try await site.post("/generate", form: [("prompt", "a\u{0}b"), ("model", "atelier/canvas")])
            #expect(answer.status == 400)
            #expect(answer.text.contains("That request cannot be read"))
            #expect(try await site.get("/api/v1/jobs").text == "[]")
        }
    }

    @Test func `markup in a prompt is shown as text everywhere`() async throws {
        let prompt = "<script>alert(1)</script>\"'&"
        try await withSite { site async throws in
            let answer = try await site.post("/generate", form: [("prompt", prompt)] + Self.good.dropFirst())
            #expect(answer.status == 303)
            let id = try #require(try await site.get("/api/v1/jobs").json[0]?["id"]?.string)
            for target in ["/", "/?from=\(id)", "/history", "/jobs/\(id)", "/jobs/\(id)/card", "/recent"] {
                let page = try await site.get(target)
                #expect(page.status == 200)
                #expect(!page.text.contains("<script>alert"), "\(target)")
                #expect(page.text.contains("&lt;script&gt;alert(1)"), "\(target)")
            }
        }
    }

    @Test func `a form from another site is refused`() async throws {
        try await withSite { site async throws in
            for headers in [
                [("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")],
            ] {
                let answer = try await site.post("/generate", form: Self.good, headers: headers)
                #expect(answer.status == 403)
            }
            #expect(try await site.get("/api/v1/jobs").text == "[]")
        }
    }

    @Test func `use these settings brings back everything, with the seed that was used`() async throws {
        try await withSite { site async throws in
            let id = try await site.generate(
                "forest at night",
                parameters: ["width": 1344, "height": 768, "negative_prompt": "moon"]
            )
            _ = try await site.working { try await site.finished(id) }
            let page = try await site.get("/?from=\(id)").text
            #expect(page.contains(">\nforest at night</textarea>"))
            #expect(page.contains("value=\"moon\""))
            #expect(page.contains("<option value=\"1344x768\" selected>"))
            #expect(page.contains("value=\"keep\" checked"))
            let seed = try #require(page.firstMatch(of: /name="seed"[^>]*value="(\d+)"/)?.1)
            #expect(Int(seed) != nil)

            let again = try await site.generate(
                "forest at night",
                parameters: ["width": 1344, "height": 768, "negative_prompt": "moon", "seed": .integer(Int(seed) ?? 0)]
            )
            let files = try await site.working {
                let second = try await site.finished(again)["media_path"]?.string
                return (try await site.finished(id)["media_path"]?.string, second)
            }
            #expect(files.0 == files.1)
        }
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}
