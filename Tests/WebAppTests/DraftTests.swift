import EventLoop
import HTTPServer
import JSON
import Postgres
import Support
import Testing

@testable import WebApp

@Suite("The form that stays")
struct DraftTests {
    @Test func `submitting queues and leaves the form as it is, on a page of its own`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            try await visit.press(nil, ["prompt": "a lighthouse", "style": "seascape", "count": "2"])
            #expect(visit.status == 200)
            #expect(visit.location.hasPrefix("/?made="))
            #expect(visit.page.contains("2 pictures are queued."))
            for (name, value) in [
                ("prompt", "a lighthouse"), ("style", "seascape"), ("count", "2"), ("seed_mode", "random"),
            ] {
                #expect(visit.value(name) == value)
            }
            let jobs = try await site.jobs()
            #expect(jobs.count == 2)
            // Reloading it asks for nothing again.
            try await visit.open(visit.location)
            #expect(try await site.jobs().count == 2)
            try await visit.open("/")
            #expect(visit.value("prompt") == "a lighthouse")
        }
    }

    @Test func `a half-filled form survives every button, and a restart`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            try await visit.press(
                ("do", "preview"),
                ["prompt": "half <a> \"form\" & 'more'", "negative_prompt": "boats", "count": "7"]
            )
            #expect(visit.location == "/?preview")
            let app = try App(site.app.configuration, loops: [site.loop], log: site.app.log)
            defer {
                app.database.close()
                app.blocking.stop()
            }
            let later = visit.again(on: try TestSite(app, on: site.loop))
            try await later.open("/")
            #expect(later.value("prompt") == "half <a> \"form\" & 'more'")
            #expect(later.value("negative_prompt") == "boats")
            #expect(later.value("count") == "7")
            #expect(try await site.jobs().isEmpty)
        }
    }

    @Test func `what a script sends while somebody types is kept`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            let form = try #require(FormOnPage(visit.page, id: "generate"))
            let fields = form.fields.map { ($0.0, $0.0 == "prompt" ? "while typing" : $0.1) }
            try await visit.post("/draft", fields)
            #expect(visit.status == 204)
            try await visit.open("/")
            #expect(visit.value("prompt") == "while typing")
        }
    }

    @Test func `what a window sent first but arrives last changes nothing`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            let form = try #require(FormOnPage(visit.page, id: "generate"))
            for (time, words) in [(1000, "half"), (1002, "all of it"), (1001, "all"), (1002, "all of it!")] {
                let typed = ["prompt": words, "sent_at": String(time)]
                try await visit.post("/draft", form.fields.map { ($0.0, typed[$0.0] ?? $0.1) })
                #expect(visit.status == 204)
            }
            try await visit.open("/")
            #expect(visit.value("prompt") == "all of it!")
            // Another window's clock is its own.
            try await visit.press(("do", "preview"), ["prompt": "afterwards", "sent_at": "7"])
            #expect(visit.value("prompt") == "afterwards")
        }
    }

    @Test func `mistakes are kept, too`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            try await visit.press(nil, ["prompt": "a boat", "seed_mode": "keep", "seed": "minus one"])
            #expect(visit.status == 422)
            #expect(visit.problem("seed") == "Type a whole number")
            try await visit.open("/")
            #expect(visit.value("seed") == "minus one")
            #expect(visit.value("seed_mode") == "keep")
        }
    }

    @Test func `the cookie is a random number that scripts and other sites do not get`() async throws {
        try await withSite { site async throws in
            let answer = try await site.get("/")
            let cookie = try #require(answer.headers["set-cookie"])
            #expect(cookie.hasPrefix("atelier_draft="))
            for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
                #expect(cookie.contains(attribute))
            }
            #expect(!cookie.contains("Secure"))
            #expect(try await site.get("/", headers: answer.cookie).headers["set-cookie"] == nil)
            #expect(try await site.get("/history").headers["set-cookie"] == nil)
            let value = cookie.dropFirst("atelier_draft=".count).prefix { $0 != ";" }
            #expect(UUID(value) != nil)
            let secure = try await site.post(
                "/generate",
                form: [("prompt", "a"), ("do", "preview")],
                headers: [("Origin", "https://atelier.example")]
            )
            #expect(secure.headers["set-cookie"]?.contains("; Secure") == true)
        }
    }

    @Test(arguments: ["nonsense", "", "01a1fe04-c651-7bc8-812f-2614934cb41", "' OR true --"])
    func `a cookie that is none of ours is a new visitor`(value: String) async throws {
        try await withSite { site async throws in
            let answer = try await site.post(
                "/generate",
                form: [("prompt", "a"), ("do", "preview")],
                headers: [("Cookie", "atelier_draft=\(value)")]
            )
            #expect(answer.status == 303)
            #expect(answer.headers["set-cookie"]?.contains(value.isEmpty ? "atelier_draft=;" : value) == false)
        }
    }

    @Test func `without cookies the order itself remembers the form`() async throws {
        try await withSite { site async throws in
            let answer = try await site.post(
                "/generate",
                form: [("prompt", "{a|b} boat"), ("model", "atelier/canvas"), ("style", "seascape"), ("count", "2")]
            )
            let page = try await site.get(try #require(answer.headers["location"])).text
            let form = try #require(FormOnPage(page, id: "generate"))
            #expect(form.fields.first { $0.0 == "prompt" }?.1 == "{a|b} boat")
            #expect(form.fields.first { $0.0 == "style" }?.1 == "seascape")
            #expect(form.fields.first { $0.0 == "count" }?.1 == "2")
        }
    }

    @Test func `of two windows the last counts, and the other one can be brought back`() async throws {
        try await withSite { site async throws in
            let one = Visit(site)
            try await one.open("/")
            try await one.press(("do", "preview"), ["prompt": "shared"])
            let other = one.otherWindow()
            try await other.open("/")
            try await one.press(("do", "preview"), ["prompt": "from one"])
            #expect(!one.page.contains("Another window"))
            try await other.press(("do", "preview"), ["prompt": "from the other"])
            #expect(other.value("prompt") == "from the other")
            #expect(other.page.contains("Another window had filled in this form differently."))
            // It is shown before it overwrites anything, and both stay.
            try await other.open("/?use=earlier")
            #expect(other.page.contains("<del>from the other</del>"))
            #expect(other.page.contains("<ins>from one</ins>"))
            try await other.post("/draft/use", [("use", "earlier")])
            #expect(other.value("prompt") == "from one")
            try await other.post("/draft/use", [("use", "earlier")])
            #expect(other.value("prompt") == "from the other")
            try await other.press(("do", "forget"))
            #expect(!other.page.contains("earlier one"))
            #expect(other.value("prompt") == "from the other")
            try await other.open("/?use=earlier")
            #expect(other.status == 404)
        }
    }

    @Test func `a window that saves again and again is no other window`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            let form = try #require(FormOnPage(visit.page, id: "generate"))
            for number in 1...4 {
                try await visit.post("/draft", form.fields.map { ($0.0, $0.0 == "prompt" ? "number \(number)" : $0.1) })
            }
            try await visit.open("/")
            #expect(visit.value("prompt") == "number 4")
            #expect(!visit.page.contains("Another window"))
        }
    }

    @Test func `two windows that write at the same moment lose nothing`() async throws {
        try await withSite { site async throws in
            let one = Visit(site)
            try await one.open("/")
            try await one.press(("do", "preview"), ["prompt": "shared"])
            let other = one.otherWindow()
            try await other.open("/")
            try await one.open("/")
            async let first = one.press(("do", "preview"), ["prompt": "first"])
            async let second = other.press(("do", "preview"), ["prompt": "second"])
            _ = try await (first, second)
            try await one.open("/")
            let current = one.value("prompt")
            try await one.open("/?use=earlier")
            let words = current == "first" ? "second" : "first"
            #expect(["first", "second"].contains(current))
            #expect(one.page.contains("<ins>\(words)</ins>"))
        }
    }

    @Test func `clearing the form can be undone`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            try await visit.press(("do", "clear"), ["prompt": "not yet sent", "style": "forest"])
            #expect(visit.value("prompt") == "")
            #expect(visit.page.contains("The form was cleared."))
            try await visit.open("/?use=earlier")
            #expect(visit.value("prompt") == "not yet sent")
            #expect(visit.value("style") == "forest")
        }
    }

    @Test func `a form that is too large is refused, and what was kept stays`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            try await visit.press(("do", "preview"), ["prompt": "small"])
            try await visit.press(("do", "preview"), ["prompt": String(repeating: "x", count: 200 << 10)])
            #expect(visit.status == 413)
            try await visit.open("/")
            #expect(visit.value("prompt") == "small")
            try await visit.press(nil, ["prompt": String(repeating: "x", count: 40_000)])
            #expect(visit.status == 422)
            #expect(visit.problem("prompt")?.contains("32000 bytes") == true)
        }
    }

    @Test func `fields that nobody asked for are not kept`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            var changes: [String: String] = ["prompt": "a"]
            for number in 0..<500 { changes["strange\(number)"] = "x" }
            try await visit.press(("do", "preview"), changes)
            let form = try await site.app.database.query("SELECT form::text FROM drafts").map { (form: String) in form }
            #expect(form.count == 1)
            #expect(!form[0].contains("strange"))
        }
    }

    @Test func `drafts go after thirty days, and the oldest of too many`() async throws {
        try await withSite { site async throws in
            let database = site.app.database
            _ = try await database.execute(
                """
                INSERT INTO drafts (visitor, form, writer, updated_at)
                SELECT gen_random_uuid(), '{}', '', now() - n * interval '1 hour' FROM generate_series(1, 5400) n
                """
            )
            let visit = Visit(site)
            try await visit.open("/")
            try await visit.press(("do", "preview"), ["prompt": "the newest"])
            let left = try await database.query(
                "SELECT count(*), min(updated_at) > now() - interval '30 days' FROM drafts"
            ).map { (count: Int, isYoung: Bool) in (count, isYoung) }
            #expect(left[0].0 <= 720)
            #expect(left[0].1)
            _ = try await database.execute(
                """
                INSERT INTO drafts (visitor, form, writer, updated_at)
                SELECT gen_random_uuid(), '{}', '', now() - n * interval '1 second' FROM generate_series(1, 6000) n
                """
            )
            try await database.pruneDrafts()
            let count = try await database.query("SELECT count(*) FROM drafts").map { (count: Int) in count }
            #expect((5000...5001).contains(count[0]))
            try await visit.open("/")
            #expect(visit.value("prompt") == "the newest")
        }
    }

    @Test func `with the database away the words stay on the page`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/")
            site.app.database.close()
            try await visit.press(nil, ["prompt": "not lost"])
            #expect(visit.status == 503)
            #expect(visit.value("prompt") == "not lost")
            #expect(visit.page.contains("nothing was queued"))
        }
    }
}
