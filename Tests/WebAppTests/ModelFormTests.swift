import JSON
import Jobs
import Postgres
import Support
import Testing

@testable import WebApp

@Suite("The form of a model of Replicate")
struct ModelFormTests {
    /// Opens the form of a model, and waits until what it takes is known.
    private func open(_ model: String, _ visit: Visit) async throws {
        try await visit.open("/?model=\(model)")
        _ = try await eventually(on: visit.site.loop) {
            try await visit.site.app.database.query(
                "SELECT model FROM model_schemas WHERE model = \(model) AND (schemas IS NOT NULL OR problem IS NOT NULL)"
            ).map { (model: String) in model }.first
        }
        // What this process read before was remembered for a moment.
        _ = try await eventually(on: visit.site.loop) {
            let page = try await visit.open("/?model=\(model)")
            return page.contains("are being asked for") ? nil : true
        }
    }

    @Test func `is built from its schema, in its order, with its defaults`() async throws {
        try await withReplicate { site, _ in
            let visit = Visit(site)
            try await open("acme/painter", visit)
            let fields = FormOnPage(visit.page, id: "generate")?.fields ?? []
            #expect(visit.value("model") == "acme/painter")
            #expect(visit.value("aspect_ratio") == "1:1")
            #expect(visit.value("num_outputs") == "1")
            #expect(visit.value("guidance") == "3.5")
            #expect(visit.value("image") == "")
            #expect(visit.value("width") == nil && visit.value("size") == nil && visit.value("style") == nil)
            let order = ["prompt", "aspect_ratio", "num_outputs", "guidance", "image", "seed_mode", "count"]
            #expect(fields.map(\.0).filter(order.contains) == order)
            #expect(visit.page.contains("<option value=\"16:9\">16:9, landscape</option>"))
            #expect(visit.page.contains(#"step="any" min="0" max="10""#))
            #expect(visit.page.contains(#"<input type="url""#))
            #expect(visit.page.contains("Paints."))
        }
    }

    @Test func `sends values of the right types, and what stands in further inputs`() async throws {
        try await withWorkingReplicate { site, fake in
            let visit = Visit(site)
            try await open("acme/painter", visit)
            try await visit.press(
                nil,
                [
                    "prompt": "a fox", "aspect_ratio": "16:9", "num_outputs": "2", "guidance": "7", "seed_mode": "keep",
                    "seed": "41", "extra": #"{"lora": "x", "steps": 20}"#,
                ]
            )
            #expect(visit.page.contains("Queued."))
            let id = try #require(try await site.jobs().first?.id)
            _ = try await site.finished(id)
            let sent = try JSON(parsing: Array((fake.creates.first?.text ?? "").utf8))["input"]
            let expected: JSON = [
                "prompt": "a fox", "aspect_ratio": "16:9", "num_outputs": 2, "guidance": 7, "seed": 41, "lora": "x",
                "steps": 20,
            ]
            #expect(sent == expected)
        }
    }

