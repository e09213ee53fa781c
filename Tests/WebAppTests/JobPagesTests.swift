import HTTPServer
import JSON
import Jobs
import Testing

@testable import WebApp

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
