import EventLoop
import Redis
import Support
import Synchronization
import Testing

@Suite("When Redis fails")
struct FaultTests {
    @Test func `a killed Redis fails commands at once, and a new empty one is found again`() async throws {
        let server = try RedisServer()
        try await withLoop { loop in
            let redis = try Redis(url: server.url, loops: [loop], settings: persistent)
            try await redis.command("SET", "a", 1)
            #expect(redis.isAvailable)
            server.kill()
            try await until(on: loop) { !redis.isAvailable }
            for _ in 0..<100 {
                let started = MonotonicTime.current
                let error = await failure { try await redis.command("GET", "a") }
                #expect(error?.code == .unavailable)
                #expect(MonotonicTime.current - started < .seconds(1))
            }
            try server.start()
            try await until(on: loop) { redis.isAvailable }
            #expect(try await redis.command("GET", "a") == .null)
        }
    }

    @Test func `a frozen Redis is given up after the deadline, and found again when it thaws`() async throws {
        let server = try RedisServer()
        try await withLoop { loop in
            var settings = persistent
            settings.commandTimeout = .milliseconds(200)
            let redis = try Redis(url: server.url, loops: [loop], settings: settings)
            try await until(on: loop) { await failure { try await redis.command("SET", "a", 1) } == nil }
            server.freeze()
            let late = await failure { try await redis.command("GET", "a") }
            #expect(late?.code == .timeout)
            let next = await failure { try await redis.command("GET", "a") }
            #expect(next?.code == .unavailable)
            server.thaw()
            try await until(on: loop) { await failure { try await redis.command("GET", "a") } == nil }
        }
    }

    @Test func `nobody at the address`() async throws {
        try await withLoop { loop in
            let redis = try Redis(url: "unix:///tmp/no/such/redis.sock", loops: [loop], settings: persistent)
            for _ in 0..<3 {
                let error = await failure { try await redis.command("PING") }
                #expect(error?.code == .unavailable || error?.code == .connectionLost)
            }
            #expect(!redis.isAvailable)
            redis.publish("nobody", "nothing")
        }
    }

    @Test func `a name that does not exist`() async throws {
        try await withLoop { loop in
            let redis = try Redis(url: "redis://nowhere.invalid", loops: [loop], settings: persistent)
            let error = await failure { try await redis.command("PING") }
            #expect(error != nil)
        }
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n\r\n", "\0\0\0\0", "*-7\r\n", "$999999999999999999999999\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", ":1\r\n:2\r\n", "+PONG\r\n+OK\r\n+OK\r\n",
        "-ERR max number of clients reached\r\n", "-LOADING Redis is loading the dataset in memory\r\n", "",
    ])
    func `what answers is not Redis`(answer: String) async throws {
        let server = try FaultyServer([.read, .send(answer), .pause(milliseconds: 5)])
        defer { server.stop() }
        try await withLoop { loop in
            let redis = try Redis(url: "redis://127.0.0.1:\(server.port)", loops: [loop], settings: persistent)
            try await until(on: loop) { server.connectionCount >= 3 }
            let error = await failure { try await redis.command("GET", "a") }
            #expect(error != nil)
        }
    }

    @Test func `an endless reply is cut off`() async throws {
        var settings = persistent
        settings.maximumReplyBytes = 1 << 20
        let server = try FaultyServer([
            .read, .send("+PONG\r\n"), .read, .send("$500000000\r\n"),
            .again([.send(String(repeating: "x", count: 65536))]),
        ])
        defer { server.stop() }
        try await withLoop { [settings] loop in
            let redis = try Redis(url: "redis://127.0.0.1:\(server.port)", loops: [loop], settings: settings)
            try await until(on: loop) { redis.isAvailable }
            let error = await failure { try await redis.command("GET", "a") }
            #expect(error?.code == .badReply)
        }
    }

    @Test func `a connection lost in the middle of an answer`() async throws {
        let server = try FaultyServer([.read, .send("+PONG\r\n"), .read, .send("$5\r\nhel"), .reset])
        defer { server.stop() }
        try await withLoop { loop in
            let redis = try Redis(url: "redis://127.0.0.1:\(server.port)", loops: [loop], settings: persistent)
            try await until(on: loop) { redis.isAvailable }
            let error = await failure { try await redis.command("GET", "a") }
            #expect(error?.code == .connectionLost)
        }
    }

    @Test func `a full Redis refuses writes and goes on reading`() async throws {
        let server = try RedisServer("--maxmemory", "2mb", "--maxmemory-policy", "noeviction")
        try await withLoop { loop in
            let redis = try Redis(url: server.url, loops: [loop])
            let value = [UInt8](repeating: 1, count: 100_000)
            var error: RedisError?
            for number in 0..<100 where error == nil {
                error = await failure { try await redis.command("SET", "k\(number)", RedisWord(value)) }
            }
            #expect(error?.code == .refused)
            #expect(error?.message.hasPrefix("OOM") == true)
            #expect(try await redis.command("GET", "none") == .null)
            let decision = await RateLimiter(redis: redis).allow("a", limit: 1, period: .seconds(1), burst: 1)
            #expect(decision.allowed)
            #expect(!decision.isShared)
        }
    }

    @Test func `clients dropped in every state leave nothing behind`() async throws {
        let server = try RedisServer()
        try await withLoop { loop in
            for round in 0..<30 {
                let redis = try Redis(url: server.url, loops: [loop], settings: persistent)
                let subscription = redis.subscribe(["a"]) { _ in }
                if round % 3 == 1 { try await redis.command("PING") }
                if round % 3 == 2 {
                    let task = loop.spawn { _ = try? await redis.command("PING") }
                    task.cancel()
                }
                subscription.cancel()
            }
            let last = try Redis(url: server.url, loops: [loop])
            try await until(on: loop) {
                let clients = try await last.command("CLIENT", "LIST").text ?? ""
                return clients.split(separator: "\n").count == 1
            }
        }
    }
}