    @Test(arguments: [
        ("guidance", "11", "Should be at most 10"), ("guidance", "seven", "Type a number, such as 7.5"),
        ("num_outputs", "1.5", "Type a whole number"), ("aspect_ratio", "2:1", "Should be one of 1:1, 16:9, 9:16"),
        ("image", "javascript:alert(1)", "Should be an address that begins with https://"), ("extra", "[1]", nil),
        ("extra", #"{"guidance": 3}"#, "guidance has a field of its own"), ("extra", "{", nil),
    ])
    func `is checked again on the server`(field: String, value: String, message: String?) async throws {
        try await withReplicate { site, _ in
            let visit = Visit(site)
            try await open("acme/painter", visit)
            try await visit.press(nil, ["prompt": "a fox", field: value])
            #expect(visit.status == 422)
            let control = field == "extra" ? field : FormField.id(field)
            let problem = visit.problem(control)
            #expect(message == nil ? problem != nil : problem == message)
            #expect(visit.value(field) == value)
            #expect(try await site.jobs().isEmpty)
        }
    }

    @Test func `choosing another model keeps what was typed, for both`() async throws {
        try await withReplicate { site, _ in
            let visit = Visit(site)
            try await open("acme/painter", visit)
            try await visit.press(
                ("choose", "atelier/canvas"),
                ["prompt": "a fox", "guidance": "7", "seed_mode": "keep", "seed": "5"]
            )
            #expect(visit.location == "/")
            #expect(visit.value("model") == "atelier/canvas")
            #expect(visit.value("prompt") == "a fox")
            #expect(visit.value("seed") == "5")
            #expect(visit.value("guidance") == nil)
            try await visit.press(("choose", "other"), ["other_model": " acme/painter ", "style": "forest"])
            #expect(visit.value("model") == "acme/painter")
            #expect(visit.value("guidance") == "7")
            #expect(visit.value("aspect_ratio") == "1:1")
            try await visit.press(("choose", "atelier/canvas"))
            #expect(visit.value("style") == "forest")
            #expect(try await site.jobs().isEmpty)
        }
    }

    @Test func `the default of one model is not carried to another`() async throws {
        try await withReplicate { site, fake in
            fake.modelSchemas["acme/other"] =
                #"{"Input": {"properties": {"prompt": {"type": "string"}, "guidance": {"type": "number", "default": 9}}}}"#
            let visit = Visit(site)
            try await open("acme/other", visit)
            #expect(visit.value("guidance") == "9")
            try await open("acme/painter", visit)
            try await visit.press(("choose", "acme/other"), ["prompt": "a fox"])
            #expect(visit.value("guidance") == "9")
        }
    }

    @Test func `a model that is none is refused beside its field`() async throws {
        try await withReplicate { site, _ in
            let visit = Visit(site)
            try await visit.open("/")
            for name in ["nobody", "a/b/c", "", "../..", "atelier/nothing"] {
                try await visit.press(("choose", "other"), ["other_model": name, "prompt": "kept"])
                #expect(visit.status == 422)
                #expect(visit.problem("other_model") != nil)
                #expect(visit.value("prompt") == "kept")
            }
        }
    }

    @Test func `without a token the page says how to get there, and a draft of such a model is no dead end`()
        async throws
    {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/?model=acme/painter")
            #expect(visit.status == 200)
            #expect(visit.value("model") == "atelier/canvas")
            #expect(visit.page.contains("REPLICATE_API_TOKEN"))
        }
    }

