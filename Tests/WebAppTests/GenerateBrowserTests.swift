import JSON
import Support
import Testing

@testable import WebApp

extension BrowserTests {
    @Test(arguments: Window.all)
    func `a half-filled form survives reload, going away and coming back`(window: Window) async throws {
        try await withBrowser(window) { browser, site, address async throws in
            try await browser.go(to: address)
            try await browser.type("half a {red|blue} thou", into: try await browser.find("#prompt"))
            try await browser.click(try await browser.find("#in-style option[value=forest]"))
            if !window.javaScript {
                // A script sends what is typed; without one every button does.
                try await browser.click(try await browser.find("button[value=preview]"))
                _ = try await browser.find("#plan")
            }
            for step in ["reload", "away", "back"] {
                switch step {
                case "reload": try await browser.reload()
                case "away":
                    try await browser.go(to: address + "/history")
                    try await browser.go(to: address)
                default:
                    try await browser.click(try await browser.find("button[value=prompts]"))
                    _ = try await browser.find("input[type=search]")
                    try await browser.back()
                }
                // After a reload a script may have to look again for what was sent last.
                try await until(on: site.loop) {
                    let prompt = try? await browser.value(of: "#prompt")
                    let style = try? await browser.value(of: "#in-style")
                    return prompt == "half a {red|blue} thou" && style == "forest"
                }
            }
        }
    }

    @Test(arguments: Window.all)
    func `mistakes stand beside their fields, and what was typed stays`(window: Window) async throws {
        try await withBrowser(window) { browser, site, address async throws in
            try await browser.go(to: address)
            try await browser.type("a {red|blue", into: try await browser.find("#prompt"))
            try await browser.click(try await browser.find("#seed-keep"))
            try await browser.type("99999999999999999999", into: try await browser.find("#seed"))
            try await browser.click(try await browser.find(".go .primary"))
            let problem = try await browser.find("#prompt-problem")
            #expect(try await browser.text(of: problem).contains("is not closed"))
            #expect(try await browser.text(of: try await browser.find("#seed-problem")) == "Type a whole number")
            #expect(try await browser.value(of: "#prompt") == "a {red|blue")
            #expect(try await browser.value(of: "#seed") == "99999999999999999999")
            #expect(try await browser.title().hasPrefix("Generate: see the marked fields"))
            let focused = try await browser.find("#prompt:focus")
            #expect(try await browser.attribute("aria-describedby", of: focused)?.contains("prompt-problem") == true)
            try await browser.fits(window)

            // Put right, it is queued, and nothing is marked any more.
            try await browser.clear(focused)
            try await browser.type("a {red|blue} door", into: focused)
            try await browser.clear(try await browser.find("#seed"))
            try await browser.type("7", into: try await browser.find("#seed"))
            try await browser.click(try await browser.find(".go .primary"))
            try await browser.reads("Queued.", in: "#form-note")
            #expect(try await browser.all("[aria-invalid]").isEmpty)
            #expect(try await site.jobs().count == 1)
        }
    }

    @Test(arguments: Window.all)
    func `a value in a part that was closed holds nothing back unseen`(window: Window) async throws {
        try await withBrowser(window) { browser, site, address async throws in
            try await browser.go(to: address)
            try await browser.type("a door", into: try await browser.find("#prompt"))
            try await browser.open(fold: "#when")
            try await browser.type("soon", into: try await browser.find("#starts_in"))
            try await browser.click(try await browser.find("#when summary"))
            try await browser.click(try await browser.find("#size option[value=custom]"))
            try await browser.type("9", into: try await browser.find("#width"))
            try await browser.click(try await browser.find("#size option[value='512x512']"))
            try await browser.click(try await browser.find(".go .primary"))
            // The browser shows it, and holds the form back.
            let isSeen = [try await browser.isShown("#width"), try await browser.isShown("#starts_in")]
            #expect(isSeen.contains(true))
            #expect(try await site.jobs().isEmpty)
        }
    }

