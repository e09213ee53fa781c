import Postgres
import Testing

@testable import WebApp

@Suite("The history of prompts")
struct PromptHistoryTests {
    private func generate(_ prompt: String, without negative: String = "", _ visit: Visit) async throws {
        try await visit.open("/")
        try await visit.press(nil, ["prompt": prompt, "negative_prompt": negative])
        #expect(visit.page.contains("Queued."))
    }

    /// The prompts as the page lists them.
    private func listed(_ visit: Visit) -> [String] {
        visit.page.matches(of: /<p class="prompt-text">([^<]*)<\/p>/).map { String($0.output.1) }
    }

    @Test func `the latest is first, each is there once, and stays without its pictures`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await visit.open("/prompts")
            #expect(visit.page.contains("Write the first"))
            for prompt in ["a boat", "a {red|blue} door", "a boat"] { try await generate(prompt, visit) }
            try await generate("a boat", without: "people", visit)
            _ = try await site.app.database.execute("DELETE FROM generations")
            try await visit.open("/prompts")
            #expect(listed(visit) == ["a boat", "a boat", "a {red|blue} door"])
            #expect(visit.page.contains("Without people"))
            #expect(visit.page.contains("2 times, last"))
        }
    }

    @Test(arguments: [
        ("door", ["A red door", "a door in {winter|summer}"]), ("DOOR red", ["A red door"]),
        ("wint", ["a door in {winter|summer}"]), ("people", ["a boat"]), ("boat -people", ["a boat"]),
        ("straße", ["die Straße"]), ("夜", ["夜の街"]), ("cat", []), ("!!", []), ("a | b & c:* '", []), ("%", []),
    ])
    func `it is searched by the words of both prompts, or what they begin with`(search: String, expected: [String])
        async throws
    {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await generate("a door in {winter|summer}", visit)
            try await generate("A red door", visit)
            try await generate("a boat", without: "people", visit)
            try await generate("die Straße", visit)
            try await generate("夜の街", visit)
            try await visit.open("/prompts?q=\(site.encoded(search))")
            #expect(listed(visit).sorted() == expected.sorted())
            if expected.isEmpty { #expect(visit.page.contains("No prompt has all of these words.")) }
        }
    }

    @Test func `older ones are on further pages, with the search`() async throws {
        try await withSite { site async throws in
            _ = try await site.app.database.execute(
                """
                INSERT INTO prompts (digest, prompt, negative_prompt, words, used_at)
                SELECT decode(md5(n::text), 'hex'), 'boat ' || n, '', array_to_tsvector(ARRAY['boat', n::text]),
                    now() - (n / 7) * interval '1 hour'
                FROM generate_series(1, 120) n
                """
            )
            let visit = Visit(site)
            try await visit.open("/prompts?q=boat")
            var all = listed(visit)
            while let next = visit.page.firstMatch(of: /rel="next" href="([^"]*)"/)?.1 {
                #expect(next.contains("q=boat"))
                try await visit.open(String(next).replacing("&amp;", with: "&"))
                all += listed(visit)
            }
            #expect(all.count == 120)
            #expect(Set(all).count == 120)
            try await visit.open("/prompts?before=0-0")
            #expect(visit.page.contains("There are no older ones."))
            for mark in ["x", "1", "-", "9223372036854775807-9223372036854775807", "99999999999999999999-1"] {
                try await visit.open("/prompts?before=\(mark)")
                #expect(visit.status == 200)
            }
        }
    }

    @Test func `one is used with its negative prompt, or forgotten`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            try await generate("a {b|c} boat", without: "people", visit)
            try await visit.open("/prompts")
            let link = try #require(visit.page.firstMatch(of: /href="(\/\?use=prompt-\d+)"/)?.1)
            let other = Visit(site)
            try await other.open(String(link))
            #expect(other.value("prompt") == "a {b|c} boat")
            #expect(other.value("negative_prompt") == "people")
            let action = try #require(visit.page.firstMatch(of: /action="(\/prompts\/\d+\/forget)"/)?.1)
            try await visit.post(String(action), [("q", "boat & sea")])
            #expect(visit.location == "/prompts?q=boat%20%26%20sea")
            #expect(listed(visit).isEmpty)
            try await other.open(String(link))
            #expect(other.status == 404)
        }
    }

    @Test func `words are found however many there are`() async throws {
        try await withSite { site async throws in
            let visit = Visit(site)
            let many = (0..<3000).map { "word\($0)" }.joined(separator: " ")
            try await generate(many, visit)
            try await generate(String(repeating: "x", count: 5000), visit)
            try await visit.open("/prompts?q=word7%20word499")
            #expect(listed(visit).count == 1)
            try await visit.open("/prompts?q=\(String(repeating: "x", count: 200))")
            #expect(listed(visit).count == 1)
        }
    }
}
