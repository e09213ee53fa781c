import Jobs
import Postgres

/// Where a search begins: whatever leads to the fewest jobs, in the order of their ids.
enum SearchSource: Sendable, Equatable {
    /// All jobs, by their primary key.
    case jobs
    /// Jobs of states that have indexes of their own.
    case states([Generation.State])
    /// Generations, by their primary key or by their model.
    case prompts

    /// Whether the newest can be read without reading all: what waits is indexed by its place in line instead.
    var isOrdered: Bool {
        guard case .states(let states) = self else { return true }
        return states.allSatisfy { $0 == .failed || $0 == .cancelled }
    }

    fileprivate var alias: SQL { self == .prompts ? "g" : "j" }
}

/// So many jobs are looked at by one statement. In its text: for a bound limit the planner expects a tenth of the table.
enum SearchWindow: Sendable {
    case small, large

    var jobs: Int { self == .small ? 1000 : 100_000 }
    fileprivate var limit: SQL { self == .small ? "1000" : "100000" }
    fileprivate var skip: SQL { self == .small ? "999" : "99999" }
}

extension JobSearch {
    /// - Parameter fewWait: whether all that wait can be looked at; otherwise they are most likely the newest.
    func source(fewWait: Bool) -> SearchSource {
        if ids != nil { return .jobs }
        if let states = possibleStates, !states.contains(.completed), fewWait || !states.contains(where: \.isWaiting) {
            return .states(states)
        }
        return models != nil || !words.isEmpty ? .prompts : .jobs
    }

    /// Only a running job has a worker, and a completed one no error.
    var possibleStates: [Generation.State]? {
        if workers != nil { return among([.processing]).states }
        if !errors.isEmpty { return among(Generation.State.allCases.filter { $0 != .completed }).states }
        return states
    }

    /// The ids of what is found in a window, the newest first.
    func statement(_ source: SearchSource, before: JobID?, in window: SearchWindow, limit: Int) -> SQL {
        """
        SELECT id
        FROM (\(candidates(source, before, window))) AS \(source.alias)
        WHERE \(conditions(source))
        ORDER BY \(order(source))
        LIMIT \(limit)
        """
    }

    /// The id of the last job of the window, if it is full.
    func endOfWindow(_ source: SearchSource, before: JobID?, in window: SearchWindow) -> SQL {
        """
        SELECT id
        FROM (\(candidates(source, before, window))) AS c
        ORDER BY \(order(source))
        OFFSET \(window.skip)
        LIMIT 1
        """
    }

    /// A range of an index's first column has one value only, but is written so that no other index has it and its order:
    /// for an equality the planner may read all rows from the newest on, and leave out the others.
    private func order(_ source: SearchSource) -> SQL {
        switch source {
        case .states([.failed]), .states([.cancelled]): "state DESC, id DESC"
        case .prompts where models?.count == 1: "model DESC, id DESC"
        default: "id DESC"
        }
    }

    private func candidates(_ source: SearchSource, _ before: JobID?, _ window: SearchWindow) -> SQL {
        let (first, last) = range(before)
        let range: SQL = "id >= \(first) AND id < \(last) AND id <= \(ids?.upperBound ?? .highest)"
        let columns: SQL = "id, state, queue, kind, owner, worker, attempt, error, created_at"
        let newest: SQL = "ORDER BY id DESC LIMIT \(window.limit)"
        switch source {
        case .jobs:
            return "SELECT \(columns) FROM jobs WHERE \(range) \(newest)"
        case .states(let states):
            let parts = states.map { state -> SQL in
                guard SearchSource.states([state]).isOrdered else {
                    // So that the range does not bring the primary key in.
                    return
                        "SELECT \(columns) FROM jobs WHERE state = \(state.literal) AND (\(range)) IS TRUE LIMIT 100000"
                }
                return """
                    SELECT \(columns)
                    FROM jobs
                    WHERE state IN ('failed', 'cancelled')
                        AND (state, id) >= (\(state.literal), \(first)) AND (state, id) < (\(state.literal), \(last))
                    ORDER BY state DESC, id DESC
                    LIMIT \(window.limit)
                    """
            }
            if parts.count == 1 { return parts[0] }
            let none: SQL = "SELECT \(columns) FROM jobs WHERE false"
            let all = parts.isEmpty ? none : SQL.joined(parts.map { "(\($0))" }, separator: " UNION ALL ")
            return "SELECT * FROM (\(all)) AS s \(newest)"
        case .prompts:
            // Without the words an index has all that is needed.
            let columns: SQL = words.isEmpty ? "id, model" : "id, model, prompt"
            guard let models, models.count == 1 else {
                return "SELECT \(columns) FROM generations WHERE \(range) \(newest)"
            }
            return """
                SELECT \(columns)
                FROM generations
                WHERE (model, id) >= (\(models[0]), \(first)) AND (model, id) < (\(models[0]), \(last))
                ORDER BY model DESC, id DESC
                LIMIT \(window.limit)
                """
        }
    }

    /// Ids are ordered by time, so an age is a range of them; a minute more, for clocks that differ. The last one does
    /// not belong to it.
    private func range(_ before: JobID?) -> (first: JobID, last: JobID) {
        var (first, last) = (ids?.lowerBound ?? .lowest, before ?? .highest)
        if let youngerThan { first = max(first, .first(at: .now - youngerThan - .seconds(60))) }
        if let olderThan { last = min(last, .first(at: .now - olderThan + .seconds(60))) }
        return (first, last)
    }

    private func conditions(_ source: SearchSource) -> SQL {
        // OFFSET 0 keeps the planner from joining whole tables.
        if source == .prompts {
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
        let model: SQL = "(\(models)::text[] IS NULL OR g.model = ANY (\(models)))"
        return words.isEmpty ? model : "\(model) AND g.prompt ILIKE ALL (\(words.map(Self.pattern))::text[])"
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
        return JobID("\(digits.prefix(8))-\(digits.suffix(4))-0000-0000-000000000000") ?? .lowest
    }
}
