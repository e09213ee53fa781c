import EventLoop
import Glibc
import Postgres
import Support
import Testing

@Suite("A server that goes away", .serialized)
struct LostServerTests {
    private static func configuration(_ url: String) -> DatabaseConfiguration {
        DatabaseConfiguration(
            url: url,
            connectionsPerLoop: 2,
            statementTimeout: .seconds(2),
            acquireTimeout: .milliseconds(300),
            connectTimeout: .seconds(1)
        )
    }

    private static func code(_ body: () async throws -> Void) async -> PostgresError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? PostgresError)?.code
        }
    }

    @Test func `is noticed, answered for in time, and found again`() async throws {
        let server = try ThrowawayServer()
        defer { server.remove() }
        try await withLoop { loop in
            let database = Database(Self.configuration(server.url), loops: [loop])
            defer { database.close() }
            try await database.waitUntilReachable(upTo: .seconds(20))
            _ = try await database.execute("CREATE TABLE notes (id int)")
            // It does not sync by itself.
            _ = try await database.execute("CHECKPOINT")

            // Killed under a write and a transaction in flight.
            let write = Promise<PostgresError.Code?>(on: loop)
            let change = Promise<PostgresError.Code?>(on: loop)
            loop.spawn {
                write.succeed(await Self.code { _ = try await database.execute("SELECT pg_sleep(30)") })
            }
            loop.spawn {
                change.succeed(
                    await Self.code {
                        try await database.transaction { transaction in
                            _ = try await transaction.execute("INSERT INTO notes VALUES (1)")
                            _ = try await transaction.execute("SELECT pg_sleep(30)")
                        }
                    }
                )
            }
            while try await database.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'").count < 2 {}
            server.kill()
            let writeCode = try await write.value(within: .seconds(10))
            #expect(writeCode == .connectionLost)
            let changeCode = try await change.value(within: .seconds(10))
            #expect(changeCode == .unavailable)

            // Away: answered within the time to wait for a connection.
            let started = MonotonicTime.current
            for run in [database.query, database.execute] {
                let code = await Self.code { _ = try await run("SELECT 1") }
                #expect(code == .unavailable)
            }
            let ping = await Self.code { try await database.ping(within: .milliseconds(50)) }
            #expect(ping == .unavailable)
            #expect(MonotonicTime.current - started < .seconds(5))

            // Back, found without help.
            let pool = BlockingPool(threads: 1, capacity: 1)
            defer { pool.stop() }
            try await pool.run { try server.start() }
            try await database.waitUntilReachable(upTo: .seconds(20))
            let count = try await database.query("SELECT count(*) FROM notes").one { (count: Int) in count }
            #expect(count == 0)
            while await Self.code({ _ = try await database.execute("INSERT INTO notes VALUES (2)") }) != nil {}
        }
    }

    @Test func `a backend that falls silent is given up`() async throws {
        try await withEmptyDatabase { original, loop in
            var configuration = original.configuration
            configuration.statementTimeout = .milliseconds(100)
            configuration.connectionsPerLoop = 1
            let database = Database(configuration, loops: [loop])
            defer { database.close() }
            var stopped: [pid_t] = []
            defer { for pid in stopped { Glibc.kill(pid, SIGCONT) } }
            for run in [database.query, database.execute] {
                let pid = try await run("SELECT pg_backend_pid()").one { (pid: Int32) in pid }
                stopped.append(try #require(pid))
                #expect(Glibc.kill(stopped[stopped.count - 1], SIGSTOP) == 0)
            }
            // A read is asked again on the next backend; of a write nobody knows.
            let answer = Promise<Int32?>(on: loop)
            loop.spawn {
                answer.succeed(try? await database.query("SELECT pg_backend_pid()").one { (pid: Int32) in pid })
            }
            let code = await Self.code { _ = try await database.execute("SELECT 1") }
            #expect(code == .connectionLost)
            let other = try await answer.value(within: .seconds(10))
            #expect(other != nil)
            #expect(other != stopped[0])
        }
    }

    @Test func `reads in flight are asked again when one backend is ended`() async throws {
        try await withEmptyDatabase { database, loop in
            let answers = Promise<Int>(on: loop)
            let backend = try await database.query("SELECT pg_backend_pid()").one { (pid: Int) in pid }
            loop.spawn {
                let read = try? await database.query("SELECT pg_backend_pid() FROM pg_sleep(0.2)").one {
                    (pid: Int) in pid
                }
                answers.succeed(read ?? -1)
            }
            while try await database.execute(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
            ).isEmpty {}
            _ = try await database.execute("SELECT pg_terminate_backend(\(Int32(backend ?? 0)))")
            let answered = try await answers.value(within: .seconds(10))
            #expect(answered > 0)
            #expect(answered != backend)
        }
    }
}

@Suite("A server that is none")
struct NonsenseServerTests {
    private static func expectUnavailable(url: String, on loop: EventLoop) async {
        let database = Database(
            DatabaseConfiguration(url: url, acquireTimeout: .milliseconds(200), connectTimeout: .milliseconds(100)),
            loops: [loop]
        )
        defer { database.close() }
        for run in [database.query, database.execute] {
            let error = await #expect(throws: PostgresError.self) { _ = try await run("SELECT 1") }
            #expect(error?.code == .unavailable)
        }
        let transaction = await #expect(throws: PostgresError.self) {
            try await database.transaction { transaction in _ = try await transaction.query("SELECT 1") }
        }
        #expect(transaction?.code == .unavailable)
    }

    @Test func `accepts and says nothing`() async throws {
        try await withLoop { loop in
            let listener = try Listener()
            defer { listener.close() }
            await Self.expectUnavailable(url: listener.url, on: loop)
        }
    }

    @Test func `answers in another protocol`() async throws {
        try await withLoop { loop in
            let listener = try Listener()
            let watch = try loop.watch(listener.descriptor, for: .read) { _ in
                let peer = accept(listener.descriptor, nil, nil)
                let nonsense = "HTTP/1.1 400 Bad Request\r\n\r\n"
                _ = send(peer, nonsense, nonsense.utf8.count, Int32(MSG_NOSIGNAL))
                Glibc.close(peer)
            }
            defer {
                watch.cancel()
                listener.close()
            }
            await Self.expectUnavailable(url: listener.url, on: loop)
        }
    }

    @Test(arguments: [
        "host=/nowhere", "postgresql://127.0.0.1:1/none", "postgresql://name.invalid/none",
        "postgresql://localhost:1,127.0.0.1:1/none", "nonsense", "postgresql://user:secret@host:99999/x",
    ])
    func `is not there`(url: String) async throws {
        try await withLoop { loop in await Self.expectUnavailable(url: url, on: loop) }
    }

    @Test func `waiting for it tells why, and ends`() async throws {
        try await withLoop { loop in
            let database = Database(DatabaseConfiguration(url: "postgresql://u:secret@127.0.0.1:1/none"), loops: [loop])
            defer { database.close() }
            var messages: [String] = []
            let error = await #expect(throws: PostgresError.self) {
                try await database.waitUntilReachable(upTo: .milliseconds(1500)) { messages.append($0) }
            }
            #expect(error?.code == .unavailable)
            #expect(messages.first?.contains("127.0.0.1") == true)
            #expect(messages.allSatisfy { !$0.contains("secret") })
        }
    }
}

/// A socket on the loopback that accepts, and leaves the rest to its owner.
private struct Listener {
    let descriptor: Int32
    let url: String

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isListening else { throw SystemError("listen") }
        self.descriptor = descriptor
        url = "postgresql://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/none"
    }

    func close() { Glibc.close(descriptor) }
}
