import Jobs
import Postgres

/// What a search has found: jobs, the newest first.
struct FoundJobs: Sendable {
    let ids: [JobID]
    /// Where the search goes on: before this job. `nil` when there is nothing more.
    let next: JobID?
    /// Whether it has looked at all jobs there are, or found enough; `false`: it stopped at `mostLookedAt`.
    let isWhole: Bool
}

extension JobSearch {
    /// A search looks at so many jobs at most, and says so; going on, it looks at as many again.
    static let mostLookedAt = 100_000
    static let timeLimit: Duration = .seconds(3)

    /// Where a search begins: whatever leads to the fewest jobs, in the order of their ids.
    fileprivate enum Source {
        /// All jobs by their primary key.
        case jobs
        /// Jobs of states that have an index of their own.
        case states([Generation.State])
        /// Generations by their primary key, or by their model.
        case prompts
    }

    fileprivate func source(fewWait: Bool) -> Source {
        if ids != nil { return .jobs }
        if let states = possibleStates, !states.contains(.completed), fewWait || !states.contains(where: \.isWaiting) {
            return .states(states)
        }
        return models != nil || !words.isEmpty ? .prompts : .jobs
    }

    /// Only a running job has a worker, and a completed one no error.
    fileprivate var possibleStates: [Generation.State]? {
        if workers != nil { return among([.processing]).states }
        if !errors.isEmpty { return among(Generation.State.allCases.filter { $0 != .completed }).states }
        return states
    }

    /// The ids found, at most one more than `limit`, and the last one looked at when it had to stop early.
    fileprivate func statement(_ source: Source, before: JobID?, limit: Limit) -> SQL {
        """
        SELECT id FROM (\(candidates(source, before))) AS \(Self.name(of: source))
        WHERE \(conditions(source))
        ORDER BY id DESC
        LIMIT \(limit.sql)
        """
    }

    fileprivate func lastCandidate(_ source: Source, before: JobID?) -> SQL {
        "SELECT id FROM (\(candidates(source, before))) AS c ORDER BY id DESC OFFSET 99999 LIMIT 1"
    }

    private static func name(of source: Source) -> SQL {
        if case .prompts = source { "g" } else { "j" }
    }

    // Limits stand in the text: for a bound one the planner expects a tenth of the table.
    private func candidates(_ source: Source, _ before: JobID?) -> SQL {
        let (first, last) = range(before)
        let range: SQL = "id >= \(first) AND id < \(last) AND id <= \(ids?.upperBound ?? .highest)"
        let columns: SQL = "id, state, queue, kind, owner, worker, attempt, error, created_at"
        switch source {
        case .jobs:
            return "SELECT \(columns) FROM jobs WHERE \(range) ORDER BY id DESC LIMIT 100000"
        case .states(let states):
            // Not in the order of ids: what waits is indexed by its place in line.
            let parts = states.map { state -> SQL in
                let order: SQL = state == .failed || state == .cancelled ? "ORDER BY id DESC" : ""
                return "(SELECT \(columns) FROM jobs WHERE state = \(state.literal) AND \(range) \(order) LIMIT 100000)"
            }
            let none: SQL = "(SELECT \(columns) FROM jobs WHERE false)"
            return """
                SELECT * FROM (\(SQL.joined(parts.isEmpty ? [none] : parts, separator: " UNION ALL "))) AS s
                ORDER BY id DESC
                LIMIT 100000
                """
        case .prompts:
            guard let models, models.count == 1 else {
                return "SELECT id, prompt, model FROM generations WHERE \(range) ORDER BY id DESC LIMIT 100000"
            }
            // Written so that only the model's own index has this range and order.
            return """
                SELECT id, prompt, model
                FROM generations
                WHERE (model, id) >= (\(models[0]), \(first)) AND (model, id) < (\(models[0]), \(last))
                ORDER BY model DESC, id DESC
                LIMIT 100000
                """
        }
    }

    /// Ids are ordered by time, so an age is a range of them; a minute more, for clocks that differ.
    /// The last one does not belong to it.
    private func range(_ before: JobID?) -> (first: JobID, last: JobID) {
        var (first, last) = (ids?.lowerBound ?? .lowest, before ?? .highest)
        if let youngerThan { first = max(first, .first(at: .now - youngerThan - .seconds(60))) }
        if let olderThan { last = min(last, .first(at: .now - olderThan + .seconds(60))) }
        return (first, last)
    }

    private func conditions(_ source: Source) -> SQL {
        // OFFSET 0 keeps the planner from joining whole tables.
        if case .prompts = source {
            return "\(promptConditions) AND EXISTS (SELECT FROM jobs j WHERE j.id = g.id AND \(jobConditions) OFFSET 0)"
        }
        guard models != nil || !words.isEmpty else { return jobConditions }
        return """
            \(jobConditions)
            AND EXISTS (SELECT FROM generations g WHERE g.id = j.id AND \(promptConditions) OFFSET 0)
            """
    }

