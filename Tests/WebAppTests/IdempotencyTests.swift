import EventLoop
import HTTPServer
import JSON
import Jobs
import Postgres
import Support
import Synchronization
import Testing

@testable import WebApp

@Suite("Sending a request again")
struct IdempotencyTests {
    private static let body = #"{"prompt":"a hill","model":"atelier/canvas","parameters":{"width":64,"height":80}}"#
    private static let other = #"{"prompt":"a lake","model":"atelier/canvas"}"#

    private func post(
        _ site: TestSite,
        key: String?,
        _ body: String = Self.body,
        from address: PeerAddress = .loopback
    ) async throws -> Answer {
        let headers = key.map { [("Idempotency-Key", $0)] } ?? []
        return try await site.post("/api/v1/generate", json: body, headers: headers, from: address)
    }

    private func jobs(_ site: TestSite) async throws -> Int {
        try await count("SELECT count(*) FROM jobs", site)
    }

    private func count(_ sql: SQL, _ site: TestSite) async throws -> Int {
        try await site.app.database.query(sql).one { (count: Int) in count } ?? 0
    }

    /// A second server on the same database.
    private func withNeighbour(_ site: TestSite, _ body: (TestSite) async throws -> Void) async throws {
        let app = try App(site.app.configuration, loops: [site.loop], log: site.app.log)
        defer {
            app.database.close()
            app.blocking.stop()
        }
        try await body(TestSite(app, on: site.loop))
    }

