import HTTPServer
import JSON
import Postgres
import Testing

@testable import WebApp

@Suite("Presets")
struct PresetTests {
    /// Keeps what the form holds under a name.
    private func keep(_ name: String, _ changes: [String: String], _ visit: Visit) async throws {
        try await visit.open("/")
        try await visit.press(("do", "preset"), changes.merging(["preset_name": name]) { $1 })
    }

    private func stored(_ site: TestSite) async throws -> [Preset] { try await site.app.database.presets() }

    private func export(_ site: TestSite, _ query: String = "") async throws -> String {
        let answer = try await site.get("/presets/export\(query)")
        #expect(answer.headers["content-disposition"] == "attachment; filename=\"atelier-presets.json\"")
        return answer.text
    }

    private func file(_ entries: [String]) -> String {
        "{\"format\": \"atelier-presets\", \"version\": 1, \"presets\": [\(entries.joined(separator: ","))]}"
    }

    private func upload(_ bytes: [UInt8], to site: TestSite) async throws -> Answer {
        let head = """
            --x\r\nContent-Disposition: form-data; name="file"; filename="p.json"\r\n\
            Content-Type: application/json\r\n\r\n
            """
        let body = Array(head.utf8) + bytes + Array("\r\n--x--\r\n".utf8)
        let headers = [("Content-Type", "multipart/form-data; boundary=x"), ("Sec-Fetch-Site", "same-origin")]
        return try await site.send(Request(.post, "/presets/import", headers: headers, body: body))
    }

