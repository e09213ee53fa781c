import JSON
import Redis
import Support
import Testing

@testable import WebApp

@Suite("Without Redis")
struct WithoutRedisTests {
    @Test func `pictures are made all the same, pages follow them, and health says what is away`() async throws {
        try await withSite(["REDIS_URL": "unix:///tmp/atelier-no-such-redis.sock"]) { site async throws in
            let id = try await site.generate("a lighthouse", parameters: ["width": 64, "height": 64])
            let known = try await site.get("/jobs/\(id)/card").text.firstMatch(of: /data-live="([^"]+)"/)?.1
            let waiting = try #require(known)
            let health = try await site.working {
                let answer = try await site.get("/cards?known=\(waiting)&wait=20")
                #expect(answer.status == 200)
                #expect(try await site.finished(id)["status"]?.string == "completed")
                return try await site.get("/api/v1/health")
            }
            #expect(health.status == 200)
            #expect(health.json["status"]?.string == "degraded")
            #expect(health.json["redis"]?["status"]?.string == "down")
        }
    }

    @Test func `pictures are made while Redis dies and comes back empty`() async throws {
        let redis = try RedisServer()
        defer { redis.stop() }
        try await withSite(["REDIS_URL": redis.url]) { site async throws in
            try await site.working {
                let first = try await site.generate("one", parameters: ["width": 64, "height": 64])
                #expect(try await site.finished(first)["status"]?.string == "completed")
                redis.kill()
                let second = try await site.generate("two", parameters: ["width": 64, "height": 64])
                #expect(try await site.finished(second)["status"]?.string == "completed")
                try redis.start()
                _ = try await eventually(on: site.loop) { site.app.redis.isAvailable ? true : nil }
                let third = try await site.generate("three", parameters: ["width": 64, "height": 64])
                #expect(try await site.finished(third)["status"]?.string == "completed")
            }
        }
    }
}
