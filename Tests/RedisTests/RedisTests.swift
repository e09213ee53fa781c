import EventLoop
import Glibc
import Redis
import Support
import Synchronization
import Testing

@Suite("Redis commands")
struct CommandTests {
    @Test func `words of every kind arrive, values of every kind come back`() async throws {
        try await withRedis { redis, _ in
            #expect(try await redis.command("PING") == .status("PONG"))
            let binary: [UInt8] = [0, 13, 10, 36, 255]
            try await redis.command("SET", "bytes", RedisWord(binary))
            #expect(try await redis.command("GET", "bytes") == .bytes(binary))
            try await redis.command("SET", "empty", "")
            #expect(try await redis.command("GET", "empty") == .bytes([]))
            #expect(try await redis.command("GET", "nothing") == .null)
            #expect(try await redis.command("INCRBY", "number", 41) == .integer(41))
            #expect(try await redis.command("GET", "number").integer == 41)
            try await redis.command("RPUSH", "list", "a", "b")
            #expect(try await redis.command("LRANGE", "list", 0, -1) == .array([.bytes([97]), .bytes([98])]))
            #expect(try await redis.command("EVAL", "return {{1,{'x'}},false}", 0).array?.last == .null)
        }
    }

    @Test func `a large value survives`() async throws {
        try await withRedis { redis, _ in
            let value = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) }
            try await redis.command("SET", "large", RedisWord(value))
            let isWhole = try await redis.command("GET", "large").bytes == value
            #expect(isWhole)
        }
    }

    @Test func `an error is thrown with the words of Redis, and the connection goes on`() async throws {
        try await withRedis { redis, _ in
            try await redis.command("SET", "text", "a")
            let error = await failure { try await redis.command("INCR", "text") }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("not an integer") == true)
            #expect(try await redis.command("GET", "text").text == "a")
            #expect(redis.isAvailable)
        }
    }

    @Test func `many commands at once are answered in order`() async throws {
        try await withRedis { redis, loop in
            let answers = Answers()
            let tasks = (1...1000).map { _ in
                loop.spawn { answers.add(try? await redis.command("INCR", "n").integer) }
            }
            for task in tasks { await task.value }
            #expect(answers.all == Array(1...1000))
        }
    }

    @Test func `one command more than allowed is refused`() async throws {
        var settings = persistent
        settings.maximumInFlight = 2
        try await withRedis(settings) { redis, loop in
            let tasks = (0..<2).map { _ in loop.spawn { _ = try? await redis.command("PING") } }
            let error = await failure { try await redis.command("PING") }
            #expect(error?.code == .busy)
            for task in tasks { await task.value }
            try await redis.command("PING")
        }
    }

    @Test func `cancelling a waiting command leaves the order of the answers alone`() async throws {
        try await withRedis { redis, loop in
            let outcome = Promise<RedisError?>(on: loop)
            let task = loop.spawn {
                outcome.succeed(await failure { try await redis.command("SET", "a", 1) })
            }
            task.cancel()
            let error = try await outcome.value(within: .seconds(5))
            #expect(error == nil || error?.code == .cancelled)
            #expect(try await redis.command("ECHO", "b").text == "b")
        }
    }

    @Test func `another database is another world`() async throws {
        let server = try RedisServer()
        try await withLoop { loop in
            let first = try Redis(url: server.url, loops: [loop])
            let second = try Redis(url: server.url + "?db=3", loops: [loop])
            try await first.command("SET", "a", 1)
            #expect(try await second.command("GET", "a") == .null)
        }
    }

    @Test func `a password is asked for and given`() async throws {
        let server = try RedisServer("--requirepass", "s3cret/x")
        let path = server.url.dropFirst("unix://".count)
        try await withLoop { loop in
            let stranger = try Redis(url: server.url, loops: [loop])
            let error = await failure { try await stranger.command("GET", "a") }
            #expect(error?.code == .unavailable)
            #expect(!stranger.isAvailable)
            let friend = try Redis(url: "unix://:s3cret%2Fx@\(path)", loops: [loop])
            #expect(try await friend.command("GET", "a") == .null)
        }
    }

    @Test func `several loops have a connection each`() async throws {
        let server = try RedisServer()
        try await withLoop { first in
            let second = try EventLoop()
            second.start()
            defer {
                second.stop()
                second.join()
            }
            let redis = try Redis(url: server.url, loops: [first, second])
            try await redis.command("SET", "a", 1)
            let there = try await second.run { try await redis.command("GET", "a").integer }
            #expect(there == 1)
        }
    }
}

@Suite("Redis scripts")
struct ScriptTests {
    @Test func `a script is sent once, and again after Redis has lost it`() async throws {
        try await withRedis { redis, _ in
            let script = RedisScript("return {KEYS[1], ARGV[1]}")
            for _ in 0..<2 {
                let answer = try await redis.run(script, keys: ["k"], arguments: [7])
                #expect(answer == .array([.bytes(Array("k".utf8)), .bytes(Array("7".utf8))]))
            }
            try await redis.command("SCRIPT", "FLUSH")
            let answer = try await redis.run(script, keys: ["k"], arguments: [8])
            #expect(answer.array?.last?.integer == 8)
            let calls = try await redis.command("INFO", "commandstats").text ?? ""
            #expect(calls.contains("cmdstat_script|load:calls=1,"))
            #expect(calls.contains("cmdstat_eval:calls=1,"))
        }
    }

    @Test func `a script that fails says why`() async throws {
        try await withRedis { redis, _ in
            let error = await failure { try await redis.run(RedisScript("return redis.call('NONE')"), keys: []) }
            #expect(error?.code == .refused)
        }
    }
}

/// Runs `body` on a loop with a client of a Redis of its own.
func withRedis(
    _ settings: RedisSettings = persistent,
    _ body: @escaping @Sendable (Redis, EventLoop) async throws -> Void
) async throws {
    let server = try RedisServer()
    defer { server.stop() }
    try await withLoop { loop in try await body(Redis(url: server.url, loops: [loop], settings: settings), loop) }
}

/// The error that `body` throws, `nil` when it does not.
func failure(_ body: () async throws -> RedisValue) async -> RedisError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? RedisError
    }
}

/// What came, in order.
final class Answers: Sendable {
    private let values = Mutex<[Int?]>([])
    var all: [Int?] { values.withLock { $0 } }
    func add(_ value: Int?) { values.withLock { $0.append(value) } }
}
