import EventLoop
import Jobs
import Postgres
import Templates

/// The list of jobs on the queue's page: what was searched for, and the part of what was found that is shown.
struct JobList: Sendable {
    let search: JobSearch
    /// The list shows what is older than this job.
    let before: JobID?
    let rows: [JobRow]
    /// Where the list goes on.
    let next: JobID?
    /// How far the search has looked; a sentence when it had to stop early.
    let limit: String?
    /// What was just done to jobs of it.
    var result: DeedResult?
    /// What finding it took.
    var took: Duration = .zero

    /// Seconds until it is looked for again: a search that takes long takes its time.
    var pause: Int { 3 + Int(took / .milliseconds(50)) }

    /// What is wrong with the search, if anything is.
    var problems: [String] { search.problems }
    var canCancelAny: Bool { rows.contains(where: \.canBeCancelled) }
    var canRetryAny: Bool { rows.contains(where: \.canBeRetried) }

    /// The page's own address, and that of its live part.
    var address: SafeURL { Self.address("/queue", search, before) }
    var liveAddress: SafeURL { Self.address("/queue/live", search, before, result) }
    var nextAddress: SafeURL? { next.map { Self.address("/queue", search, $0) } }
    var firstAddress: SafeURL { Self.address("/queue", search, nil) }

    static func address(
        _ path: StaticString,
        _ search: JobSearch,
        _ before: JobID?,
        _ result: DeedResult? = nil
    ) -> SafeURL {
        var query: [SafeURL] = []
        if !search.isEmpty { query.append("q=\(search.text)") }
        if let before { query.append("before=\(before)") }
        if let result { query.append("done=\(result.text)") }
        let address = query.isEmpty ? "\(path)" : "\(path)?\(query.map(\.text).joined(separator: "&"))"
        return SafeURL(trusting: address)
    }

    static func find(_ search: JobSearch, before: JobID?, _ app: App) async throws -> JobList {
        guard search.problems.isEmpty else {
            return JobList(search: search, before: before, rows: [], next: nil, limit: nil)
        }
        let began = MonotonicTime.current
        do {
            let found = try await app.database.jobs(search, before: before)
            var rows = try await app.database.jobRows(of: found.ids)
            let waiting = rows.filter { $0.state == .pending }.map { ($0.id, $0.queue) }
            let places = await app.waitingLines.places(of: waiting, app)
            for index in rows.indices { rows[index].place = places[rows[index].id] }
            let newest = before == nil ? "the newest" : "another"
            return JobList(
                search: search,
                before: before,
                rows: rows,
                next: found.next,
                limit: found.lookedAt.map { "Looked at \(newest) \(grouped($0)) jobs." },
                took: MonotonicTime.current - began
            )
        } catch {
            guard error.code == .statementTimeout else { throw error }
            let seconds = JobSearch.timeLimit.components.seconds
            return JobList(
                search: search,
                before: before,
                rows: [],
                next: nil,
                limit:
                    "Nothing was found within \(seconds) seconds; a state, a model or an age makes the search quicker.",
                took: JobSearch.timeLimit
            )
        }
    }
}
