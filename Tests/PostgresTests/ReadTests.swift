import EventLoop
import Postgres
import Support
import Testing

@Suite("Reads")
struct ReadTests {
    @Test func `a thousand at once share one connection`() async throws {
        try await withEmptyDatabase { database, _ in
            let answers = try await withThrowingTaskGroup(of: (Int, Int?).self) { group in
                for number in 0..<1000 {
                    group.addTask {
                        try await database.query("SELECT \(number) + 1, pg_backend_pid()").one {
                            (sum: Int, backend: Int) in
                            (sum - number, backend)
                        } ?? (0, nil)
                    }
                }
                return try await group.reduce(into: [(Int, Int?)]()) { $0.append($1) }
            }
            #expect(answers.count == 1000)
            #expect(answers.allSatisfy { $0.0 == 1 })
            #expect(Set(answers.map(\.1)).count == 1)
        }
    }

    @Test func `an error stays with the read that made it`() async throws {
        try await withEmptyDatabase { database, _ in
            let outcomes = await withTaskGroup(of: (Int, Int?, PostgresError.Code?).self) { group in
                for number in 0..<60 {
                    group.addTask {
                        // Every third divides by zero, every tenth is not even SQL.
                        do {
                            let sql: SQL =
                                number % 10 == 9 ? "SELEC \(number)" : "SELECT \(number) + 0 / \(number % 3)"
                            let value = try await database.query(sql).one { (value: Int) in value }
                            return (number, value, nil)
                        } catch {
                            return (number, nil, (error as? PostgresError)?.code)
                        }
                    }
                }
                return await group.reduce(into: [(Int, Int?, PostgresError.Code?)]()) { $0.append($1) }
            }
            for (number, value, code) in outcomes {
                if number % 10 == 9 || number % 3 == 0 {
                    #expect(code == .other)
                } else {
                    #expect(value == number)
                }
            }
        }
    }

    @Test func `a statement survives a change of its table`() async throws {
        try await withEmptyDatabase { database, _ in
            _ = try await database.execute("CREATE TABLE notes AS SELECT 1 AS id")
            let read: SQL = "SELECT id FROM notes"
            let before = try await database.query(read).one { (id: Int32) in id }
            #expect(before == 1)
            _ = try await database.execute(read)
            _ = try await database.execute("ALTER TABLE notes ALTER id TYPE text")
            let after = try await database.query(read).one { (id: String) in id }
            #expect(after == "1")
            let leased = try await database.execute(read).one { (id: String) in id }
            #expect(leased == "1")
        }
    }