    @Test func `with the same key leads to the same job, and says so`() async throws {
        try await withSite { site async throws in
            let first = try await post(site, key: #""8e03978e-40d5-43dd-bc93-6894a57f9324""#)
            #expect(first.status == 202)
            #expect(first.headers["idempotent-replayed"] == nil)
            try await withNeighbour(site) { neighbour in
                for sender in [site, neighbour, site] {
                    let again = try await post(sender, key: #""8e03978e-40d5-43dd-bc93-6894a57f9324""#)
                    #expect(again.status == 202)
                    #expect(again.text == first.text)
                    #expect(again.headers["location"] == first.headers["location"])
                    #expect(again.headers["idempotent-replayed"] == "true")
                }
            }
            let jobs = try await jobs(site)
            #expect(jobs == 1)
            let stored = try await count("SELECT count(*) FROM idempotency_keys", site)
            #expect(stored == 1)
        }
    }

    @Test func `without a key, or with another, leads to another job`() async throws {
        try await withSite { site async throws in
            for key in [nil, nil, "a", "b", #""c""#] {
                let answer = try await post(site, key: key)
                #expect(answer.status == 202)
                #expect(answer.headers["idempotent-replayed"] == nil)
            }
            let jobs = try await jobs(site)
            #expect(jobs == 5)
        }
    }

    @Test(arguments: [
        (#""key-1""#, #"{ "model": "atelier/canvas",  "prompt": "a hill", "parameters": {"height":80,"width":64} }"#),
        (
            "key-1",
            #"{"prompt":"\u0061 hill","model":"atelier/canvas","parameters":{"width":64,"height":80},"priority":"normal"}"#
        ),
    ])
    func `in other words is the same request`(key: String, body: String) async throws {
        try await withSite { site async throws in
            let first = try await post(site, key: "key-1")
            let again = try await post(site, key: key, body)
            #expect(again.text == first.text)
            #expect(again.headers["idempotent-replayed"] == "true")
        }
    }

    private static let others = [
        #"{"prompt":"a lake","model":"atelier/canvas","parameters":{"width":64,"height":80}}"#,
        #"{"prompt":"a hill","model":"atelier/canvas"}"#,
        #"{"prompt":"a hill","model":"atelier/canvas","parameters":{"width":80,"height":64}}"#,
        #"{"prompt":"a hill","model":"atelier/canvas","parameters":{"width":64,"height":80,"seed":1}}"#,
        #"{"prompt":"a hill","model":"atelier/canvas","parameters":{"width":64,"height":80},"priority":"high"}"#,
        #"""
        {"prompt":"a hill","model":"atelier/canvas","parameters":{"width":64,"height":80},
        "run_at":"2026-01-01T00:00:00Z"}
        """#,
    ]

    @Test func `with another body is refused, and queues nothing`() async throws {
        try await withSite { site async throws in
            let first = try await post(site, key: "key")
            for body in Self.others {
                let changed = try await post(site, key: "key", body)
                #expect(changed.status == 422, "\(body)")
                #expect(changed.badFields == ["Idempotency-Key"])
                #expect(changed.json["detail"]?[0]?["loc"]?[0]?.string == "header")
                #expect(changed.json["detail"]?[0]?["msg"]?.string?.contains("24 hours") == true)
            }
            let again = try await post(site, key: "key")
            #expect(again.text == first.text)
            let jobs = try await jobs(site)
            #expect(jobs == 1)
        }
    }

    @Test func `is a matter between a client and us`() async throws {
        try await withSite { site async throws in
            let neighbour = try #require(PeerAddress("127.0.0.2"))
            let first = try await post(site, key: "key")
            let second = try await post(site, key: "key", Self.other, from: neighbour)
            #expect(second.status == 202)
            #expect(second.text != first.text)
            #expect(second.headers["idempotent-replayed"] == nil)
        }
    }

    private static let badKeys = [
        "", "   ", #""""#, #"""#, #""open"#, #"closed""#, #""a" b"#, #""a"b"#, #""a\b""#, #""a\"#, "a b", "a,b", "a;b",
        "ä",
        "\"ä\"", "\"a\tb\"", String(repeating: "k", count: 256),
    ]

    @Test func `needs a key that is one`() async throws {
        try await withSite { site async throws in
            for key in Self.badKeys {
                let answer = try await post(site, key: key)
                #expect(answer.status == 422, "\(key)")
                #expect(answer.badFields == ["Idempotency-Key"])
                #expect(answer.json["detail"]?[0]?["msg"]?.string?.contains("printable ASCII") == true)
            }
            let jobs = try await jobs(site)
            #expect(jobs == 0)
        }
    }

    @Test func `needs one key, not two`() async throws {
        try await withSite { site async throws in
            let headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "a")]
            let answer = try await site.post("/api/v1/generate", json: Self.body, headers: headers)
            #expect(answer.status == 422)
        }
    }

    @Test func `takes quoted and plain keys`() async throws {
        try await withSite { site async throws in
            let longest = String(repeating: "k", count: 255)
            for (sent, key) in [
                (#""a\"b\\c""#, #"a"b\c"#), (#""with space""#, "with space"), ("plain/+=token", "plain/+=token"),
                (longest, longest),
            ] {
                let answer = try await post(site, key: sent)
                #expect(answer.status == 202, "\(sent)")
                let stored = try await count("SELECT count(*) FROM idempotency_keys WHERE key = \(key)", site)
                #expect(stored == 1)
            }
        }
    }

    @Test func `uses up no key when the request was refused`() async throws {
        try await withSite { site async throws in
            let refused = try await post(site, key: "key", #"{"prompt":"","model":"atelier/canvas"}"#)
            #expect(refused.status == 422)
            #expect(refused.badFields == ["prompt"])
            let accepted = try await post(site, key: "key")
            #expect(accepted.status == 202)
            #expect(accepted.headers["idempotent-replayed"] == nil)
        }
    }

    @Test func `has the same answer when the job is over, or gone`() async throws {
        try await withSite { site async throws in
            let first = try await post(site, key: "key")
            let id = try #require(first.json["job_id"]?.string)
            let whileDone = try await site.working {
                _ = try await site.finished(id)
                return try await post(site, key: "key")
            }
            #expect(whileDone.text == first.text)
            _ = try await site.app.database.execute("DELETE FROM jobs")
            let whenGone = try await post(site, key: "key")
            #expect(whenGone.status == 202)
            #expect(whenGone.text == first.text)
            #expect(whenGone.headers["location"] == first.headers["location"])
            let jobs = try await jobs(site)
            #expect(jobs == 0)
        }
    }

    @Test(arguments: [(23, false), (25, true)])
    func `means another job after a day, pruned or not`(hours: Int, isNew: Bool) async throws {
        try await withSite { site async throws in
            let first = try await post(site, key: "key")
            _ = try await site.app.database.execute(
                "UPDATE idempotency_keys SET created_at = created_at - \(hours) * interval '1 hour'"
            )
            let later = try await post(site, key: "key")
            #expect(later.status == 202)
            #expect((later.text != first.text) == isNew)
            // The new one counts from now on.
            let again = try await post(site, key: "key")
            #expect(again.text == later.text)
            #expect(again.headers["idempotent-replayed"] == "true")
        }
    }

    // MARK: At the same time

    @Test func `while the first is on its way is told to come again, here and elsewhere`() async throws {
        try await withSite { site async throws in
            let first = Promise<Answer>(on: site.loop)
            try await withNeighbour(site) { neighbour in
                try await site.app.database.transaction { transaction in
                    _ = try await transaction.execute("LOCK TABLE generations IN SHARE MODE")
                    site.loop.spawn {
                        do {
                            first.succeed(try await post(site, key: "key"))
                        } catch {
                            first.fail(error)
                        }
                    }
                    try await until(on: site.loop) { try await waitingInserts(site) == 1 }
                    for sender in [site, neighbour] {
                        let early = try await post(sender, key: "key")
                        #expect(early.status == 409)
                        #expect(early.headers["retry-after"] == "1")
                        #expect(early.json["detail"]?.string?.isEmpty == false)
                    }
                    // Others are not held up by it.
                    let unrelated = try await neighbour.app.database.query("SELECT 1").count
                    #expect(unrelated == 1)
                }
                let stored = try await first.value(within: .seconds(10))
                #expect(stored.status == 202)
                let again = try await post(neighbour, key: "key")
                #expect(again.text == stored.text)
                #expect(again.headers["idempotent-replayed"] == "true")
            }
            let jobs = try await jobs(site)
            #expect(jobs == 1)
        }
    }

    private func waitingInserts(_ site: TestSite) async throws -> Int {
        try await count(
            """
            SELECT count(*)
            FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'WITH enqueued%'
            """,
            site
        )
    }

    @Test func `any number of times at once is one job`() async throws {
        try await withSite { site async throws in
            try await withNeighbour(site) { neighbour in
                let answers = Mutex<[Answer]>([])
                for round in 0..<5 {
                    let before = try await jobs(site)
                    let started = (0..<16).map { number in
                        site.loop.spawn {
                            let answer = try? await post(
                                number % 2 == 0 ? site : neighbour,
                                key: "round \(round)".quoted
                            )
                            if let answer { answers.withLock { $0.append(answer) } }
                        }
                    }
                    for task in started { await task.value }
                    let seen = answers.withLock { answers in
                        defer { answers = [] }
                        return answers
                    }
                    #expect(seen.count == 16)
                    #expect(seen.allSatisfy { [202, 409].contains($0.status) })
                    let ids = Set(seen.compactMap { $0.json["job_id"]?.string })
                    #expect(ids.count == 1)
                    #expect(seen.filter { $0.status == 202 && $0.headers["idempotent-replayed"] == nil }.count == 1)
                    let after = try await jobs(site)
                    #expect(after == before + 1)
                }
            }
        }
    }

    /// The unique key decides, also against somebody who does not know of the lock.
    @Test func `that another stores in the same moment is known as soon as it is stored`() async throws {
        try await withSite { site async throws in
            let answer = Promise<Answer>(on: site.loop)
            let theirs = JobID.next()
            let fingerprint = try GenerationRequest(JSON(parsing: Array(Self.body.utf8)), models: site.app.models)
                .fingerprint
            try await site.app.database.transaction { transaction in
                _ = try await transaction.execute(
                    """
                    INSERT INTO idempotency_keys (owner, key, fingerprint, job_id)
                    VALUES ('127.0.0.1', 'key', \(fingerprint), \(theirs))
                    """
                )
                site.loop.spawn {
                    do {
                        answer.succeed(try await post(site, key: "key"))
                    } catch {
                        answer.fail(error)
                    }
                }
                try await until(on: site.loop) {
                    try await count(
                        "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'",
                        site
                    ) >= 1
                }
            }
            let known = try await answer.value(within: .seconds(10))
            #expect(known.status == 202)
            #expect(known.json["job_id"]?.string == theirs.description)
            #expect(known.headers["idempotent-replayed"] == "true")
            let jobs = try await jobs(site)
            #expect(jobs == 0)
        }
    }

    // MARK: When something breaks

    @Test func `after the answer to the commit was lost finds the job`() async throws {
        try await withSite { site async throws in
            let proxy = try await LossyProxy(before: site.app.database)
            defer { proxy.stop() }
            var configuration = site.app.configuration
            configuration.databaseURL = proxy.url
            let app = try App(configuration, loops: [site.loop], log: site.app.log)
            defer {
                app.database.close()
                app.blocking.stop()
            }
            let lossy = try TestSite(app, on: site.loop)
            _ = try await post(lossy, key: "warm")
            proxy.loseAnswer(with: "COMMIT")
            let lost = try await post(lossy, key: "key")
            #expect(lost.status == 503)
            #expect(lost.headers["retry-after"] != nil)
            #expect(proxy.losses == 1)
            let again = try await post(lossy, key: "key")
            #expect(again.status == 202)
            #expect(again.headers["idempotent-replayed"] == "true")
            let jobs = try await jobs(site)
            #expect(jobs == 2)
        }
    }

    @Test func `after the connection died before the commit stores it anew`() async throws {
        try await withSite { site async throws in
            let first = Promise<Answer>(on: site.loop)
            try await site.app.database.transaction { transaction in
                _ = try await transaction.execute("LOCK TABLE generations IN SHARE MODE")
                site.loop.spawn {
                    do {
                        first.succeed(try await post(site, key: "key"))
                    } catch {
                        first.fail(error)
                    }
                }
                try await until(on: site.loop) { try await waitingInserts(site) == 1 }
                _ = try await transaction.execute(
                    """
                    SELECT pg_terminate_backend(pid)
                    FROM pg_stat_activity
                    WHERE datname = current_database() AND query LIKE 'WITH enqueued%' AND pid <> pg_backend_pid()
                    """
                )
            }
            let broken = try await first.value(within: .seconds(10))
            #expect(broken.status == 503)
            let again = try await post(site, key: "key")
            #expect(again.status == 202)
            #expect(again.headers["idempotent-replayed"] == nil)
            let jobs = try await jobs(site)
            #expect(jobs == 1)
        }
    }

    @Test func `by a client that gave up waiting is one job`() async throws {
        try await withSite { site async throws in
            try await site.serving { base in
                let port = try #require(base.split(separator: ":").last.flatMap { Int($0) })
                @Sendable func send(_ client: RawClient) {
                    client.send(
                        """
                        POST /api/v1/generate HTTP/1.1\r
                        Host: 127.0.0.1\r
                        Content-Type: application/json\r
                        Idempotency-Key: "key"\r
                        Content-Length: \(Self.body.utf8.count)\r
                        \r
                        \(Self.body)
                        """
                    )
                }
                try await site.app.database.transaction { transaction in
                    _ = try await transaction.execute("LOCK TABLE generations IN SHARE MODE")
                    let client = try await site.app.blocking.run { () throws -> Impatient in
                        let client = try RawClient(port: port)
                        send(client)
                        return Impatient(client)
                    }
                    try await until(on: site.loop) { try await waitingInserts(site) == 1 }
                    client.leave()
                    let early = try await site.app.blocking.run {
                        let client = try RawClient(port: port)
                        send(client)
                        return try client.reply().status
                    }
                    #expect(early == 409 || early == 202)
                }
                let id = try await eventually(within: .seconds(10), on: site.loop) {
                    let reply = try await site.app.blocking.run {
                        let client = try RawClient(port: port)
                        send(client)
                        return try client.reply()
                    }
                    return reply.status == 202 ? try JSON(parsing: reply.body)["job_id"]?.string : nil
                }
                let stored = try await count("SELECT count(*) FROM jobs WHERE id::text = \(id)", site)
                #expect(stored == 1)
                let jobs = try await jobs(site)
                #expect(jobs == 1)
            }
        }
    }

    /// A client that goes away.
    private final class Impatient: @unchecked Sendable {
        // @unchecked: handed from one thread to another, which alone uses it from then on.
        private let client: RawClient
        init(_ client: RawClient) { self.client = client }
        func leave() { client.close() }
    }
}

extension String {
    fileprivate var quoted: String { "\"\(self)\"" }
}
