import EventLoop
public struct RedisError: Error { public var message = "" }
public enum RedisValue: Sendable { case null }
public enum RedisWord: Sendable, ExpressibleByStringLiteral { case s(String); public init(stringLiteral v: String) { self = .s(v) } }
public final class Subscription: Sendable { public func cancel() {} }
public final class Redis: Sendable {
  public init(url: String, loops: [EventLoop]) throws {}
  public var isAvailable: Bool { false }
  public func command(_ words: RedisWord...) async throws(RedisError) -> RedisValue { .null }
  public func publish(_ channel: String, _ message: String) {}
  public func subscribe(_ channels: [String], onMessage: @escaping @Sendable (String, String) -> Void) -> Subscription { Subscription() }
}
public struct RateLimiter: Sendable { public init(_ r: Redis) {}
 public struct Decision { public var allowed: Bool; public var retryAfter: Duration }
 public func allow(_ k: String, limit: Int, period: Duration, burst: Int, cost: Int) async -> Decision { Decision(allowed: true, retryAfter: .zero) } }