    @Test(arguments: Window.all)
    func `a grid is shown, queued and looked at together`(window: Window) async throws {
        try await withBrowser(window) { browser, site, address async throws in
            try await browser.go(to: address)
            try await browser.type("a quiet place", into: try await browser.find("#prompt"))
            try await browser.click(try await browser.find("#size option[value='512x512']"))
            try await browser.open(fold: "#grid")
            let names = try await browser.all("select[name=grid_name]")
            #expect(names.count == 3)
            try await browser.click(try await browser.find("#grid-name-1 option[value=style]"))
            try await browser.type("forest, desert, waves", into: try await browser.find("#grid-1"))
            try await browser.click(try await browser.find("#grid-name-2 option[value=seed]"))
            try await browser.type("1..99", into: try await browser.find("#grid-2"))
            try await browser.click(try await browser.find(".go .primary"))
            try await browser.reads("That is more than 64 values", in: "#grid-2-problem")

            try await browser.clear(try await browser.find("#grid-2"))
            try await browser.type("7, 8", into: try await browser.find("#grid-2"))
            try await browser.click(try await browser.find(".go .primary"))
            try await browser.reads("6 pictures", in: "#plan strong")
            try await browser.reads("Generate 6", in: ".go .primary")
            #expect(try await site.jobs().isEmpty)
            try await browser.fits(window)

            try await browser.click(try await browser.find(".go .primary"))
            try await browser.reads("6 pictures are queued.", in: "#form-note")
            try await browser.click(try await browser.find("#form-note a"))
            _ = try await browser.find(".group-of-batch")
            #expect(try await browser.all("article.card").count == 6)
            #expect(try await browser.text(of: try await browser.find(".group-of-batch h2")) == "Style: Forest")
            try await browser.fits(window)
            try await browser.back()
            #expect(try await browser.value(of: "#grid-2") == "7, 8")
        }
    }

    @Test(arguments: Window.all)
    func `choices in a prompt are tried out, drawn, and told with the picture`(window: Window) async throws {
        try await withBrowser(window) { browser, site, address async throws in
            try await browser.go(to: address)
            try await browser.type("{red|blue} door", into: try await browser.find("#prompt"))
            try await browser.click(try await browser.find("button[value=preview]"))
            let examples = try await browser.find("#plan .examples")
            #expect(try await browser.text(of: examples).split(separator: "\n").sorted() == ["blue door", "red door"])
            try await browser.click(try await browser.find(".go .primary"))
            try await browser.reads("Queued.", in: "#form-note")
            #expect(try await browser.value(of: "#prompt") == "{red|blue} door")
            let job = try #require(try await site.jobs().first)
            #expect(["red door", "blue door"].contains(job["prompt"]?.string))
            try await browser.go(to: "\(address)/jobs/\(job["id"]?.string ?? "")")
            #expect(try await browser.text(of: try await browser.find("h1")) == job["prompt"]?.string)
            #expect(try await browser.text(of: try await browser.find(".template")).contains("{red|blue} door"))
            try await browser.fits(window)
        }
    }

    @Test(arguments: Window.all)
    func `presets are kept, renamed, used, and taken elsewhere`(window: Window) async throws {
        try await withBrowser(window) { browser, site, address async throws in
            try await browser.go(to: address)
            try await browser.type("a lighthouse", into: try await browser.find("#prompt"))
            try await browser.click(try await browser.find("#in-style option[value=seascape]"))
            try await browser.open(fold: "#presets")
            try await browser.click(try await browser.find("button[value=preset]"))
            try await browser.reads(Preset.nameProblem, in: "#preset_name-problem")
            try await browser.type("Coast", into: try await browser.find("#preset_name"))
            try await browser.click(try await browser.find("button[value=preset]"))
            try await browser.reads("Kept as a preset.", in: "#form-note")

            try await browser.go(to: address + "/presets")
            try await browser.click(try await browser.find(".kept summary"))
            let name = try await browser.find("input[name=name]")
            try await browser.clear(name)
            try await browser.type("Shore", into: name)
            try await browser.click(try await browser.find("form[action$='/rename'] button"))
            try await browser.reads("Shore", in: ".kept h2")
            try await browser.fits(window)
            let file = try await site.get("/presets/export").text
            #expect(file.contains("\"Shore\""))

            try await browser.type("{\"not\": \"presets\"}", into: try await browser.find("#json"))
            try await browser.click(try await browser.find("#import button"))
            try await browser.reads("This is no file of presets", in: ".problem-summary li")
            #expect(try await browser.value(of: "#json") == "{\"not\": \"presets\"}")
            try await browser.fits(window)
            try await browser.clear(try await browser.find("#json"))
            try await browser.type(
                file.replacing("Shore", with: "Second").replacing("\n", with: " "),
                into: try await browser.find("#json")
            )
            try await browser.click(try await browser.find("#import button"))
            try await browser.reads("One preset was added.", in: ".notice")

            // Another form is asked about before it is overwritten.
            try await browser.go(to: address)
            try await browser.clear(try await browser.find("#prompt"))
            try await browser.type("a cat", into: try await browser.find("#prompt"))
            try await browser.open(fold: "#presets")
            try await browser.click(try await browser.find("#presets .examples button"))
            try await browser.overwrites("a cat", with: "a lighthouse")
            #expect(try await browser.value(of: "#prompt") == "a lighthouse")
        }
    }