    @Test func `nothing waits for Replicate: until it has answered, the prompt is enough`() async throws {
        try await withReplicate { site, fake in
            for model in site.app.models.listed.map(\.id) + ["acme/painter"] { fake.modelAnswers[model] = .silence }
            let visit = Visit(site)
            // The listed models, which are asked for with the page, hold up none that is chosen.
            try await visit.open("/")
            try await visit.open("/?model=acme/painter")
            #expect(visit.page.contains("Its inputs are being asked for."))
            try await until(on: site.loop) { fake.lookups.contains { $0.path.hasSuffix("/acme/painter") } }
            try await visit.press(nil, ["prompt": "a fox", "extra": #"{"guidance": 3}"#])
            #expect(visit.page.contains("Queued."))
            let job = try #require(try await site.jobs().first)
            #expect(job["model"] == "acme/painter")
            #expect(job["parameters"] == ["guidance": 3])
        }
    }

    @Test func `a model that Replicate does not know is said to be unknown, and asked for once`() async throws {
        try await withReplicate { site, fake in
            fake.modelAnswers["acme/nothing"] =
                .problem(404, title: nil, detail: "<b>The requested resource could not be found.")
            let visit = Visit(site)
            try await open("acme/nothing", visit)
            #expect(visit.page.contains("Replicate knows no such model: &lt;b&gt;The requested"))
            for _ in 0..<5 { try await visit.open("/?model=acme/nothing") }
            #expect(fake.lookups.filter { $0.path.hasSuffix("/acme/nothing") }.count == 1)
        }
    }

    @Test func `what is known is shown while it is renewed, also when that fails`() async throws {
        try await withReplicate { site, fake in
            let visit = Visit(site)
            try await open("acme/painter", visit)
            _ = try await site.app.database.execute(
                "UPDATE model_schemas SET fetched_at = now() - interval '1 day', tried_at = now() - interval '1 day'"
            )
            fake.modelAnswers["acme/painter"] = .serverError
            // Another process, which has read nothing yet.
            let descriptions = ModelDescriptions(database: site.app.database, log: site.app.log)
            guard case .known(let model) = site.app.models.find("acme/painter") else { return }
            let stale = try await descriptions.description(of: model)
            #expect(stale.schema?["guidance"] != nil)
            _ = try await eventually(on: site.loop) {
                try await site.app.database.query(
                    "SELECT problem FROM model_schemas WHERE problem IS NOT NULL AND model = 'acme/painter'"
                )
                .map { (problem: String) in problem }.first
            }
            let still = try await ModelDescriptions(database: site.app.database, log: site.app.log).description(
                of: model
            )
            #expect(still.schema?["guidance"] != nil)
            #expect(still.problem?.contains("500") == true)
        }
    }

    @Test func `versions are described, too; bare ones cannot be`() async throws {
        try await withReplicate { site, fake in
            let version = String(repeating: "cd", count: 32)
            let visit = Visit(site)
            try await open("acme/painter:\(version)", visit)
            #expect(visit.value("guidance") == "3.5")
            #expect(fake.lookups.contains { $0.path == "/v1/models/acme/painter/versions/\(version)" })
            try await open(version, visit)
            #expect(visit.page.contains("A version without its model’s name cannot be looked up"))
            #expect(visit.value("extra") == "")
        }
    }

    @Test(
        arguments: [
            .raw(200, contentType: "text/html", body: "<html>"), .raw(200, contentType: "application/json", body: "[]"),
            .raw(200, contentType: "application/json", body: #"{"latest_version": null}"#),
            .raw(
                200,
                contentType: "application/json",
                body: #"{"latest_version": {"openapi_schema": {"components": {"schemas": {"Input": 7}}}}}"#
            ),
            .raw(
                200,
                contentType: "application/json",
                body:
                    #"{"description": "\u0000", "latest_version": {"openapi_schema": {"components": {"schemas": {"Input": {"title": "\u0000"}}}}}}"#
            ),
            .raw(200, contentType: "application/json", body: String(repeating: "[", count: 100_000)),
            .raw(
                200,
                contentType: "application/json",
                body: "{\"x\": \"" + String(repeating: "x", count: 5 << 20) + "\"}"
            ),
            .problem(401, title: "Unauthenticated", detail: "token r8_test is wrong"),
        ] as [FakeAnswer]
    )
    func `strange answers leave a form that works, and show no secret`(answer: FakeAnswer) async throws {
        try await withReplicate { site, fake in
            fake.modelAnswers["acme/painter"] = answer
            let visit = Visit(site)
            try await visit.open("/?model=acme/painter")
            try await until(on: site.loop) { fake.lookups.contains { $0.path.hasSuffix("/acme/painter") } }
            try await visit.press(nil, ["prompt": "a fox"])
            #expect(visit.page.contains("Queued."))
            try await visit.open("/?model=acme/painter")
            #expect(visit.status == 200)
            #expect(!visit.page.contains("r8_test"))
        }
    }

    @Test func `a hostile schema is harmless on the page`() async throws {
        try await withReplicate { site, fake in
            fake.modelSchemas["acme/hostile"] = #"""
                {"Input": {"required": ["draft", "<img src=x>"], "properties": {
                    "prompt": {"type": "string"},
                    "draft": {"type": "string", "default": "\" autofocus onfocus=alert(1) x=\""},
                    "model": {"enum": ["</select><script>alert(1)</script>", "b"], "default": "b"},
                    "count": {"type": "integer", "default": 3},
                    "<img src=x>": {"type": "string", "title": "</label><script>alert(2)</script>", "description": "<!-- <script>"},
                    "main": {"type": "string"}, "input.count": {"type": "string"},
                    "loop": {"$ref": "#/components/schemas/Input"}
                }}}
                """#
            let visit = Visit(site)
            try await open("acme/hostile", visit)
            #expect(!visit.page.contains("<script>alert"))
            #expect(!visit.page.contains("<img src=x>"))
            #expect(!visit.page.contains("\" autofocus onfocus"))
            #expect(visit.page.split(separator: "id=\"main\"").count == 2)
            // The form’s own controls are still its own.
            #expect(visit.value("model") == "acme/hostile")
            #expect(visit.value("count") == "1")
            #expect(visit.value("input.count") == "3")
            try await visit.press(
                nil,
                ["prompt": "a", "<img src=x>": "typed", "input.count": "4", "input.input.count": "x"]
            )
            #expect(visit.page.contains("Queued."))
            let parameters = try await site.jobs().first?["parameters"]
            #expect(parameters?["count"] == 4)
            #expect(parameters?["input.count"] == "x")
            #expect(parameters?["<img src=x>"] == "typed")
            #expect(parameters?["model"] == "b")
        }
    }

    @Test func `prices are told where they are known`() async throws {
        try await withReplicate(["REPLICATE_PRICES": "google/imagen-4=0.04/picture, stability-ai/sdxl=0.000725/second"])
        { site, _ in
            let visit = Visit(site)
            try await visit.open("/?model=google/imagen-4")
            #expect(visit.page.contains("by Replicate, $0.04 a picture"))
            #expect(visit.page.contains("by Replicate, $0.000725 a second"))
            try await visit.press(("do", "preview"), ["prompt": "{a|b}", "count": "3"])
            #expect(visit.page.contains("about $0.12"))
        }
    }
}
