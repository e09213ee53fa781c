import EventLoop
import Jobs
import Postgres

/// Who stands where in the queues, as of a moment ago.
struct WaitingLine: Sendable {
    /// So many of each queue are looked at.
    static let longest = 1000
    /// So many are looked at closely enough to tell how long they take.
    static let closest = 100

    private let places: [JobID: PlaceInLine]
    /// The place of those that are further behind, by their queue.
    private let behind: [String: PlaceInLine]

    /// - Parameter paces: how long the pictures of each model take.
    init(_ lines: [LineOfQueue], paces: [String: ModelPace]) {
        var places: [JobID: PlaceInLine] = [:]
        places.reserveCapacity(lines.reduce(0) { $0 + $1.jobs.count })
        var behind: [String: PlaceInLine] = [:]
        for line in lines {
            let forecast = LineForecast(
                places: line.places,
                running: line.running,
                paces: line.models.map { paces[$0] }
            )
            let expectations = forecast.expectations(upTo: line.jobs.count)
            for (position, job) in line.jobs.enumerated() {
                let start = line.standstill ?? expectations[position].map { .expected($0) } ?? .unknown
                places[job] = PlaceInLine(before: position, start: start)
            }
            if line.jobs.count >= Self.longest {
                behind[line.queue] = PlaceInLine(before: Self.longest, start: line.standstill ?? .unknown)
            }
        }
        self.places = places
        self.behind = behind
    }

    /// `nil` for a job that does not wait, or has not for long enough to be seen.
    func place(of job: JobID, in queue: String) -> PlaceInLine? { places[job] ?? behind[queue] }
}

/// The beginning of one queue's line, and what it moves by.
struct LineOfQueue: Sendable {
    let queue: String
    let isPaused: Bool
    /// Live workers that serve it, and the jobs of it that run at the same time.
    let workers: Int
    let places: Int
    let running: Int
    /// In the order in which they will be claimed.
    let jobs: [JobID]
    /// Of the first of them; empty for a job that is no generation.
    let models: [String]

    /// Why nothing begins, if nothing does.
    var standstill: PlaceInLine.Start? { isPaused ? .queueIsPaused : workers == 0 ? .noWorker : nil }
}

/// Remembers the lines for a second, and how long pictures take for a quarter of a minute: many pages ask.
final class WaitingLines: Sendable {
    private let lines = Recent<WaitingLine>(freshFor: .seconds(1))
    private let paces = Recent<[String: ModelPace]>(freshFor: .seconds(15))

    /// Where these waiting jobs stand; empty while the database cannot tell.
    func places(of jobs: [(id: JobID, queue: String)], _ app: App) async -> [JobID: PlaceInLine] {
        guard !jobs.isEmpty else { return [:] }
        let line = try? await lines.value { line in
            jobs.allSatisfy { line.place(of: $0.id, in: $0.queue) != nil }
        } fetch: {
            try await fetch(app)
        }
        guard let line else { return [:] }
        return Dictionary(
            jobs.compactMap { job in line.place(of: job.id, in: job.queue).map { (job.id, $0) } },
            uniquingKeysWith: { first, _ in first }
        )
    }

    private func fetch(_ app: App) async throws(PostgresError) -> WaitingLine {
        let configuration = app.configuration
        let lines = try await app.database.linesOfQueues(configuration.workedQueues, lateAfter: configuration.jobLease)
        let models = Set(lines.flatMap(\.models)).sorted()
        let known = try await paces.value { known in
            models.allSatisfy { $0.isEmpty || known[$0] != nil }
        } fetch: { () async throws(PostgresError) in
            try await app.database.paces(of: models)
        }
        return WaitingLine(lines, paces: known)
    }
}

extension App {
    /// Where those of the generations stand that wait.
    func places(of generations: [Generation]) async -> [JobID: PlaceInLine] {
        var waiting: [(id: JobID, queue: String)] = []
        for generation in generations where generation.state == .pending {
            guard case .known(let model) = models.find(generation.model) else { continue }
            waiting.append((generation.id, model.provider.queue))
        }
        return await waitingLines.places(of: waiting, self)
    }
}
