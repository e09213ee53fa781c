import JSON
import Jobs
import Postgres
import Testing

@testable import WebApp

@Suite("Using what a picture was made with")
struct UseTests {
    private static let made: JSON = [
        "width": 768, "height": 1344, "negative_prompt": "moon", "style": "forest", "seed": 41,
    ]

    private func make(_ site: TestSite) async throws -> String {
        try await site.generate("forest at night", parameters: Self.made)
    }

    @Test(arguments: [
        ("all", "forest at night", "moon", "forest", "768x1344", "41"),
        ("all-but-seed", "forest at night", "moon", "forest", "768x1344", nil),
        ("prompt", "forest at night", "moon", "", "", nil), ("seed", "", "", "", "", "41"),
        ("nonsense", "forest at night", "moon", "forest", "768x1344", "41"),
    ])
    func `an empty form is filled at once`(
        what: String,
        prompt: String,
        negative: String,
        style: String,
        size: String,
        seed: String?
    ) async throws {
        try await withSite { site async throws in
            let id = try await make(site)
            let visit = Visit(site)
            try await visit.open("/?use=\(id)&what=\(what)")
            #expect(visit.value("prompt") == prompt)
            #expect(visit.value("negative_prompt") == negative)
            #expect(visit.value("style") == style)
            #expect(visit.value("size") == size)
            #expect(visit.value("seed_mode") == (seed == nil ? "random" : "keep"))
            #expect(visit.value("seed") == seed ?? "")
            // It is the visitor's form from now on.
            try await visit.open("/")
            #expect(visit.value("prompt") == prompt)
        }
    }

    @Test(arguments: [
        (
            "all",
            ["Prompt: my own → forest at night", "Without:  → moon", "Size", "Style: waves → forest", "Seed: 7 → 41"]
        ),
        ("all-but-seed", ["Prompt: my own → forest at night", "Without:  → moon", "Size", "Style: waves → forest"]),
        ("prompt", ["Prompt: my own → forest at night", "Without:  → moon"]), ("seed", ["Seed: 7 → 41"]),
    ])
    func `a filled form is not overwritten unseen, and the difference is what would change`(
        what: String,
        lines: [String]
    ) async throws {
        try await withSite { site async throws in
            let id = try await make(site)
            let visit = Visit(site)
            try await visit.open("/")
            let typed = ["prompt": "my own", "style": "waves", "seed_mode": "keep", "seed": "7"]
            try await visit.press(("do", "preview"), typed)
            try await visit.open("/?use=\(id)&what=\(what)")
            #expect(visit.page.contains("<title>Use that picture’s"))
            let rows = visit.page.matches(of: /<dt>([^<]*)<\/dt><dd>((?s).*?)<\/dd>/).map { match in
                let old = match.output.2.firstMatch(of: /<del>([^<]*)</)?.1 ?? ""
                let new = match.output.2.firstMatch(of: /<ins>([^<]*)</)?.1 ?? ""
                return "\(match.output.1): \(old) → \(new)"
            }
            var expected = lines
            if let size = expected.firstIndex(of: "Size") {
                expected.replaceSubrange(size...size, with: ["Width: 1024 → 768", "Height: 1024 → 1344"])
            }
            let folded = expected.map { $0.lowercased() }
            #expect(rows.map { $0.lowercased() } == folded)

            // Nothing has changed yet; confirmed, it does, and what was there is kept.
            let other = visit.otherWindow()
            try await other.open("/")
            #expect(other.value("prompt") == "my own")
            try await visit.press(form: "use")
            #expect(visit.location == "/")
            #expect(visit.value("prompt") == (what == "seed" ? "my own" : "forest at night"))
            #expect(visit.value("style") == (what.hasPrefix("all") ? "forest" : "waves"))
            #expect(visit.value("seed") == (["all", "seed"].contains(what) ? "41" : "7"))
            #expect(visit.page.contains("The form was filled anew."))
            try await visit.open("/?use=earlier")
            try await visit.press(form: "use")
            #expect(visit.value("prompt") == "my own")
            #expect(visit.value("style") == "waves")
            #expect(visit.value("seed") == "7")
        }
    }

