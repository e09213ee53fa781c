import Postgres
import Testing

@Suite("Identifiers")
struct UUIDTests {
    @Test func `print and read in 36 characters`() throws {
        let text = "0192f0c1-2345-7abc-89ef-0123456789ab"
        let parsed = try #require(UUID(text))
        #expect(parsed.description == text)
        #expect(UUID(text.uppercased()) == parsed)
        #expect(parsed.bytes.count == 16)
    }

    @Test(arguments: [
        "", "0192f0c1-2345-7abc-89ef-0123456789a", "0192f0c1-2345-7abc-89ef-0123456789abc",
        "0192f0c123457abc89ef0123456789ab", "{0192f0c1-2345-7abc-89ef-0123456789ab}",
        "0192f0c1-2345-7abc-89ef-0123456789ag", "0192f0c1-2345-7abc-89ef_0123456789ab",
        "-192f0c1-2345-7abc-89ef-0123456789ab", "0192f0c1-2345-7abc-89ef-0123456789é",
    ])
    func `refuse anything else`(text: String) {
        #expect(UUID(text) == nil)
    }

    @Test func `carry version and variant`() {
        for _ in 0..<100 {
            let (random, ordered) = (UUID.random().bytes, UUID.timeOrdered().bytes)
            #expect(random[6] >> 4 == 4)
            #expect(ordered[6] >> 4 == 7)
            #expect(random[8] >> 6 == 2)
            #expect(ordered[8] >> 6 == 2)
        }
        #expect(Set((0..<1000).map { _ in UUID.random() }).count == 1000)
    }

    @Test func `begin with the time when they are ordered`() throws {
        let before = Timestamp.now.microseconds / 1000
        let bytes = UUID.timeOrdered().bytes
        let after = Timestamp.now.microseconds / 1000
        let milliseconds = bytes[..<6].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        #expect((before...after).contains(milliseconds))
        let low = try #require(UUID("00000000-0000-0000-ffff-ffffffffffff"))
        let high = try #require(UUID("00000000-0000-0001-0000-000000000000"))
        #expect(low < high)
    }
}

@Suite("Timestamps")
struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (1_795_251_600_123_456, "2026-11-21T09:00:00.123456Z"),
        (-1, "1969-12-31T23:59:59.999999Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
        (-62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
    ])
    func `print and read RFC 3339`(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).description == text)
        #expect(Timestamp(text) == Timestamp(microseconds: microseconds))
    }

    @Test func `print years that RFC 3339 does not know`() {
        #expect(Timestamp(microseconds: 253_402_300_800_000_000).description == "+010000-01-01T00:00:00.000000Z")
        #expect(Timestamp(microseconds: -62_167_219_200_000_001).description == "-0001-12-31T23:59:59.999999Z")
        #expect(!Timestamp.distantPast.description.isEmpty)
        #expect(!Timestamp.distantFuture.description.isEmpty)
    }

    @Test(arguments: [
        ("2026-11-21T10:00:00+01:00", "2026-11-21T09:00:00.000000Z"),
        ("2026-11-21t09:00:00.5z", "2026-11-21T09:00:00.500000Z"),
        ("2026-01-01T00:30:00.1234569-00:45", "2026-01-01T01:15:00.123456Z"),
    ])
    func `read any offset and fraction`(text: String, same: String) {
        #expect(Timestamp(text)?.description == same)
    }

    @Test(arguments: [
        "", "2026-11-21", "2026-11-21 09:00:00Z", "2026-11-21T09:00:00", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+0100",
        "2026-01-01T00:00:00Zx", "+2026-01-01T00:00:00Z",
    ])
    func `refuse anything else`(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func `print what PostgreSQL would, day after day`() {
        var days: Int64 = -719_468
        while days < 2_932_896 {
            let time = Timestamp(microseconds: days * 86_400_000_000 + 1)
            #expect(Timestamp(time.description) == time)
            days += 97
        }
    }

    @Test func `add, subtract and compare`() {
        let time = Timestamp(microseconds: 1_000_000)
        #expect(time + .milliseconds(1500) == Timestamp(microseconds: 2_500_000))
        #expect(time - .seconds(2) == Timestamp(microseconds: -1_000_000))
        #expect(time + .seconds(1) - time == .seconds(1))
        #expect(time < time + .microseconds(1))
        #expect(time + .seconds(Int64.max) == .distantFuture)
        #expect(time - .seconds(Int64.max) == .distantPast)
    }
}

@Suite("Statements")
struct SQLTests {
    @Test func `bind what is interpolated`() {
        let name = "Robert'); DROP TABLE students"
        let sql: SQL = "SELECT \(1) FROM students WHERE name = \(name)"
        #expect(sql.description == "SELECT $1 FROM students WHERE name = $2")
    }

    @Test func `splice statements and count on`() {
        let filter: SQL = "size > \(1) AND text = 'costs $1' AND mood = \("x")"
        let sql: SQL = "SELECT \(0) WHERE \(filter) OR (\(filter)) LIMIT \(10)"
        #expect(
            sql.description == """
                SELECT $1 WHERE size > $2 AND text = 'costs $1' AND mood = $3 \
                OR (size > $4 AND text = 'costs $1' AND mood = $5) LIMIT $6
                """
        )
        let many = SQL.joined((1...12).map { "\($0)" }, separator: ", ")
        let twice: SQL = "\(many); \(many)"
        #expect(
            twice.description.hasSuffix("$9, $10, $11, $12; $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24")
        )
    }

    @Test func `join and quote`() {
        let order = SQL(trusted: "ORDER BY id")
        let parts = [SQL.identifier("a\"b"), "c", order]
        #expect(SQL.joined(parts, separator: ", ").description == "\"a\"\"b\", c, ORDER BY id")
        #expect(SQL.joined([], separator: ", ").description.isEmpty)
    }
}
