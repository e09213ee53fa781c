import HTTPServer
import JSON
import Jobs
import Testing

@testable import WebApp

@Suite("The gallery")
struct HistoryPagesTests {
    @Test func `an empty gallery says so and leads on`() async throws {
        try await withSite { site async throws in
            let page = try await site.get("/history")
            #expect(page.status == 200)
            #expect(page.text.contains("Generate the first picture"))
        }
    }

    @Test func `pages are numbered, newest first, and end where the pictures end`() async throws {
        try await withSite { site async throws in
            for number in 1...45 { _ = try await site.generate("picture number \(number).") }
            func prompts(_ query: String) async throws -> [Int] {
                try await site.get("/history\(query)").text.matches(
                    of: /class="card-prompt"[^>]*>picture number (\d+)\./
                )
                .compactMap { Int($0.1) }
            }
            #expect(try await prompts("") == Array((26...45).reversed()))
            #expect(try await prompts("?page=2") == Array((6...25).reversed()))
            #expect(try await prompts("?page=3") == Array((1...5).reversed()))
            for absurd in ["?page=0", "?page=-7", "?page=x", "?page="] {
                #expect(try await prompts(absurd) == Array((26...45).reversed()), "\(absurd)")
            }
            #expect(try await prompts("?page=99999999999") == Array((1...5).reversed()))
        }
    }

    @Test func `waiting pictures refresh the page without JavaScript, finished ones do not`() async throws {
        try await withSite { site async throws in
            let id = try await site.generate("x", parameters: ["width": 64, "height": 64])
            #expect(try await site.get("/history").text.contains("http-equiv=\"refresh\""))
            #expect(try await site.get("/jobs/\(id)").text.contains("http-equiv=\"refresh\""))
            _ = try await site.working { try await site.finished(id) }
            #expect(try await !site.get("/history").text.contains("http-equiv=\"refresh\""))
            #expect(try await !site.get("/jobs/\(id)").text.contains("http-equiv=\"refresh\""))
        }
    }

    @Test func `the navigation shows the ends and the neighbourhood`() {
        func shown(_ asked: Int, _ count: Int) -> [Int?] { PageNumbers(asked: asked, count: count, size: 20).shown }
        #expect(shown(1, 0) == [1])
        #expect(shown(1, 100) == [1, 2, 3, nil, 5])
        #expect(shown(50, 2000) == [1, nil, 48, 49, 50, 51, 52, nil, 100])
        #expect(shown(100, 2000) == [1, nil, 98, 99, 100])
    }
}

@Suite("A job's page")
struct JobPagesTests {
    @Test func `shows settings, story and download`() async throws {
        try await withSite { site async throws in
            let id = try await site.generate("a lighthouse", parameters: ["width": 96, "height": 64, "seed": 5])
            _ = try await site.working { try await site.finished(id) }
            let page = try await site.get("/jobs/\(id)").text
            #expect(page.contains("a lighthouse"))
            #expect(page.contains("96 × 64"))
            #expect(page.contains("?download"))
            #expect(page.contains("<strong>completed</strong>"))
            #expect(page.contains("/?use=\(id)&amp;what=all"))
        }
    }

    @Test func `a waiting job can be cancelled and stays cancelled`() async throws {
        try await withSite { site async throws in
            let id = try await site.generate("never mind")
            let answer = try await site.post("/jobs/\(id)/cancel", form: [])
            #expect(answer.status == 303)
            #expect(answer.headers["location"] == "/jobs/\(id)")
            let other = try await site.generate("go on", parameters: ["width": 64, "height": 64])
            _ = try await site.working { try await site.finished(other) }
            #expect(try await site.finished(id)["status"]?.string == "cancelled")
            #expect(try await site.get("/jobs/\(id)").text.contains("Cancelled"))
        }
    }

    @Test func `unknown and malformed ids are not found`() async throws {
        try await withSite { site async throws in
            #expect(try await site.get("/jobs/00000000-0000-4000-8000-000000000000").status == 404)
            #expect(try await site.get("/jobs/42").status == 404)
            #expect(try await site.post("/jobs/00000000-0000-4000-8000-000000000000/cancel", form: []).status == 404)
            #expect(try await site.get("/images/nothing.png").status == 404)
            #expect(try await site.get("/images/..%2F..%2Fetc%2Fpasswd").status == 404)
            #expect(try await site.get("/assets/..%2FPackage.swift").status == 404)
        }
    }
}

@Suite("Live cards")
struct CardPagesTests {
    @Test func `known cards are answered when they look otherwise`() async throws {
        try await withSite { site async throws in
            let id = try await site.generate("x", parameters: ["width": 64, "height": 64])
            let card = try await site.get("/jobs/\(id)/card")
            #expect(card.headers["cache-control"] == "no-store")
            let known = try #require(card.text.firstMatch(of: /data-live="([^"]+)"/)?.1)

            #expect(try await site.get("/cards?known=\(known)").status == 204)
            let changed = try await site.get("/cards?known=\(id).0")
            #expect(changed.status == 200)
            #expect(changed.text.contains("id=\"job-\(id)\""))

            // The long poll ends when the job is taken up, far before its time.
            let answer = try await site.working { try await site.get("/cards?known=\(known)&wait=20") }
            #expect(answer.status == 200)
        }
    }

    @Test func `a deleted card is answered as such, so that nobody asks again`() async throws {
        try await withSite { site async throws in
            let id = JobID.next()
            let answer = try await site.get("/cards?known=\(id).1")
            #expect(answer.status == 200)
            #expect(answer.text.contains("deleted"))
            #expect(!answer.text.contains("data-live"))
        }
    }

    @Test(arguments: ["", "x", "1,2", ","])
    func `what is no list of cards is refused`(known: String) async throws {
        try await withSite { site async throws in
            #expect(try await site.get("/cards?known=\(known)").status == 422)
        }
    }
}