    @Test func `a form is kept under a name, and comes back as it was`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await keep(
                "  Quiet\tdoors ",
                ["prompt": "{red|blue} door", "negative_prompt": "people", "style": "forest", "size": "768x1344"],
                visit
            )
            #expect(visit.page.contains("Kept as a preset."))
            #expect(visit.value("prompt") == "{red|blue} door")
            let preset = try #require(try await stored(site).first)
            #expect(preset.name == "Quiet doors")
            #expect(
                preset.parameters == ["negative_prompt": "people", "width": 768, "height": 1344, "style": "forest"]
            )

            let other = Visit(site)
            try await other.open("/?use=preset-\(preset.id)")
            #expect(other.value("prompt") == "{red|blue} door")
            #expect(other.value("negative_prompt") == "people")
            #expect(other.value("style") == "forest")
            #expect(other.value("size") == "768x1344")
            #expect(other.value("seed_mode") == "random")
            // Its button keeps what is typed before it asks.
            try await other.press(("use", "preset-\(preset.id)"), ["prompt": "not yet sent"])
            #expect(other.page.contains("<del>not yet sent</del>"))
        }
    }

    @Test func `a preset may have no words, and a seed where that is kept`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await keep("Seed 5", ["seed_mode": "keep", "seed": "5"], visit)
            let preset = try #require(try await stored(site).first)
            #expect(preset.prompt.isEmpty)
            #expect(preset.parameters["seed"] == 5)
            // What somebody has typed stays.
            let other = Visit(site)
            try await other.open("/")
            try await other.press(("do", "preview"), ["prompt": "my own", "negative_prompt": "people"])
            try await other.open("/?use=preset-\(preset.id)")
            #expect(other.value("prompt") == "my own")
            #expect(other.value("negative_prompt") == "people")
            #expect(other.value("seed_mode") == "keep")
            #expect(other.value("seed") == "5")
        }
    }

    @Test func `a name is needed, and one that is taken is not overwritten unasked`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            for name in ["", "   ", String(repeating: "n", count: 81)] {
                try await keep(name, ["prompt": "kept"], visit)
                #expect(visit.status == 422)
                #expect(visit.problem("preset_name") == "A name has 1 to 80 characters")
                #expect(visit.value("prompt") == "kept")
                #expect(visit.value("preset_name") == name)
            }
            try await keep("Mine", ["prompt": "first"], visit)
            try await keep("mine", ["prompt": "second"], visit)
            #expect(visit.status == 422)
            #expect(visit.problem("preset_name") == "There is a preset of that name")
            #expect(try await stored(site).map(\.prompt) == ["first"])
            try await visit.press(("do", "replace-preset"))
            #expect(visit.page.contains("Kept as a preset."))
            #expect(try await stored(site).map { "\($0.name) \($0.prompt)" } == ["mine second"])
        }
    }

    @Test func `what cannot be used cannot be kept`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await keep("Bad", ["prompt": "a", "size": "custom", "width": "9", "height": "64"], visit)
            #expect(visit.status == 422)
            #expect(visit.problem("width") == "Should be at least 64")
            #expect(visit.value("preset_name") == "Bad")
            #expect(try await stored(site).isEmpty)
        }
    }

    @Test func `they are renamed, and deleted for good`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await keep("One", ["prompt": "1"], visit)
            try await keep("Two", ["prompt": "2"], visit)
            let ids = try await stored(site).map(\.id)
            try await visit.post("/presets/\(ids[0])/rename", [("name", "<b>Uno</b>")])
            #expect(visit.location == "/presets")
            #expect(visit.page.contains("<h2>&lt;b&gt;Uno&lt;/b&gt;</h2>"))
            for (name, problem) in [("TWO", "There is a preset of that name already"), (" ", Preset.nameProblem)] {
                try await visit.post("/presets/\(ids[0])/rename", [("name", name)])
                #expect(visit.status == 422)
                #expect(visit.problem("rename") == problem)
                #expect(visit.page.contains("value=\"\(name)\" aria-invalid=\"true\""))
            }
            try await visit.post("/presets/\(ids[0])/delete", [])
            #expect(try await stored(site).map(\.name) == ["Two"])
            try await visit.post("/presets/\(ids[0])/rename", [("name", "Late")])
            #expect(visit.status == 404)
            try await visit.post("/presets/\(ids[0])/delete", [])
            #expect(visit.status == 200)
            try await visit.open("/?use=preset-\(ids[0])")
            #expect(visit.status == 404)
        }
    }

    @Test func `what was exported is imported elsewhere as it was, as a file or as text`() async throws {
        let file = try await withSite { site async throws in
            let visit = Visit(site)
            try await keep("One", ["prompt": "ä \"{a|b}\"\n<c>", "style": "forest"], visit)
            try await keep("Two", ["prompt": "", "style": "", "seed_mode": "keep", "seed": "7"], visit)
            let one = try #require(try await stored(site).first)
            let single = try await export(site, "?id=\(one.id)")
            #expect(try JSON(parsing: Array(single.utf8))["presets"]?.array?.count == 1)
            #expect(try await site.get("/presets/export?id=nobody").status == 404)
            return try await export(site)
        }
        try await withSite { site async throws in
            #expect(try await upload(Array(file.utf8), to: site).headers["location"] == "/presets?added=2")
            #expect(try await export(site) == file)
            // Again it adds nothing; a name that stands for something else gets a number.
            let visit = Visit(site)
            try await visit.post("/presets/import", [("json", file)])
            #expect(visit.page.contains("All of them were here already."))
            try await visit.post("/presets/import", [("json", file.replacing("forest", with: "waves"))])
            #expect(visit.page.contains("One preset was added."))
            #expect(try await stored(site).map(\.name) == ["One", "One (2)", "Two"])
        }
    }

    @Test(arguments: [
        ("", "Choose a file, or paste its text."), ("\n ", "Choose a file, or paste its text."),
        ("\u{89}PNG\u{1A}", "This is no JSON: "),
        ("{\"format\": \"atelier-presets\", \"version\"", "This is no JSON: "),
        ("[]", "This is no file of presets"),
        (#"{"format": "other", "version": 1, "presets": []}"#, "no file of presets"),
        (#"{"format": "atelier-presets", "version": 2, "presets": []}"#, "no file of presets"),
        (#"{"format": "atelier-presets", "version": 1, "presets": []}"#, "There should be 1 to 500 presets in it."),
    ])
    func `a file that is none is refused with a sentence, and stays where it was pasted`(text: String, words: String)
        async throws
    {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.post("/presets/import", [("json", text)])
            #expect(visit.status == 422)
            #expect(visit.page.contains("Nothing was imported."))
            #expect(visit.page.contains("<li>") && visit.page.contains(words))
            #expect(!visit.page.contains("JSONError"))
            #expect(visit.value("json", form: "import") == text)
        }
    }

    @Test func `every mistake in a file is named, and nothing of it is taken over`() async throws {
        try await withSite { site async throws in
            let entries = [
                #"{"name": "Good", "model": "atelier/canvas", "prompt": "a"}"#, "7",
                #"{"name": "", "model": "atelier/canvas"}"#, #"{"name": "<script>", "model": "../etc"}"#,
                #"{"name": "Wide", "model": "atelier/canvas", "parameters": {"width": 9}}"#,
                #"{"name": "More", "model": "atelier/canvas", "colour": "red"}"#,
                #"{"name": "good", "model": "atelier/canvas", "parameters": {"style": "\u0000"}}"#,
            ]
            let text =
                "{\"format\": \"atelier-presets\", \"version\": 1, \"presets\": [\(entries.joined(separator: ","))]}"
            let visit = Visit(site)
            try await visit.post("/presets/import", [("json", text)])
            #expect(visit.status == 422)
            for line in [
                "Preset 2, should be an object", "Preset 3 “”, name: Should not be blank",
                "Preset 4 “&lt;script&gt;”, model: This is no model’s name",
                "Preset 5 “Wide”, width: Should be at least 64", "Preset 6 “More”, colour: Unknown field",
                "Preset 7 “good”, parameters: Should not contain the NUL character",
            ] {
                #expect(visit.page.contains("<li>\(line)"), "\(line)")
            }
            #expect(try await stored(site).isEmpty)

            try await visit.post("/presets/import", [("json", file([entries[0], entries[0]]))])
            #expect(visit.page.contains("Two presets in it have the same name."))
            try await visit.post("/presets/import", [("json", file(Array(repeating: "7", count: 400)))])
            #expect(visit.page.contains("<li>And 380 more.</li>"))
        }
    }

    @Test(arguments: [[0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0xFF], [0xFF, 0xFE, 0x7B], [0x5B]])
    func `a picture, or another file, is no file of presets`(bytes: [UInt8]) async throws {
        try await withSite { site async throws in
            let answer = try await upload(bytes, to: site)
            #expect(answer.status == 422)
            #expect(answer.text.contains("<li>This is no JSON: "))
        }
    }

    @Test func `there is room for five hundred, and the next is refused in words`() async throws {
        try await withSite { site async throws in
            _ = try await site.app.database.execute(
                """
                INSERT INTO presets (id, name, model, prompt, parameters)
                SELECT gen_random_uuid(), 'p' || n, 'atelier/canvas', '', '{}' FROM generate_series(1, 500) n
                """
            )
            let visit = Visit(site)
            try await keep("One more", ["prompt": "a"], visit)
            #expect(visit.problem("preset_name") == PresetsView.tooMany)
            let one = #"{"name": "x", "model": "atelier/canvas"}"#
            try await visit.post("/presets/import", [("json", file([one]))])
            #expect(visit.page.contains("<li>\(PresetsView.tooMany)</li>"))
            // The page of all of them, and the form, stay of a size.
            let all = try await site.get("/presets")
            #expect(all.status == 200)
            let form = try await site.get("/")
            #expect(form.bytes.count < 60_000)
        }
    }

    @Test func `replacing one where there is no more room works`() async throws {
        try await withSite { site async throws in
            _ = try await site.app.database.execute(
                """
                INSERT INTO presets (id, name, model, prompt, parameters)
                SELECT gen_random_uuid(), 'p' || n, 'atelier/canvas', '', '{}' FROM generate_series(1, 500) n
                """
            )
            let visit = Visit(site)
            try await keep("p7", ["prompt": "new"], visit)
            #expect(visit.problem("preset_name") == "There is a preset of that name")
            try await visit.press(("do", "replace-preset"))
            #expect(visit.page.contains("Kept as a preset."))
        }
    }

    @Test func `one whose model is not available says so`() async throws {
        try await withSite { site async throws in
            _ = try await site.app.database.execute(
                """
                INSERT INTO presets (id, name, model, prompt, parameters)
                VALUES ('01a1fe05-2674-72ac-97d6-4175fc1acb3d', 'Far', 'acme/painter', 'a fox', '{}')
                """
            )
            let answer = try await site.get("/?use=preset-01a1fe05-2674-72ac-97d6-4175fc1acb3d")
            #expect(answer.status == 409)
            #expect(answer.text.contains("The model acme/painter is not available on this server"))
        }
    }
}
