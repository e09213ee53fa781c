import JSON
import Postgres
import Support
import Testing

private struct NoteID: RawRepresentable, Hashable, PostgresConvertible, PostgresArrayElement {
    let rawValue: UUID
}

private enum Mood: String, PostgresConvertible, PostgresArrayElement {
    case happy, sad
}

@Suite("Types")
struct TypeTests {
    private static func roundTrip<Value: PostgresConvertible & Equatable>(
        _ values: [Value],
        as type: SQL,
        on database: Database
    ) async throws {
        for value in values {
            let back = try await database.query("SELECT \(value)::\(type)").one { (value: Value) in value }
            #expect(back == value)
        }
        let none: Value? = nil
        let null = try await database.query("SELECT \(none)::\(type)").one { (value: Value?) in value }
        #expect(null == .some(nil))
    }

    @Test func `go in and come out the same, extremes included`() async throws {
        try await withEmptyDatabase { database, _ in
            try await Self.roundTrip([0, -1, Int.min, Int.max], as: "int8", on: database)
            try await Self.roundTrip([0, -1, Int32.min, Int32.max], as: "int4", on: database)
            try await Self.roundTrip([0, -1, Int16.min, Int16.max], as: "int2", on: database)
            try await Self.roundTrip([true, false], as: "bool", on: database)
            try await Self.roundTrip(
                [0, -0.5, .pi, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity, -.infinity],
                as: "float8",
                on: database
            )
            let strings = ["", "a", "it's \"quoted\" \\ {}", "é€😀\u{1}\n", String(repeating: "x", count: 100_000)]
            for type: SQL in ["text", "varchar", "json", "bpchar"].prefix(2) {
                try await Self.roundTrip(strings, as: type, on: database)
            }
            try await Self.roundTrip([[], [0], [UInt8](0...255)], as: "bytea", on: database)
            try await Self.roundTrip([UUID.random(), .timeOrdered()], as: "uuid", on: database)
            try await Self.roundTrip(
                [
                    Timestamp.now, Timestamp(microseconds: 0), Timestamp(microseconds: -1), .distantPast,
                    .distantFuture,
                    Timestamp(microseconds: -210_866_803_200_000_000),
                    Timestamp(microseconds: 9_000_000_000_000_000_000),
                ],
                as: "timestamptz",
                on: database
            )
            try await Self.roundTrip(
                [Duration.zero, .microseconds(-1), .seconds(86_400 * 400), .milliseconds(1500)],
                as: "interval",
                on: database
            )
            try await Self.roundTrip(
                [.null, true, 1, 1.5, "x", [1, [2]], ["a": ["b": .null]]] as [JSON],
                as: "jsonb",
                on: database
            )
            try await Self.roundTrip([NoteID(rawValue: .random())], as: "uuid", on: database)
        }
    }

    @Test func `arrays go in and come out the same`() async throws {
        try await withEmptyDatabase { database, _ in
            try await Self.roundTrip([[], [1], [Int.min, 0, .max]], as: "int8[]", on: database)
            try await Self.roundTrip(
                [[], [""], ["a", "it's \"q\" \\", "NULL", "{}", "é,"]],
                as: "text[]",
                on: database
            )
            try await Self.roundTrip([[], [UUID.random(), .random()]], as: "uuid[]", on: database)
            try await Self.roundTrip([[], [true, false]], as: "bool[]", on: database)
            try await Self.roundTrip([[1.5]], as: "float8[]", on: database)
            try await Self.roundTrip([[Timestamp.now]], as: "timestamptz[]", on: database)
            try await Self.roundTrip([[NoteID(rawValue: .random())]], as: "uuid[]", on: database)
            let some = try await database.query("SELECT n FROM generate_series(1, 9) n WHERE n = ANY(\([2, 4, 99]))")
                .map {
                    (number: Int) in number
                }
            #expect(some == [2, 4])
        }
    }

    @Test func `enumerations travel as their labels`() async throws {
        try await withEmptyDatabase { database, _ in
            _ = try await database.execute("CREATE TYPE mood AS ENUM ('happy', 'sad', 'unknown')")
            _ = try await database.execute("CREATE TABLE people (name text, mood mood)")
            _ = try await database.execute("INSERT INTO people VALUES ('a', \(Mood.sad)), ('b', 'unknown')")
            let sad = try await database.query("SELECT name, mood FROM people WHERE mood = \(Mood.sad)").map {
                (name: String, mood: Mood) in (name, mood)
            }
            #expect(sad.count == 1)
            #expect(sad.first?.1 == .sad)
            let either = try await database.query(
                "SELECT array_agg(mood) FROM people WHERE mood = ANY(\([Mood.sad, .happy]))"
            ).one { (moods: [Mood]) in moods }
            #expect(either == [.sad])
            let error = await #expect(throws: PostgresError.self) {
                _ = try await database.query("SELECT mood FROM people WHERE name = 'b'").map { (mood: Mood) in mood }
            }
            #expect(error?.code == .decoding)
        }
    }

    @Test func `narrower columns widen`() async throws {
        try await withEmptyDatabase { database, _ in
            let row = try await database.query("SELECT 1::int2, 2::int4, 3::int2, 1.5::float4, 'n'::name, 7::oid").one {
                (a: Int, b: Int, c: Int32, d: Double, e: String, f: Int) in "\(a) \(b) \(c) \(d) \(e) \(f)"
            }
            #expect(row == "1 2 3 1.5 n 7")
        }
    }

    @Test func `stored JSON can be passed on unread`() async throws {
        try await withEmptyDatabase { database, _ in
            let text = try await database.query(#"SELECT '{"b": 1}'::jsonb, '[ 1 ]'::json"#).one {
                (binary: RawJSON, text: RawJSON) in
                String(decoding: binary.bytes + text.bytes, as: UTF8.self)
            }
            #expect(text == #"{"b": 1}[ 1 ]"#)
            let back = try await database.query("SELECT \(RawJSON(Array("[1, 2]".utf8)))->0").one { (json: JSON) in json
            }
            #expect(back == 1)
            let days = try await database.query("SELECT interval '2 days 1 second'").one { (time: Duration) in time }
            #expect(days == .seconds(172_801))
        }
    }

    @Test func `a wrong shape is named by column and type`() async throws {
        try await withEmptyDatabase { database, _ in
            func message(_ body: () async throws -> Void) async -> String? {
                let error = await #expect(throws: PostgresError.self) { try await body() }
                #expect(error?.code == .decoding)
                return error?.message
            }
            let text = await message { _ = try await database.query("SELECT 'a' AS size").map { (size: Int) in size } }
            #expect(text == "column “size”: Int was expected, text was found")
            let null = await message { _ = try await database.query("SELECT NULL AS a").map { (a: String) in a } }
            #expect(null == "column “a”: String was expected, NULL was found")
            let sum = await message { _ = try await database.query("SELECT sum(1::int8)").one { (sum: Int) in sum } }
            #expect(sum == "column “sum”: Int was expected, numeric was found")
            let columns = await message { _ = try await database.query("SELECT 1, 2").one { (a: Int) in a } }
            #expect(columns == "2 columns were found where Int was expected")
            let months = await message {
                _ = try await database.query("SELECT interval '1 month' AS m").one { (m: Duration) in m }
            }
            #expect(months == "column “m”: Duration was expected, interval was found")
            let matrix = await message {
                _ = try await database.query("SELECT '{{1,2}}'::int8[] AS m").one { (m: [Int]) in m }
            }
            #expect(matrix == "column “m”: Array<Int> was expected, bigint[] was found")
        }
    }
}