    @Test func `what is the same already asks nothing`() async throws {
        try await withSite { site async throws in
            let id = try await make(site)
            let visit = Visit(site)
            try await visit.open("/?use=\(id)")
            try await visit.open("/?use=\(id)")
            #expect(visit.location == "/")
            #expect(visit.value("prompt") == "forest at night")
        }
    }

    @Test func `what was drawn by chance is used as it is, or as the template it came from`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            try await visit.press(nil, ["prompt": "\\{a\\} {red|red} door"])
            let id = try #require(try await site.jobs().first?["id"]?.string)
            let page = try await site.get("/jobs/\(id)").text
            #expect(page.contains("/?use=\(id)&amp;what=template"))
            let words = Visit(site)
            try await words.open("/?use=\(id)&what=prompt")
            #expect(words.value("prompt") == "{a} red door")
            let template = Visit(site)
            try await template.open("/?use=\(id)&what=template")
            #expect(template.value("prompt") == "\\{a\\} {red|red} door")
            // A prompt that looks like a template is itself again.
            let literal = try await site.generate("{red|blue} by the API")
            try await words.open("/?use=\(literal)&what=prompt")
            try await words.press(form: "use")
            try await words.press()
            #expect(try await site.jobs().last?["prompt"]?.string == "{red|blue} by the API")
        }
    }

    @Test func `the seed that chance has drawn is known once the picture is there`() async throws {
        try await withSite { site async throws in
            let id = try await site.generate("a hill", parameters: ["width": 64, "height": 64])
            #expect(try await site.get("/?use=\(id)&what=seed").status == 404)
            _ = try await site.working { try await site.finished(id) }
            let visit = Visit(site)
            try await visit.open("/?use=\(id)&what=seed")
            #expect(Int(visit.value("seed") ?? "") != nil)
            #expect(visit.value("seed_mode") == "keep")
        }
    }

    @Test func `a browser without cookies gets the filled form, too`() async throws {
        try await withSite { site async throws in
            let id = try await make(site)
            let page = try await site.get("/?use=\(id)").text
            let form = try #require(FormOnPage(page, id: "generate"))
            #expect(form.fields.first { $0.0 == "prompt" }?.1 == "forest at night")
        }
    }

    @Test func `links of words fill the form, and are asked about like all others`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/?prompt=two%20%3Cboats%3E")
            #expect(visit.value("prompt") == "two <boats>")
            try await visit.open("/?prompt=three")
            #expect(visit.page.contains("<del>two &lt;boats&gt;</del>") && visit.page.contains("<ins>three</ins>"))
        }
    }

    @Test(arguments: [
        "01a1fe05-2674-72ac-97d6-4175fc1acb3d", "preset-01a1fe05-2674-72ac-97d6-4175fc1acb3d", "prompt-1", "earlier",
    ])
    func `what is not there is not found`(source: String) async throws {
        try await withSite { site async throws in
            #expect(try await site.get("/?use=\(source)").status == 404)
            #expect(try await site.post("/draft/use", form: [("use", source)]).status == 404)
        }
    }

    @Test(arguments: ["", "nonsense", "preset-", "prompt-x", "prompt--1", "../etc"])
    func `an address that names nothing is the form as it was`(source: String) async throws {
        try await withSite { site async throws in
            let answer = try await site.get("/?use=\(site.encoded(source))")
            #expect(source == "prompt--1" ? answer.status == 404 : answer.status == 200)
            #expect(try await site.post("/draft/use", form: [("use", source)]).status == 404)
        }
    }

    @Test func `a model that is gone leaves its prompt usable`() async throws {
        try await withSite { site async throws in
            let id = try await make(site)
            _ = try await site.app.database.execute("UPDATE generations SET model = 'acme/painter'")
            let answer = try await site.get("/?use=\(id)")
            #expect(answer.status == 409)
            #expect(answer.text.contains("its prompt can still be used"))
            let prompt = try await site.get("/?use=\(id)&what=prompt")
            #expect(prompt.status == 200)
        }
    }
}
