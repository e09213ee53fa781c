import EventLoop
import HTTPServer
import JSON
import Postgres
import Support
import Testing

@testable import WebApp

@Suite("Whose jobs they are")
struct OwnerTests {
    private static let small = #"{"prompt":"a hill","model":"atelier/canvas","parameters":{"width":64,"height":64}}"#

    private func owners(_ site: TestSite) async throws -> [String] {
        try await site.app.database.query("SELECT owner FROM jobs ORDER BY id").map { (owner: String) in owner }
    }

    /// Asks over connections from this address; the ids of the jobs.
    private func ask(_ count: Int, from source: String, _ site: TestSite, at base: String) async throws -> [String] {
        let port = try #require(base.split(separator: ":").last.flatMap { Int($0) })
        return try await site.app.blocking.run {
            let client = try RawClient(port: port, source: source)
            return try (0..<count).map { _ in
                client.send(
                    """
                    POST /api/v1/generate HTTP/1.1\r
                    Host: 127.0.0.1\r
                    Content-Type: application/json\r
                    Content-Length: \(Self.small.utf8.count)\r
                    \r
                    \(Self.small)
                    """
                )
                let reply = try client.reply()
                return try #require(try JSON(parsing: reply.body)["job_id"]?.string)
            }
        }
    }

    @Test func `one address asks for one picture, and does not wait for the hundred of another`() async throws {
        try await withSite(["ATELIER_CANVAS_CONCURRENCY": "1"]) { site async throws in
            try await site.serving { base in
                let many = try await ask(100, from: "127.0.0.1", site, at: base)
                let one = try await ask(1, from: "127.0.0.2", site, at: base)
                let first = try #require(one.first)
                try await site.working {
                    _ = try await site.finished(first)
                    let database = site.app.database
                    let begun =
                        try await database.query("SELECT count(*) FROM jobs WHERE attempt > 0")
                        .one { (count: Int) in count } ?? 0
                    // By the time that we look another few may have begun.
                    #expect(begun < 50)
                    _ = try await database.execute(
                        """
                        UPDATE jobs
                        SET state = 'cancelled', finished_at = now()
                        WHERE state = 'pending'
                        """
                    )
                }
                let owners = try await owners(site)
                #expect(owners == many.map { _ in "127.0.0.1" } + ["127.0.0.2"])
            }
        }
    }

    @Test func `the page and the API know the same owner, and a form has one`() async throws {
        try await withSite { site async throws in
            _ = try await site.post("/api/v1/generate", json: Self.small)
            _ = try await site.post(
                "/generate",
                form: [("prompt", "a hill"), ("model", "atelier/canvas"), ("count", "3")]
            )
            let owners = try await owners(site)
            #expect(owners == Array(repeating: "127.0.0.1", count: 4))
        }
    }

    @Test func `a forged address changes nothing`() async throws {
        try await withSite { site async throws in
            for forged in ["6.6.6.6", "6.6.6.6, 7.7.7.7", "::1", "nonsense", ""] {
                _ = try await site.post(
                    "/api/v1/generate",
                    json: Self.small,
                    headers: [("X-Forwarded-For", forged), ("Forwarded", "for=6.6.6.6"), ("X-Real-IP", "6.6.6.6")]
                )
            }
            let owners = try await owners(site)
            #expect(owners == Array(repeating: "127.0.0.1", count: 5))
        }
    }

    @Test func `behind a proxy that is trusted, clients are told apart by its word alone`() async throws {
        try await withSite(["ATELIER_TRUSTED_PROXIES": "10.0.0.0/8, ::1"]) { site async throws in
            let proxy = try #require(PeerAddress("10.0.0.2"))
            let stranger = try #require(PeerAddress("192.0.2.1"))
            for (peer, forwarded) in [
                (proxy, "198.51.100.7"), (proxy, "6.6.6.6, 198.51.100.8"), (proxy, "2001:db8:1:2:3::4"), (proxy, "who"),
                (stranger, "198.51.100.9"),
            ] {
                _ = try await site.post(
                    "/api/v1/generate",
                    json: Self.small,
                    headers: [("X-Forwarded-For", forwarded)],
                    from: peer
                )
            }
            let owners = try await owners(site)
            #expect(owners == ["198.51.100.7", "198.51.100.8", "2001:db8:1:2::", "10.0.0.2", "192.0.2.1"])
        }
    }

    @Test func `a proxy that is no address keeps the server from starting`() {
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration(["ATELIER_TRUSTED_PROXIES": "127.0.0.1, proxy.example, 10.0.0.0/99"])
        }
        #expect(error?.problems.count == 2)
        #expect(error?.problems.first?.contains("proxy.example") == true)
    }
}
