import EventLoop
import HTTPServer
import Jobs
import Postgres
import Templates

/// What an operator does to jobs.
enum JobDeed: String, Sendable {
    case cancel, retry

    /// So many are changed by one statement, and in one request.
    static let batch = 1000
    static let most = 10_000

    /// The states of jobs that it changes.
    var states: [Generation.State] {
        switch self {
        case .cancel: [.pending, .scheduled, .processing]
        case .retry: [.failed, .cancelled]
        }
    }

    /// Does it to the jobs, some at a time, and tells the workers and pages.
    func perform(on jobs: [JobID], _ app: App) async throws -> DeedResult {
        var result = DeedResult(deed: self)
        var rest = jobs[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(Self.batch))
            rest = rest.dropFirst(Self.batch)
            switch self {
            case .cancel: try await cancel(batch, app, &result)
            case .retry: try await retry(batch, app, &result)
            }
        }
        return result
    }

    private func cancel(_ jobs: [JobID], _ app: App, _ result: inout DeedResult) async throws {
        let outcomes = try await app.database.cancelJobs(jobs)
        let asked = jobs.filter { outcomes[$0] == .requested }
        let cancelled = jobs.filter { outcomes[$0] == .cancelled }
        app.redis.announceCancellation(of: asked, on: app.channels)
        app.redis.announceChange(of: cancelled, on: app.channels)
        result.done += cancelled.count
        result.asked += asked.count
        result.late += outcomes.count - asked.count - cancelled.count
        result.gone += jobs.count - outcomes.count
    }

    private func retry(_ jobs: [JobID], _ app: App, _ result: inout DeedResult) async throws {
        let outcomes = try await app.database.retryJobs(jobs)
        let queued = jobs.filter { outcomes[$0] == .queued }
        app.redis.announceChange(of: queued, on: app.channels)
        for queue in try await app.database.queues(of: queued) { app.channels.announceWork(in: queue, on: app.redis) }
        result.done += queued.count
        result.late += outcomes.count - queued.count
        result.gone += jobs.count - outcomes.count
    }
}

/// What a deed has led to.
struct DeedResult: Sendable, Equatable {
    let deed: JobDeed
    var done = 0
    /// Running ones that were asked to stop.
    var asked = 0
    /// In no state for it any more.
    var late = 0
    var gone = 0

    init(deed: JobDeed) { self.deed = deed }

    /// Reads what `query` has written; `nil` for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.dropFirst().compactMap { Int($0) }.filter { (0...JobDeed.most).contains($0) }
        guard let deed = parts.first.flatMap({ JobDeed(rawValue: String($0)) }), parts.count == 5, numbers.count == 4
        else { return nil }
        self.deed = deed
        (done, asked, late, gone) = (numbers[0], numbers[1], numbers[2], numbers[3])
    }

    /// For the address that the visitor is sent to.
    var text: String { "\(deed.rawValue).\(done).\(asked).\(late).\(gone)" }

    /// `412 jobs cancelled, 3 had ended already.`
    var words: String {
        var parts: [String] = []
        switch deed {
        case .cancel:
            if done > 0 || asked == 0 { parts.append("\(Self.jobs(done)) cancelled") }
            if asked > 0 { parts.append("\(Self.jobs(asked)) running and asked to stop") }
            if late > 0 { parts.append("\(grouped(late)) had ended already") }
        case .retry:
            parts.append("\(Self.jobs(done)) put back in line")
            if late > 0 { parts.append("\(grouped(late)) had not failed or been cancelled, or no longer") }
        }
        if gone > 0 { parts.append("\(grouped(gone)) did not exist any more") }
        return parts.joined(separator: ", ") + "."
    }

    static func jobs(_ count: Int) -> String { "\(grouped(count)) \(count == 1 ? "job" : "jobs")" }
}

extension Database {
    /// At most 100 queues that the jobs stand in.
    fileprivate func queues(of jobs: [JobID]) async throws(PostgresError) -> [String] {
        guard !jobs.isEmpty else { return [] }
        return try await query(
            "SELECT DISTINCT queue FROM jobs WHERE id = ANY (\(jobs.map(\.rawValue))) ORDER BY queue LIMIT 100"
        ).map { (queue: String) in queue }
    }
}
