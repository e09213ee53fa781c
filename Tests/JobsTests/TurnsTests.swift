import EventLoop
import Postgres
import Support
import Testing

@testable import Jobs

@Suite("Owners take turns")
struct TurnsTests {
    @Test(arguments: [1, 4], [true, false])
    func `one job does not wait behind the hundred of somebody else`(places: Int, isOneStatement: Bool) async throws {
        try await withStage { database, _ in
            let line = Line(database)
            if isOneStatement { try await line.ask("A", 100) } else { try await line.askOneByOne("A", 100) }
            for _ in 0..<places { try await line.begin() }
            try await line.ask("B")
            try await line.begin()
            try await line.begin()
            #expect(line.served.dropFirst(places).contains("B"))
            let rest = try await line.rest()
            #expect(rest.filter { $0 == "A" }.count == 99 - places)
        }
    }

    @Test func `a job that nobody waits before begins at once, whoever has asked for much`() async throws {
        try await withStage { database, _ in
            let line = Line(database)
            try await line.ask("A", 20)
            _ = try await line.rest()
            try await line.ask("B")
            try await line.ask("A")
            let rest = try await line.rest()
            #expect(rest == ["B", "A"])
        }
    }

    @Test(arguments: [true, false])
    func `two who ask for many share the places evenly`(isOneStatement: Bool) async throws {
        try await withStage { database, _ in
            let line = Line(database)
            try await line.ask("A", 40)
            for _ in 0..<10 {
                try await line.begin()
                try await line.end()
            }
            if isOneStatement { try await line.ask("B", 20) } else { try await line.askOneByOne("B", 20) }
            let rest = try await line.rest()
            for count in stride(from: 2, through: 40, by: 2) {
                #expect(abs(rest.prefix(count).filter { $0 == "B" }.count - count / 2) <= 1)
            }
        }
    }

    @Test func `what somebody asks for in several steps stands in one line`() async throws {
        try await withStage { database, _ in
            let line = Line(database)
            try await line.ask("A", 4)
            try await line.begin()
            try await line.ask("B", 2)
            try await line.ask("A", 2)
            try await line.ask("B", 3)
            let rest = try await line.rest()
            #expect(rest == ["A", "B", "A", "B", "A", "B", "A", "B", "A", "B"])
        }
    }

    /// Each asks for the next one as soon as the last has begun, or ended: there is always somebody whose turn has
    /// just come.
    @Test(arguments: [1, 4], [true, false])
    func `those who ask again and again for one do not hold up who has asked for many`(
        places: Int,
        onBegin: Bool
    ) async throws {
        try await withStage { database, _ in
            let line = Line(database)
            try await line.ask("A", 100)
            let others = (1...6).map { "C\($0)" }
            for other in others { try await line.ask(other) }
            for step in 0..<70 {
                if step >= places, let ended = try await line.end(), ended != "A", !onBegin {
                    try await line.ask(ended)
                }
                if let begun = try await line.begin(), begun != "A", onBegin { try await line.ask(begun) }
            }
            // An even share would be ten of seventy.
            #expect(line.served.filter { $0 == "A" }.count >= 8)
            for other in others { #expect(line.served.filter { $0 == other }.count >= 7) }
        }
    }

    @Test func `one who asks again and again for one has every second place beside one who has asked for many`()
        async throws
    {
        try await withStage { database, _ in
            let line = Line(database)
            try await line.ask("A", 40)
            try await line.ask("C")
            for _ in 0..<40 {
                if try await line.begin() == "C" { try await line.ask("C") }
                try await line.end()
            }
            #expect((19...21).contains(line.served.filter { $0 == "C" }.count))
        }
    }

    @Test func `ever new owners do not hold up who waits already`() async throws {
        try await withStage { database, _ in
            let line = Line(database)
            try await line.ask("A", 100)
            for number in 0..<5 { try await line.ask("first \(number)") }
            for number in 0..<60 {
                try await line.ask("new \(number)")
                try await line.begin()
                try await line.end()
            }
            #expect(line.served.filter { $0 == "A" }.count >= 6)
        }
    }

    @Test func `the more urgent comes first, whoever waits`() async throws {
        try await withStage { database, _ in
            let line = Line(database)
            try await line.ask("A", 3)
            try await line.ask("B", 2, priority: 10)
            try await line.ask("C", 2, priority: -10)
            try await line.ask("A", 1, priority: -10)
            let rest = try await line.rest()
            #expect(rest == ["C", "C", "A", "A", "A", "A", "B", "B"])
        }
    }

    @Test(arguments: [1, 4])
    func `a worker serves them evenly, on one place and on four`(places: Int) async throws {
        try await withStage { database, loop in
            let owners = Shared<[JobID: String]>([:])
            let served = Shared<[String]>([])
            let hasAsked = Shared(false)
            func ask(_ owner: String, _ count: Int) async throws {
                let jobs = (0..<count).map { _ in NewJob(kind: Probe.kind, queue: "test", owner: owner) }
                owners.withLock { for job in jobs { $0[job.id] = owner } }
                _ = try await database.execute(NewJob.insert(jobs))
            }
            try await ask("A", 100)
            try await whileWorking(on: database, loop) { settings in
                settings.queues[0].concurrency = places
            } play: { attempt in
                let owner = owners.withLock { $0[attempt.job] ?? "" }
                let count = served.withLock { served in
                    served.append(owner)
                    return served.count
                }
                if count >= 10 { while !hasAsked.current { try await rest(.milliseconds(1)) } }
                return .completed("")
            } _: { _ in
                try await until(on: loop) { served.current.count >= 9 + places }
                try await ask("B", 20)
                try await ask("C", 1)
                hasAsked.withLock { $0 = true }
                try await database.allFinished()
            }
            let order = served.current
            let firstOfB = try #require(order.firstIndex(of: "B"))
            // A worker with four places claims up to four at once.
            #expect(firstOfB <= 9 + 2 * places)
            let ofC = try #require(order.firstIndex(of: "C"))
            #expect(ofC <= 11 + 2 * places)
            let window = order[firstOfB..<firstOfB + 36]
            #expect(abs(window.filter { $0 == "A" }.count - window.filter { $0 == "B" }.count) <= 2 + places)
        }
    }

    @Test func `queues do not share their turns`() async throws {
        try await withStage { database, _ in
            let line = Line(database)
            try await database.enqueue(50) { job, number in
                (job.owner, job.queue) = (number % 2 == 0 ? "A" : "C", "other")
            }
            try await line.ask("B", 3)
            try await line.ask("A")
            let rest = try await line.rest()
            #expect(rest == ["B", "B", "A", "B"])
        }
    }
}

@Suite("Turns of jobs that come back")
struct ReturningTurnsTests {
    @Test func `scheduled jobs that come due together do not push others back`() async throws {
        try await withStage { database, _ in
            let line = Line(database)
            try await line.ask("A", 50, runAt: try await database.clock(plus: .milliseconds(30)))
            try await line.ask("B", 4)
            try await database.staged(50)
            try await line.ask("C", 2)
            let rest = try await line.rest()
            let lastOfB = try #require(rest.lastIndex(of: "B"))
            let lastOfC = try #require(rest.lastIndex(of: "C"))
            #expect(lastOfB <= 10)
            #expect(lastOfC <= 10)
            #expect(rest.count == 56)
        }
    }

