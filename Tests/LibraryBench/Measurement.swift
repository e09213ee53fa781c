import EventLoop
import HTTPClient
import Postgres

/// One run of everything. Confined to its loop.
final class Measurement {
    /// Times of one kind of page.
    struct Times {
        /// When no process remembers the list.
        let first: [Duration]
        /// When this process does.
        let again: [Duration]
        /// Of the server and of PostgreSQL, for one request.
        let firstCPU: Duration
        let againCPU: Duration
        /// Of the largest.
        let bytes: Int
    }

    private static let first = 20
    private static let again = 60

    private let surroundings: Surroundings
    private let loop: EventLoop
    private let client: HTTPClient
    private let database: Database
    private let log: ServerLog
    private var cpu = CPUClock(processes: [])
    private var requests = 0

    init(_ surroundings: Surroundings, on loop: EventLoop) throws {
        self.surroundings = surroundings
        self.loop = loop
        client = HTTPClient(loops: [loop])
        database = Database(
            DatabaseConfiguration(url: surroundings.databaseURL, statementTimeout: .seconds(60)),
            loops: [loop]
        )
        log = try ServerLog(surroundings.serverLog)
    }

    /// Whether every page is as small and every plan as good as wanted. Times are for the reader: another load on the
    /// machine is no fault of the pages.
    func run() async throws -> Bool {
        defer { database.close() }
        let cases = try await Case.all(database)
        // Every connection of the server is made, and every statement prepared, before the first figure.
        for one in cases { for address in one.addresses.prefix(3) { _ = try await get(address) } }
        let sessions = try await database.query("SELECT pid FROM pg_stat_activity").map { (process: Int) in process }
        cpu = CPUClock(processes: sessions + [surroundings.server])
        var isGood = true
        for line in Table.head { print(line) }
        for one in cases {
            let times = try await times(of: one)
            print(Table.row(one.name, times))
            if times.bytes > Table.mostBytes { isGood = false }
        }
        for (name, deep, near) in [
            ("page 5,000 against page 1, of 20 pictures", "/history?page=5000&per=20", "/history?per=20"),
            ("the same, by script", "/history/pictures?page=5000&per=20", "/history/pictures?page=1&per=20"),
        ] {
            print(Table.row(name, ratio: try await ratio(deep, near)))
        }
        print("")
        return try await explain(cases) && isGood
    }

    // MARK: Times

    private func times(of one: Case) async throws -> Times {
        guard !one.addresses.isEmpty else { throw Problem("there is nothing to ask for in “\(one.name)”") }
        var (first, again): ([String], [String]) = ([], [])
        var (firstCPU, bytes) = (Duration.zero, 0)
        for index in 0..<Self.first {
            try await forget()
            let before = cpu.used()
            let (id, size) = try await get(one.addresses[index % one.addresses.count])
            firstCPU += cpu.used() - before
            first.append(id)
            bytes = max(bytes, size)
        }
        for address in one.addresses { bytes = max(bytes, try await get(address).bytes) }
        let before = cpu.used()
        for index in 0..<Self.again { again.append(try await get(one.addresses[index % one.addresses.count]).id) }
        let againCPU = cpu.used() - before
        return Times(
            first: try await log.times(of: first, on: loop).sorted(),
            again: try await log.times(of: again, on: loop).sorted(),
            firstCPU: firstCPU / Self.first,
            againCPU: againCPU / Self.again,
            bytes: bytes
        )
    }

    /// Of the medians, asked for in turn, so that whatever else the machine does happens to both.
    private func ratio(_ deep: String, _ near: String) async throws -> Double {
        var (deepIDs, nearIDs): ([String], [String]) = ([], [])
        for _ in 0..<200 {
            deepIDs.append(try await get(deep).id)
            nearIDs.append(try await get(near).id)
        }
        let deepTimes = try await log.times(of: deepIDs, on: loop).sorted()
        let nearTimes = try await log.times(of: nearIDs, on: loop).sorted()
        return deepTimes.quantile(0.5) / nearTimes.quantile(0.5)
    }

    private func get(_ address: String) async throws -> (id: String, bytes: Int) {
        requests += 1
        let id = "bench-\(requests)"
        let response = try await client.send(
            ClientRequest(
                "GET",
                surroundings.site + address,
                headers: [("X-Request-Id", id)],
                network: .unrestricted
            )
        )
        guard response.isSuccess || response.status == 303 else {
            throw Problem("\(address) was answered by \(response.status)")
        }
        return (id, response.bytesReceived)
    }

    /// As when somebody has thrown a picture away and marked another: no list that was remembered holds.
    private func forget() async throws {
        _ = try await database.execute("UPDATE library_changes SET members = members + 1, marks = marks + 1")
    }

    // MARK: Plans

    /// Asks for every page again, first and again, while PostgreSQL logs its plans. Whether none reads a whole table.
    private func explain(_ cases: [Case]) async throws -> Bool {
        let postgres = try FileTail(surroundings.postgresLog)
        try await logPlans(after: "0")
        _ = postgres.read()
        var report = PlanReport()
        for line in Table.planHead { print(line) }
        for one in cases {
            for address in one.addresses {
                try await forget()
                _ = try await get(address)
                _ = try await get(address)
            }
            let plans = Plan.all(in: postgres.read())
            guard !plans.isEmpty else { throw Problem("PostgreSQL logs no plans") }
            report.add(plans, of: one)
            print(Table.row(one.name, scans: plans.flatMap(\.scans)))
        }
        try await logPlans(after: "-1")
        try report.write(to: surroundings.plans)
        print("\nEvery plan is in \(surroundings.plans).")
        for line in report.problems { print("WHOLE TABLE READ: \(line)") }
        return report.problems.isEmpty
    }

    /// Sessions see it before their next statement.
    private func logPlans(after milliseconds: SQL) async throws {
        for statement in [
            "ALTER SYSTEM SET auto_explain.log_min_duration = \(milliseconds)", "SELECT pg_reload_conf()",
        ] as [SQL] {
            _ = try await database.execute(statement)
        }
        try await loop.sleep(for: .milliseconds(500))
    }
}
