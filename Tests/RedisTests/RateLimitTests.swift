import EventLoop
@testable import Redis
import Support
import Testing

@Suite("Rate limits")
struct RateLimitTests {
    @Test func `a burst passes, then one per interval`() {
        let limit = RateLimit(10, per: .seconds(1), burst: 5)
        var limiter = LocalRateLimiter(capacity: 10)
        let start = MonotonicTime(nanoseconds: 1_000_000_000)
        for left in [4, 3, 2, 1, 0] {
            let decision = limiter.decide("a", limit, cost: 1, now: start)
            #expect(decision == Decision(allowed: true, remaining: left, retryAfter: .zero))
        }
        let refused = limiter.decide("a", limit, cost: 1, now: start)
        #expect(refused == Decision(allowed: false, remaining: 0, retryAfter: .milliseconds(100)))
        let early = limiter.decide("a", limit, cost: 1, now: start.advanced(by: .milliseconds(70)))
        #expect(early.retryAfter == .milliseconds(30))
        #expect(limiter.decide("a", limit, cost: 1, now: start.advanced(by: .milliseconds(100))).allowed)
        #expect(!limiter.decide("a", limit, cost: 1, now: start.advanced(by: .milliseconds(100))).allowed)
        #expect(limiter.decide("b", limit, cost: 1, now: start).remaining == 4)
        #expect(limiter.decide("a", limit, cost: 5, now: start.advanced(by: .seconds(60))).remaining == 0)
    }

    @Test func `a cost beyond the burst never passes, a refusal costs nothing`() {
        let limit = RateLimit(1, per: .seconds(1), burst: 3)
        var limiter = LocalRateLimiter(capacity: 10)
        let now = MonotonicTime(nanoseconds: 1)
        for _ in 0..<5 {
            let decision = limiter.decide("a", limit, cost: 4, now: now)
            #expect(decision == Decision(allowed: false, remaining: 3, retryAfter: .seconds(1)))
        }
        #expect(limiter.decide("a", limit, cost: 3, now: now).allowed)
    }

    @Test func `the number of subjects is bounded`() {
        let limit = RateLimit(1, per: .seconds(1), burst: 1)
        var limiter = LocalRateLimiter(capacity: 100)
        for number in 0..<1000 { _ = limiter.decide("\(number)", limit, cost: 1, now: MonotonicTime(nanoseconds: 1)) }
        #expect(limiter.count <= 100)
        #expect(limiter.count > 0)
    }

    @Test func `Redis counts for all clients together, and keeps nothing for ever`() async throws {
        try await withRedis { redis, _ in
            let limiters = [RateLimiter(redis: redis), RateLimiter(redis: redis)]
            var allowed = 0
            for round in 0..<10 {
                let decision = await limiters[round % 2].allow("a", limit: 1, period: .seconds(60), burst: 4)
                #expect(decision.isShared)
                if decision.allowed {
                    allowed += 1
                    #expect(decision.remaining == 4 - allowed)
                } else {
                    #expect(decision.retryAfter > .seconds(30))
                    #expect(decision.retryAfter <= .seconds(60))
                }
            }
            #expect(allowed == 4)
            let life = try #require(try await redis.command("PTTL", "limit:a").integer)
            #expect(life > 120_000 && life <= 240_000)
        }
    }

    @Test func `Redis and this process alone decide alike`() async throws {
        try await withRedis { redis, _ in
            let shared = RateLimiter(redis: redis)
            var local = LocalRateLimiter(capacity: 10)
            let rate = RateLimit(1, per: .seconds(3600), burst: 7)
            let now = MonotonicTime(nanoseconds: 5)
            for cost in [1, 3, 4, 2, 1, 8, 1] {
                let left = await shared.allow("a", limit: 1, period: .seconds(3600), burst: 7, cost: cost)
                let right = local.decide("a", rate, cost: cost, now: now)
                #expect(left.allowed == right.allowed)
                // The server's clock went on between two calls, which may have paid off nothing but a moment.
                #expect(left.remaining == right.remaining)
            }
        }
    }

    @Test func `without Redis the process limits by itself and says so`() async throws {
        try await withLoop { loop in
            let redis = try Redis(url: "unix:///tmp/no/such/redis.sock", loops: [loop])
            let limiter = RateLimiter(redis: redis)
            for expected in [true, true, false] {
                let decision = await limiter.allow("a", limit: 1, period: .seconds(60), burst: 2)
                #expect(decision.allowed == expected)
                #expect(!decision.isShared)
            }
        }
    }

    @Test func `without Redis each of several processes allows its part`() async throws {
        try await withLoop { loop in
            let redis = try Redis(url: "unix:///tmp/no/such/redis.sock", loops: [loop])
            let limiter = RateLimiter(redis: redis)
            for expected in [true, false] {
                let decision = await limiter.allow("a", limit: 1, period: .seconds(60), burst: 1, sharers: 3)
                #expect(decision.allowed == expected)
                if !expected { #expect(decision.retryAfter > .seconds(120)) }
            }
        }
    }
}

@Suite("Redis addresses")
struct RedisAddressTests {
    @Test func `names host, port, database and credentials`() throws {
        let plain = try RedisAddress(url: "redis://localhost")
        #expect(plain.endpoint == .tcp(host: "localhost", port: 6379))
        #expect(plain.database == 0)
        let full = try RedisAddress(url: "redis://me:p%40s@10.0.0.1:7000/3")
        #expect(full.endpoint == .tcp(host: "10.0.0.1", port: 7000))
        #expect(full.user == "me")
        #expect(full.password == "p@s")
        #expect(full.greeting == [["AUTH", "me", "p@s"], ["SELECT", "3"], ["PING"]])
        let six = try RedisAddress(url: "redis://:secret@[::1]:7000/")
        #expect(six.endpoint == .tcp(host: "::1", port: 7000))
        #expect(six.greeting == [["AUTH", "secret"], ["PING"]])
        let unix = try RedisAddress(url: "unix:///run/redis%20x.sock?db=2")
        #expect(unix.endpoint == .unix(path: "/run/redis x.sock"))
        #expect(unix.database == 2)
        #expect(!unix.needsLookUp)
    }

    @Test(arguments: [
        "", "redis", "redis:", "redis:/host", "redis://", "redis://:7", "http://host", "rediss://host",
        "redis://host:0",
        "redis://host:x", "redis://host:70000", "redis://host/x", "redis://host/-1", "redis://user@host",
        "redis://u:%zz@host", "redis://u:%0@host", "redis://u:%00@host", "unix://", "unix://relative",
        "unix:///s?x=1", "unix:///s?db=x", "unix:///\(String(repeating: "a", count: 107))",
    ])
    func `refuses what it does not understand`(url: String) {
        let error = #expect(throws: RedisError.self) { try RedisAddress(url: url) }
        #expect(error?.code == .badURL)
    }

    @Test func `the pause doubles up to the longest, less up to a half`() {
        let backoff = Backoff(first: .milliseconds(50), longest: .seconds(5))
        #expect(backoff.pause(failures: 1, random: 0) == .milliseconds(50))
        #expect(backoff.pause(failures: 2, random: 0) == .milliseconds(100))
        #expect(backoff.pause(failures: 2, random: 0.5) == .milliseconds(75))
        #expect(backoff.pause(failures: 8, random: 0) == .seconds(5))
        #expect(backoff.pause(failures: 1_000_000, random: 0) == .seconds(5))
    }
}
