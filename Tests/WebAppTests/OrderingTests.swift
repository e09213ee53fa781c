import JSON
import Jobs
import Postgres
import Testing

@testable import WebApp

@Suite("Ordering several pictures")
struct OrderingTests {
    private func sent(_ job: JSON, _ name: String) -> JSON? { job["parameters"]?[name] }

    @Test func `a grid is shown before it is queued, then queued as a whole and listed together`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            var page = FormOnPage(visit.page, id: "generate")?.fields ?? []
            let axes = [("style", "forest, \"seascape\""), ("width", "64..128 by 64"), ("", "")]
            page.removeAll { $0.0.hasPrefix("grid_") || $0.0 == "prompt" || $0.0 == "count" }
            for (name, values) in axes { page += [("grid_name", name), ("grid_values", values)] }
            page += [("prompt", "a quiet place"), ("count", "2")]
            try await visit.post("/generate", page)
            #expect(visit.location == "/?preview")
            #expect(visit.page.contains("<strong>8 pictures</strong>, 2 of each combination"))
            #expect(visit.page.contains("<dd>Forest, Seascape</dd>"))
            #expect(visit.page.contains("Generate 8"))
            #expect(try await site.jobs().isEmpty)

            try await visit.press()
            #expect(visit.page.contains("8 pictures are queued."))
            let jobs = try await site.jobs()
            #expect(
                jobs.map { "\(sent($0, "style")?.string ?? "") \(sent($0, "width")?.int ?? 0)" } == [
                    "forest 64", "forest 64", "forest 128", "forest 128", "seascape 64", "seascape 64", "seascape 128",
                    "seascape 128",
                ]
            )
            // Two seeds, the same in each combination.
            let seeds = jobs.compactMap { sent($0, "seed")?.int }
            #expect(seeds.count == 8)
            #expect(Set(seeds).count == 2)
            #expect(seeds[0] == seeds[2] && seeds[1] == seeds[7])

            let together = try #require(visit.page.firstMatch(of: /href="(\/batches\/[0-9a-f-]+)"/)?.1)
            let batch = try await site.get(String(together)).text
            #expect(batch.contains("8 pictures that were asked for together"))
            #expect(batch.contains("<h2>Style: Forest</h2>"))
            #expect(batch.contains("<p class=\"hint values\">Width: 128</p>"))
            #expect(batch.split(separator: "<article").count - 1 == 8)
            let member = try await site.get("/jobs/\(jobs[3].id)").text
            #expect(member.contains("href=\"\(together)\""))
            // The form still has the grid, and asks again.
            #expect(visit.page.contains("Generate 8"))
        }
    }

    @Test func `a changed grid is shown again before it is queued`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            let grid = [("prompt", "a"), ("model", "atelier/canvas"), ("grid_name", "seed"), ("count", "1")]
            try await visit.post("/generate", grid + [("grid_values", "1..3"), ("shown", "3")])
            #expect(visit.page.contains("3 pictures are queued."))
            try await visit.post("/generate", grid + [("grid_values", "1..5"), ("shown", "3")])
            #expect(visit.location == "/?preview")
            #expect(try await site.jobs().compactMap { sent($0, "seed")?.int } == [1, 2, 3])
        }
    }

    private static let impossibleGrids: [(fields: [(String, String)], control: String)] = [
        ([("grid_name", "seed"), ("grid_values", "1..65")], "grid-1"),
        ([("grid_name", "seed"), ("grid_values", "1..9"), ("grid_name", "width"), ("grid_values", "64..71")], "grid"),
        ([("grid_name", "seed"), ("grid_values", "1..9"), ("grid_name", "seed"), ("grid_values", "1")], "grid-2"),
        ([("grid_name", "steps"), ("grid_values", "1")], "grid-1"),
        ([("grid_name", ""), ("grid_values", "1")], "grid-1"),
        ([("grid_name", "prompt"), ("grid_values", "a, b")], "grid-1"),
        ([("grid_name", "width"), ("grid_values", "64, 63")], "grid-1"),
        ([("grid_name", "style"), ("grid_values", "forest, oil")], "grid-1"),
    ]

    @Test(arguments: Self.impossibleGrids)
    func `a grid that cannot be is refused beside it, and kept`(grid: [(String, String)], control: String) async throws
    {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            let form = [("prompt", "a"), ("model", "atelier/canvas"), ("count", "1"), ("shown", "1")] + grid
            try await visit.post("/generate", form)
            #expect(visit.status == 422)
            #expect(control == "grid" ? visit.page.contains("72 pictures; at most 64") : visit.problem(control) != nil)
            #expect(visit.page.contains("value=\"\(grid[1].1)\""))
            #expect(try await site.jobs().isEmpty)
        }
    }

    @Test func `each picture draws its own prompt, and template and prompt are stored and shown`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            let template = "{red|blue|green} door, {old|new}"
            try await visit.press(nil, ["prompt": template, "count": "6"])
            let jobs = try await site.jobs()
            // As many prompts as there are: chance does not repeat itself while it need not.
            #expect(Set(jobs.compactMap { $0["prompt"]?.string }).count >= 5)
            #expect(jobs.allSatisfy { $0["prompt"]?.string?.contains(" door, ") == true })
            let page = try await site.get("/jobs/\(jobs[0].id)").text
            #expect(page.contains(template))
            #expect(page.contains("<h1>\(jobs[0]["prompt"]?.string ?? "?")</h1>"))
            #expect(visit.value("prompt") == template)
            let stored = try await site.app.database.query("SELECT DISTINCT template FROM generations")
                .map { (template: String?) in template }
            #expect(stored == [template])
        }
    }

    @Test func `a template is tried out before anything is queued`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            try await visit.press(("do", "preview"), ["prompt": "{red|blue} door"])
            #expect(visit.page.contains("2 prompts are possible, for example:"))
            #expect(visit.page.contains("<li>red door</li>") && visit.page.contains("<li>blue door</li>"))
            try await visit.press(nil, ["prompt": "{red|blue door"])
            #expect(visit.status == 422)
            #expect(visit.problem("prompt")?.contains("is not closed") == true)
            #expect(try await site.jobs().isEmpty)
        }
    }

    @Test func `seeds are new each time, or kept and counted on from`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            try await visit.press(nil, ["prompt": "a", "count": "2"])
            let drawn = try await site.jobs().compactMap { sent($0, "seed")?.int }
            #expect(Set(drawn).count == 2)
            #expect(drawn.allSatisfy { (0...Int(Int32.max)).contains($0) })
            // What was drawn last is what is kept, when nothing else is typed.
            try await visit.press(nil, ["seed_mode": "keep", "count": "3"])
            #expect(visit.value("seed") == String(drawn[0]))
            let kept = try await site.jobs().suffix(3).compactMap { sent($0, "seed")?.int }
            #expect(kept == [drawn[0], drawn[0] + 1, drawn[0] + 2])
            try await visit.press(nil, ["seed_mode": "random", "count": "1"])
            #expect(visit.value("seed") == String(drawn[0]))
            #expect(try await sent(site.jobs().last ?? .null, "seed")?.int != drawn[0])
            try await visit.press(
                nil,
                ["seed_mode": "keep", "seed": String(CanvasProvider.largestSeed), "count": "2"]
            )
            #expect(visit.status == 422)
            #expect(visit.problem("seed")?.contains("count on") == true)
        }
    }

    @Test func `an order is stored whole or not at all`() async throws {
        try await withSite { site async throws in
            _ = try await site.app.database.execute(
                """
                ALTER TABLE generations ADD CONSTRAINT refused CHECK (parameters->>'seed' <> '3')
                """
            )
            let form = [
                ("prompt", "a"), ("model", "atelier/canvas"), ("grid_name", "seed"), ("grid_values", "1..5"),
                ("count", "1"), ("shown", "5"),
            ]
            let answer = try await site.post("/generate", form: form)
            #expect(answer.status == 500)
            #expect(try await site.jobs().isEmpty)
            let left = try await site.app.database.query(
                "SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM batches), (SELECT count(*) FROM prompts)"
            ).map { (jobs: Int, batches: Int, prompts: Int) in [jobs, batches, prompts] }
            #expect(left == [[0, 0, 0]])
        }
    }

    @Test func `the complete settings are stored, so that a model may change its own later`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            try await visit.press(nil, ["prompt": "a"])
            let parameters = try await site.jobs().first?["parameters"]?.object ?? [:]
            #expect(parameters["width"] == 1024)
            #expect(parameters["height"] == 1024)
            #expect(parameters["style"] == nil)
        }
    }

    @Test func `an unknown batch is not found`() async throws {
        try await withSite { site async throws in
            #expect(try await site.get("/batches/01a1fe05-2674-72ac-97d6-4175fc1acb3d").status == 404)
            #expect(try await site.get("/batches/nonsense").status == 404)
        }
    }
}