@Suite("Publishing and subscribing")
struct SubscriptionTests {
    @Test func `messages reach channels and patterns, until cancelled`() async throws {
        try await withRedis { redis, loop in
            let inbox = Inbox()
            let channel = redis.subscribe(["job:1", "job:2"], onListening: inbox.listening) { inbox.add("c", $0) }
            let pattern = redis.subscribe(pattern: "job:*", onListening: inbox.listening) { inbox.add("p", $0) }
            try await until(on: loop) { inbox.listenings == 2 }
            redis.publish("job:1", "hello")
            redis.publish("job:3", "other")
            try await until(on: loop) { inbox.messages.count == 3 }
            #expect(inbox.messages.sorted() == ["c job:1 hello", "p job:1 hello", "p job:3 other"])
            channel.cancel()
            redis.publish("job:1", "again")
            try await until(on: loop) { inbox.messages.count == 4 }
            #expect(inbox.messages.last == "p job:1 again")
            pattern.cancel()
            try await until(on: loop) { try await redis.command("PUBLISH", "job:1", "nobody").integer == 0 }
        }
    }

    @Test func `channels come and go while messages flow, one connection for all`() async throws {
        try await withRedis { redis, loop in
            let inbox = Inbox()
            var subscriptions: [RedisSubscription] = []
            for number in 0..<50 {
                subscriptions.append(
                    redis.subscribe(["n:\(number)"], onListening: inbox.listening) { inbox.add("", $0) }
                )
            }
            try await until(on: loop) { inbox.listenings == 50 }
            let clients = try await redis.command("CLIENT", "LIST").text ?? ""
            #expect(clients.split(separator: "\n").count == 2)
            subscriptions.removeFirst(25)
            try await until(on: loop) {
                try await redis.command("PUBSUB", "CHANNELS").array?.count == 25
            }
            for number in 0..<50 { redis.publish("n:\(number)", "x") }
            try await until(on: loop) { inbox.messages.count == 25 }
        }
    }

    @Test func `a listener may cancel itself and subscribe another`() async throws {
        try await withRedis { redis, loop in
            let inbox = Inbox()
            let held = Box<RedisSubscription>()
            let second = Box<RedisSubscription>()
            held.value = redis.subscribe(["a"], onListening: inbox.listening) { [weak redis] message in
                inbox.add("first", message)
                held.value = nil
                second.value = redis?.subscribe(["a"], onListening: inbox.listening) { inbox.add("second", $0) }
            }
            try await until(on: loop) { inbox.listenings == 1 }
            redis.publish("a", "1")
            try await until(on: loop) { inbox.listenings == 2 }
            redis.publish("a", "2")
            try await until(on: loop) { inbox.messages.count == 2 }
            #expect(inbox.messages == ["first a 1", "second a 2"])
            second.value = nil
        }
    }

    @Test func `subscriptions survive a killed and restarted Redis`() async throws {
        let server = try RedisServer()
        try await withLoop { loop in
            let redis = try Redis(url: server.url, loops: [loop], settings: persistent)
            let inbox = Inbox()
            let subscription = redis.subscribe(["a"], onListening: inbox.listening) { inbox.add("", $0) }
            try await until(on: loop) { inbox.listenings == 1 }
            server.kill()
            try await until(on: loop) { !redis.isAvailable }
            try server.start()
            try await until(on: loop) { inbox.listenings == 2 && redis.isAvailable }
            redis.publish("a", "back")
            try await until(on: loop) { inbox.messages == [" a back"] }
            subscription.cancel()
        }
    }

    @Test func `the subscriber notices by itself that Redis is frozen`() async throws {
        let server = try RedisServer()
        try await withLoop { loop in
            var settings = persistent
            settings.subscriberPing = .milliseconds(50)
            let redis = try Redis(url: server.url, loops: [loop], settings: settings)
            let inbox = Inbox()
            let subscription = redis.subscribe(["a"], onListening: inbox.listening) { inbox.add("", $0) }
            try await until(on: loop) { inbox.listenings == 1 }
            server.freeze()
            try await loop.sleep(for: .milliseconds(300))
            server.thaw()
            try await until(on: loop) { inbox.listenings >= 2 }
            try await until(on: loop) { redis.isAvailable }
            subscription.cancel()
        }
    }
}

/// Tries again soon, and takes no slowness of the machine for a fault.
let persistent: RedisSettings = {
    var settings = RedisSettings()
    settings.commandTimeout = .seconds(20)
    settings.connectTimeout = .seconds(20)
    settings.backoff = Backoff(first: .milliseconds(1), longest: .milliseconds(20))
    return settings
}()

private final class Inbox: Sendable {
    private let state = Mutex((messages: [String](), listenings: 0))
    var messages: [String] { state.withLock { $0.messages } }
    var listenings: Int { state.withLock { $0.listenings } }
    func add(_ who: String, _ message: RedisMessage) {
        state.withLock { $0.messages.append("\(who) \(message.channel) \(message.text)") }
    }
    @Sendable func listening() { state.withLock { $0.listenings += 1 } }
}

private final class Box<Value: Sendable>: Sendable {
    private let state = Mutex<Value?>(nil)
    var value: Value? {
        get { state.withLock { $0 } }
        set {
            // Let go outside the lock: a subscription's end runs code of its own.
            let old = state.withLock { state in
                defer { state = newValue }
                return state
            }
            _ = old
        }
    }
}