    @Test func `a job that is tried again is not sent to the end of its owner's line`() async throws {
        try await withStage { database, _ in
            let line = Line(database)
            let jobs = try await line.ask("A", 30)
            try await line.ask("B", 30)
            try await line.begin()
            try await line.end(.retried)
            for _ in 0..<20 {
                try await line.begin()
                try await line.end()
            }
            try await line.stage()
            for _ in 0..<3 { try await line.begin() }
            #expect(line.running.map(\.id).contains(jobs[0]))
        }
    }

    @Test func `a job that is tried again does not wait behind what was asked for since`() async throws {
        try await withStage { database, _ in
            let line = Line(database)
            try await line.ask("A", 100)
            for _ in 0..<99 {
                try await line.begin()
                try await line.end()
            }
            try await line.begin()
            try await line.end(.retried)
            // Nothing waits now, so that turns begin anew.
            try await line.ask("B", 100)
            try await line.stage()
            for _ in 0..<3 { try await line.begin() }
            #expect(line.served.suffix(3).contains("A"))
        }
    }

    @Test func `many that are tried again together do not push others back`() async throws {
        try await withStage { database, _ in
            let line = Line(database)
            try await line.ask("A", 50)
            for _ in 0..<50 { try await line.begin() }
            try await line.ask("B", 5)
            for _ in 0..<50 { try await line.end(.retried) }
            try await line.stage()
            let rest = try await line.rest()
            let last = try #require(rest.lastIndex(of: "B"))
            #expect(last <= 12)
        }
    }

    /// A turn that comes back would be open to those who ask again and again, before all who have waited.
    @Test(arguments: ["retried", "handed_back", "crashed"])
    func `an old job that comes back lets nobody in before the others`(how: String) async throws {
        try await withStage { database, _ in
            let line = Line(database)
            try await line.ask("A", 200)
            try await line.begin()
            for _ in 0..<100 {
                try await line.begin()
                try await line.endNewest()
            }
            try await line.ask("C")
            try await line.ask("D")
            let old = try #require(line.running.first)
            switch how {
            case "retried": try await line.end(.retried)
            case "handed_back": try await line.end(.handedBack)
            default:
                _ = try await database.execute("UPDATE jobs SET lease_until = now() WHERE state = 'processing'")
                _ = try await database.rescueExpiredLeases(crashLimit: 3, limit: 10)
            }
            try await line.stage()
            for _ in 0..<3 { try await line.begin() }
            #expect(line.running.map(\.id).contains(old.id))
            for _ in 0..<30 {
                let ended = line.served.last
                try await line.endNewest()
                try await line.begin()
                if let ended, ended != "A" { try await line.ask(ended) }
            }
            // A third would be even.
            #expect(line.served.suffix(30).filter { $0 == "A" }.count >= 9)
        }
    }

    @Test func `a job put back by its owner stands at the end of the owner's line, and holds up nobody`() async throws {
        try await withStage { database, _ in
            let line = Line(database)
            let failed = try await line.ask("A", 20)
            while try await line.begin() != nil { try await line.end(.failed) }
            try await line.ask("A")
            try await line.ask("B", 3)
            _ = try await database.retryJobs(failed)
            let rest = try await line.rest()
            #expect(rest.prefix(7) == ["A", "A", "B", "A", "B", "A", "B"])
            #expect(rest.count == 24)
        }
    }
}

extension Database {
    /// A moment by the server’s clock.
    func clock(plus later: Duration) async throws -> Timestamp {
        try await query("SELECT clock_timestamp() + \(later)").one { (now: Timestamp) in now }
            ?? Timestamp(microseconds: 0)
    }

    /// Returns once so many scheduled jobs have come due, and were moved to where they can begin, all at once.
    func staged(_ count: Int) async throws {
        guard let loop = EventLoop.current else { preconditionFailure("not on a loop") }
        try await until(on: loop) {
            try await self.count("SELECT count(*) FROM jobs WHERE state = 'scheduled' AND run_at <= now()") == count
        }
        _ = try await stageDueJobs(limit: 1000)
    }
}
