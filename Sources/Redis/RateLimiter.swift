import EventLoop
import Synchronization

/// Limits how often something may happen, for all processes together by Redis' clock, and for this one alone while Redis
/// is away.
public final class RateLimiter: Sendable {
    private let redis: Redis
    private let prefix: String
    private let local: Mutex<LocalRateLimiter>

    /// Keys in Redis are `prefix` and the subject's key.
    public init(redis: Redis, prefix: String = "limit:", localCapacity: Int = 10_000) {
        self.redis = redis
        self.prefix = prefix
        local = Mutex(LocalRateLimiter(capacity: localCapacity))
    }

    /// Counts an event of `key`, unless that would go beyond `limit` events per `period` with bursts of `burst`.
    /// An event that weighs more than others has a higher `cost`; beyond `burst` it is never allowed. While Redis is away
    /// each of the `sharers`, processes that count events of this key, allows its part of the limit.
    public func allow(
        _ key: String,
        limit: Int,
        period: Duration,
        burst: Int,
        cost: Int = 1,
        sharers: Int = 1
    ) async -> Decision {
        let rate = RateLimit(limit, per: period, burst: burst)
        do {
            let reply = try await redis.run(
                Self.script,
                keys: [RedisWord(prefix + key)],
                arguments: [RedisWord(Int(rate.interval.wholeNanoseconds / 1000)), RedisWord(burst), RedisWord(cost)]
            )
            if let decision = Decision(reply) { return decision }
        } catch {
            // Away, out of memory, still loading: this process decides alone, as for a reply it cannot read.
        }
        let part = RateLimit(limit, per: period * max(1, sharers), burst: burst)
        return local.withLock { $0.decide(key, part, cost: cost, now: .current) }
    }

    /// By the server's clock. The key lives as long as the debt does.
    private static let script = RedisScript(
        """
        -- KEYS[1]; ARGV: interval in microseconds, burst, cost -> allowed, remaining, microseconds to wait
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local interval = tonumber(ARGV[1])
        local tolerance = interval * tonumber(ARGV[2])
        local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
        local next = arrival + interval * tonumber(ARGV[3])
        if next - now > tolerance then
            return {0, math.max(0, math.floor((tolerance - (arrival - now)) / interval)), next - now - tolerance}
        end
        redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.max(1, math.ceil((next - now) / 1000)))
        return {1, math.floor((tolerance - (next - now)) / interval), 0}
        """
    )
}

extension Decision {
    fileprivate init?(_ reply: RedisValue) {
        guard let numbers = reply.array?.map(\.integer), numbers.count == 3, let allowed = numbers[0],
            let remaining = numbers[1], let wait = numbers[2]
        else { return nil }
        self.init(allowed: allowed == 1, remaining: remaining, retryAfter: .microseconds(wait), isShared: true)
    }
}