    @Test func `writes are refused`() async throws {
        try await withEmptyDatabase { database, _ in
            _ = try await database.execute("CREATE TABLE notes (id int)")
            let error = await #expect(throws: PostgresError.self) {
                _ = try await database.query("INSERT INTO notes VALUES (1)")
            }
            #expect(error?.code == .readOnly)
        }
    }

    @Test func `a cancelled read does not disturb the others`() async throws {
        try await withEmptyDatabase { database, loop in
            let code = Promise<PostgresError.Code?>(on: loop)
            let slow = loop.spawn {
                do {
                    _ = try await database.query("SELECT pg_sleep(0.3)")
                    code.succeed(nil)
                } catch {
                    code.succeed((error as? PostgresError)?.code)
                }
            }
            let before = Promise<Void>(on: loop)
            loop.spawn { if (try? await database.query("SELECT 1")) != nil { before.succeed(()) } }
            slow.cancel()
            let reported = try await code.value(within: .seconds(5))
            #expect(reported == .cancelled)
            try await before.value(within: .seconds(5))
            let after = try await database.query("SELECT 2").one { (two: Int) in two }
            #expect(after == 2)
        }
    }

    @Test func `the server ends a statement that takes too long`() async throws {
        try await withEmptyDatabase { original, loop in
            var configuration = original.configuration
            configuration.statementTimeout = .milliseconds(50)
            let database = Database(configuration, loops: [loop])
            defer { database.close() }
            for run in [database.query, database.execute] {
                let error = await #expect(throws: PostgresError.self) { _ = try await run("SELECT pg_sleep(10)") }
                #expect(error?.code == .statementTimeout)
            }
            let rows = try await database.report("SELECT pg_sleep(0.1), 3", timeout: .seconds(5)).count
            #expect(rows == 1)
            let report = await #expect(throws: PostgresError.self) {
                _ = try await database.report("SELECT pg_sleep(10)", timeout: .milliseconds(20))
            }
            #expect(report?.code == .statementTimeout)
            // The report's limit ended with it.
            let limit = try await database.execute("SHOW statement_timeout").one { (limit: String) in limit }
            #expect(limit == "50ms")
        }
    }

    @Test func `a report along indexes is planned for its own values, and nothing after it`() async throws {
        try await withEmptyDatabase { database, _ in
            let settings: SQL = """
                SELECT ARRAY[current_setting('plan_cache_mode'), current_setting('random_page_cost'),
                    current_setting('enable_seqscan')]
                """
            let inside = try await database.report(settings, timeout: .seconds(5), alongIndexes: true)
                .one { (values: [String]) in values }
            #expect(inside == ["force_custom_plan", "2", "off"])
            for rows in [
                try await database.execute(settings), try await database.report(settings, timeout: .seconds(5)),
            ] {
                #expect(try rows.one { (values: [String]) in values } == ["auto", "4", "on"])
            }
        }
    }

    @Test func `sessions speak UTF-8 and UTC and have limits`() async throws {
        try await withEmptyDatabase { database, _ in
            for run in [database.query, database.execute] {
                let settings = try await run(
                    """
                    SELECT current_setting('client_encoding'), current_setting('timezone'),
                        current_setting('statement_timeout'),
                        current_setting('idle_in_transaction_session_timeout'), current_setting('application_name')
                    """
                ).one { (encoding: String, zone: String, statement: String, idle: String, application: String) in
                    [encoding, zone, statement, idle, application]
                }
                #expect(settings == ["UTF8", "UTC", "10s", "30s", "atelier"])
            }
        }
    }

    @Test func `more statements than a session keeps still run`() async throws {
        try await withEmptyDatabase { database, _ in
            for number in 0..<300 {
                let name = SQL.identifier("column \(number)")
                let value = try await database.query("SELECT \(number) AS \(name)").one { (value: Int) in value }
                #expect(value == number)
            }
            let kept = try await database.query("SELECT count(*) FROM pg_prepared_statements").one { (n: Int) in n }
            #expect((kept ?? 0) <= 257)
        }
    }

    @Test func `the same text with other types is another statement`() async throws {
        try await withEmptyDatabase { database, _ in
            for _ in 0..<2 {
                let whole = try await database.query("SELECT \(1)").one { (value: Int) in value }
                #expect(whole == 1)
                let half = try await database.query("SELECT \(0.5)").one { (value: Double) in value }
                #expect(half == 0.5)
            }
        }
    }

    @Test func `a statement of a hundred parameters and a large one travel whole`() async throws {
        try await withEmptyDatabase { database, _ in
            let values = SQL.joined((1...100).map { "(\($0))" }, separator: ", ")
            let sum = try await database.query("SELECT sum(n)::int8 FROM (VALUES \(values)) AS v (n)").one {
                (sum: Int) in sum
            }
            #expect(sum == 5050)
            let large = [UInt8](repeating: 7, count: 20_000_000)
            let size = try await database.query("SELECT length(\(large)), \(large)").one { (size: Int, back: [UInt8]) in
                (size, back == large)
            }
            #expect(size?.0 == large.count)
            #expect(size?.1 == true)
        }
    }
}

@Suite("Behind a pooler")
struct PoolerTests {
    @Test func `nothing is kept in the session`() async throws {
        try await withEmptyDatabase { original, loop in
            var configuration = original.configuration
            configuration.usesPreparedStatements = false
            let database = Database(configuration, loops: [loop])
            defer { database.close() }
            for _ in 0..<3 {
                let sum = try await database.query("SELECT \(1) + \(2)").one { (sum: Int) in sum }
                #expect(sum == 3)
            }
            let kept = try await database.query("SELECT count(*) FROM pg_prepared_statements").one { (n: Int) in n }
            #expect(kept == 0)
            let (within, idle) =
                try await database.transaction { transaction in
                    try await transaction.query(
                        """
                        SELECT current_setting('statement_timeout'),
                            current_setting('idle_in_transaction_session_timeout')
                        """
                    ).one { (statement: String, idle: String) in (statement, idle) }
                } ?? ("", "")
            #expect(within == "10s")
            #expect(idle == "30s")
            let after = try await database.execute("SHOW statement_timeout").one { (limit: String) in limit }
            #expect(after == "0")
            let readOnly = try await database.query("SHOW default_transaction_read_only").one { (on: String) in on }
            #expect(readOnly == "off")
        }
    }
}