    @Test(arguments: Window.all)
    func `an earlier prompt is found again and used, with the difference before it overwrites`(window: Window)
        async throws
    {
        try await withBrowser(window) { browser, site, address async throws in
            for prompt in ["a lighthouse", "two boats in the {morning|evening}", "a forest"] {
                _ = try await site.post("/generate", form: [("prompt", prompt)])
            }
            try await browser.go(to: address)
            try await browser.type("my own words", into: try await browser.find("#prompt"))
            try await browser.click(try await browser.find("button[value=prompts]"))
            #expect(try await browser.all(".kept > li").count == 3)
            try await browser.type("boat", into: try await browser.find("input[type=search]"))
            try await browser.click(try await browser.find(".search button"))
            try await until(on: site.loop) { try await browser.all(".kept > li").count == 1 }
            try await browser.fits(window)
            try await browser.click(try await browser.find(".kept a[href^='/?use=']"))
            try await browser.overwrites("my own words", with: "two boats in the {morning|evening}")
            #expect(try await browser.value(of: "#prompt") == "two boats in the {morning|evening}")
            // And back again.
            try await browser.click(try await browser.find("a[href='/?use=earlier']"))
            try await browser.fits(window)
            try await browser.overwrites("two boats in the {morning|evening}", with: "my own words")
            #expect(try await browser.value(of: "#prompt") == "my own words")
        }
    }

    @Test(arguments: Window.all)
    func `of a picture all, all but the seed, the prompt or the seed is used`(window: Window) async throws {
        try await withBrowser(window) { browser, site, address async throws in
            let id = try await site.generate(
                "a lighthouse",
                parameters: ["width": 64, "height": 96, "seed": 41, "style": "seascape"]
            )
            _ = try await site.working { try await site.finished(id) }
            let expected = [
                "seed": ("", "", "41"), "prompt": ("a lighthouse", "", ""),
                "all-but-seed": ("a lighthouse", "seascape", ""),
                "all": ("a lighthouse", "seascape", "41"),
            ]
            for (what, (prompt, style, seed)) in expected {
                try await browser.go(to: "\(address)/jobs/\(id)")
                try await browser.click(try await browser.find("a[href$='what=\(what)']"))
                _ = try await browser.find("#generate")
                #expect(try await browser.value(of: "#prompt") == prompt, "\(what)")
                #expect(try await browser.value(of: "#in-style") == style, "\(what)")
                #expect(try await browser.value(of: "#seed") == seed, "\(what)")
                #expect(try await browser.all("#seed-keep:checked").isEmpty == seed.isEmpty, "\(what)")
                // Another visitor.
                try await browser.command("Network.clearBrowserCookies", [:])
            }
        }
    }
}

extension Browser {
    /// Confirms that one prompt takes the place of another.
    fileprivate func overwrites(_ old: String, with new: String) async throws {
        try await reads(old, in: ".differences del")
        try await reads(new, in: ".differences ins")
        try await click(try await find("#use .primary"))
        _ = try await find("#generate")
    }

}
