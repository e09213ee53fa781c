import EventLoop
import Jobs
import Postgres

/// What a search has found: jobs, the newest first.
struct FoundJobs: Sendable {
    var ids: [JobID] = []
    /// Where the search goes on: before this job. `nil` when there is nothing more.
    var next: JobID?
    /// So many jobs, when it ended before it had found enough or looked at all there are.
    var lookedAt: Int?
}

extension JobSearch {
    static let pageSize = 50
    /// A search that finds little looks on for so long; further pages look on from there.
    static let patience: Duration = .milliseconds(500)
    /// For one statement of it.
    static let timeLimit: Duration = .seconds(3)
}

extension Database {
    /// A page of the jobs that a search is about, from the one before `before` on.
    func jobs(_ search: JobSearch, before: JobID?) async throws(PostgresError) -> FoundJobs {
        let source = search.source(fewWait: try await fewWait(in: search))
        // Mostly the newest will do.
        let window: SearchWindow = source.isOrdered ? .small : .large
        return try await find(search, source, before: before, from: window, limit: JobSearch.pageSize)
    }

    /// The newest of the jobs that a search is about.
    func jobsToActOn(_ search: JobSearch) async throws(PostgresError) -> FoundJobs {
        let source = search.source(fewWait: try await fewWait(in: search))
        return try await find(search, source, before: nil, from: .large, limit: JobDeed.most)
    }

    /// Looks through one window after the other.
    private func find(
        _ search: JobSearch,
        _ source: SearchSource,
        before: JobID?,
        from first: SearchWindow,
        limit: Int
    ) async throws(PostgresError) -> FoundJobs {
        let deadline = MonotonicTime.current.advanced(by: JobSearch.patience)
        var found = FoundJobs(next: before)
        var window = first
        var lookedAt = 0
        while true {
            // One more than is wanted, to tell whether there are more.
            let wanted = limit + 1 - found.ids.count
            let statement = search.statement(source, before: found.next, in: window, limit: wanted)
            found.ids += try await report(statement, timeout: JobSearch.timeLimit).map { (id: JobID) in id }
            if found.ids.count > limit {
                found.ids.removeLast()
                found.next = found.ids.last
                return found
            }
            let end = search.endOfWindow(source, before: found.next, in: window)
            found.next = try await report(end, timeout: JobSearch.timeLimit).one { (id: JobID) in id }
            lookedAt += window.jobs
            if found.next == nil { return found }
            if MonotonicTime.current > deadline {
                found.lookedAt = lookedAt
                return found
            }
            window = .large
        }
    }

    /// Whether those that wait, where a search is about them, can all be looked at. Of the scheduled ones no index has
    /// the ids.
    private func fewWait(in search: JobSearch) async throws(PostgresError) -> Bool {
        guard let states = search.possibleStates, states.contains(where: \.isWaiting) else { return true }
        let counted = try await report(
            """
            SELECT CASE WHEN \(states.contains(.pending)) THEN
                    (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'pending' LIMIT 100001) AS p) ELSE 0 END,
                CASE WHEN \(states.contains(.scheduled)) THEN
                    (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'scheduled' LIMIT 10001) AS s) ELSE 0 END
            """,
            timeout: JobSearch.timeLimit
        ).one { (pending: Int, scheduled: Int) in (pending, scheduled) }
        guard let (pending, scheduled) = counted else { return true }
        return pending <= SearchWindow.large.jobs && scheduled <= BoundedCount.limit
    }
}