    /// What was not asked for is NULL, so that a few statements serve all searches.
    private var jobConditions: SQL {
        """
        (\(states?.map(\.rawValue))::job_state[] IS NULL OR j.state = ANY (\(states?.map(\.rawValue))::job_state[]))
        AND (\(queues)::text[] IS NULL OR j.queue = ANY (\(queues)))
        AND (\(kinds)::text[] IS NULL OR j.kind = ANY (\(kinds)))
        AND (\(owners)::text[] IS NULL OR j.owner = ANY (\(owners)))
        AND (\(workers)::text[] IS NULL OR j.state = 'processing'
            AND EXISTS (SELECT FROM unnest(\(workers)::text[]) AS w (name) WHERE starts_with(j.worker, w.name)))
        AND j.attempt BETWEEN \(attempts.lowerBound) AND \(attempts.upperBound)
        AND (\(errors.isEmpty ? nil : errors.map(Self.pattern))::text[] IS NULL
            OR j.error ILIKE ALL (\(errors.map(Self.pattern))::text[]))
        AND (\(olderThan)::interval IS NULL OR j.created_at < now() - \(olderThan)::interval)
        AND (\(youngerThan)::interval IS NULL OR j.created_at > now() - \(youngerThan)::interval)
        """
    }

    private var promptConditions: SQL {
        """
        (\(models)::text[] IS NULL OR g.model = ANY (\(models)))
        AND g.prompt ILIKE ALL (\(words.map(Self.pattern))::text[])
        """
    }

    /// For LIKE: anywhere, and nothing in it means anything else.
    private static func pattern(_ word: String) -> String {
        var pattern = "%"
        for character in word {
            if "%_\\".contains(character) { pattern.append("\\") }
            pattern.append(character)
        }
        return pattern + "%"
    }

    fileprivate enum Limit {
        case page, action

        /// One more than is wanted, to tell whether there are more.
        var sql: SQL {
            switch self {
            case .page: "51"
            case .action: "10001"
            }
        }

        var count: Int {
            switch self {
            case .page: 50
            case .action: 10_000
            }
        }
    }
}

extension Database {
    /// A page of 50 of the jobs that a search is about, from the one before `before` on.
    func jobs(_ search: JobSearch, before: JobID?) async throws(PostgresError) -> FoundJobs {
        try await find(search, before: before, limit: .page)
    }

    /// The newest 10,000 of the jobs that a search is about.
    func jobsToActOn(_ search: JobSearch) async throws(PostgresError) -> FoundJobs {
        try await find(search, before: nil, limit: .action)
    }

    private func find(
        _ search: JobSearch,
        before: JobID?,
        limit: JobSearch.Limit
    ) async throws(PostgresError) -> FoundJobs {
        let source = search.source(fewWait: try await fewWait(in: search))
        var ids = try await report(
            search.statement(source, before: before, limit: limit),
            timeout: JobSearch.timeLimit
        ).map { (id: JobID) in id }
        if ids.count > limit.count {
            ids.removeLast()
            return FoundJobs(ids: ids, next: ids.last, isWhole: true)
        }
        let last = try await report(search.lastCandidate(source, before: before), timeout: JobSearch.timeLimit)
            .one { (id: JobID) in id }
        return FoundJobs(ids: ids, next: last, isWhole: last == nil)
    }

    /// Whether the waiting jobs that a search is about can all be looked at; otherwise they are most likely the newest.
    private func fewWait(in search: JobSearch) async throws(PostgresError) -> Bool {
        guard let states = search.possibleStates, states.contains(where: \.isWaiting) else { return true }
        let counts = states.filter(\.isWaiting).map { state -> SQL in
            "(SELECT count(*) FROM (SELECT FROM jobs WHERE state = \(state.literal) LIMIT 100001) AS w)"
        }
        let count = try await report("SELECT \(SQL.joined(counts, separator: " + "))", timeout: JobSearch.timeLimit)
            .one { (count: Int) in count }
        return (count ?? 0) <= JobSearch.mostLookedAt
    }
}

extension Generation.State {
    var isWaiting: Bool { self == .pending || self == .scheduled }

    /// In the statement's text: a partial index serves a condition only if the planner sees it.
    fileprivate var literal: SQL {
        switch self {
        case .pending: "'pending'"
        case .scheduled: "'scheduled'"
        case .processing: "'processing'"
        case .completed: "'completed'"
        case .failed: "'failed'"
        case .cancelled: "'cancelled'"
        }
    }
}

extension JobID {
    /// Before all that are made from this time on (RFC 9562, version 7).
    static func first(at time: Timestamp) -> JobID {
        let milliseconds = String(max(0, time.microseconds / 1000), radix: 16)
        let digits = String(repeating: "0", count: max(0, 12 - milliseconds.count)) + milliseconds.suffix(12)
        return JobID("\(digits.prefix(8))-\(digits.suffix(4))-0000-0000-000000000000") ?? JobID(rawValue: .zero)
    }
}
