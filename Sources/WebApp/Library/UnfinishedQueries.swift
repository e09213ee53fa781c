import EventLoop
import Jobs
import Postgres

extension App {
    /// What is being made, is next in line, or has failed within the hour: a dozen at most, the newest first.
    func underWay() async throws -> [CardView] {
        await cards(try await database.underWay())
    }
}

extension Database {
    fileprivate func underWay() async throws(PostgresError) -> [Generation] {
        // What waits is in the order of the line, as its index has it.
        try await generations(
            """
            SELECT id
            FROM (
                (SELECT id FROM jobs WHERE state = 'processing' LIMIT 12)
                UNION ALL (SELECT id FROM jobs WHERE state = 'scheduled' ORDER BY run_at LIMIT 12)
                UNION ALL (
                    SELECT id FROM jobs WHERE state = 'pending' ORDER BY queue, priority, turn, id LIMIT 12
                )
                UNION ALL (
                    SELECT id FROM jobs
                    WHERE state = 'failed' AND id > \(UUID.earliest(at: Timestamp.now - .seconds(3600)))
                    ORDER BY id DESC
                    LIMIT 12
                )
            ) AS j
            WHERE EXISTS (SELECT FROM generations g WHERE g.id = j.id)
            ORDER BY id DESC
            LIMIT 12
            """
        )
    }

    /// What the query finds among generations without a picture; counts no further than one beyond the limit.
    func countUnfinished(_ query: LibraryQuery) async throws(PostgresError) -> Int {
        try await report(
            "SELECT count(*) FROM (SELECT FROM \(query.unfinished) LIMIT 10001) AS found",
            timeout: .seconds(5),
            alongIndexes: true
        ).one { (count: Int) in count } ?? 0
    }

    func unfinished(_ query: LibraryQuery, _ positions: Range<Int>) async throws(PostgresError) -> [Generation] {
        let order: SQL = query.sort == .oldest ? "id" : "id DESC"
        let found = try await generations(
            "SELECT id FROM \(query.unfinished) ORDER BY \(order) OFFSET \(positions.lowerBound) LIMIT \(positions.count)"
        )
        return query.sort == .oldest ? found.reversed() : found
    }
}

extension LibraryQuery {
    /// The ids of generations that have no picture, from the indexes that each state has of its own. Each is looked up,
    /// which the limit makes sure of: joined in their order, all generations would be read for a few.
    fileprivate var unfinished: SQL {
        let states: [SQL] =
            switch status {
            case .pictures: ["SELECT id FROM jobs WHERE false"]
            case .waiting:
                [
                    "SELECT id FROM jobs WHERE state = 'pending'", "SELECT id FROM jobs WHERE state = 'scheduled'",
                    "SELECT id FROM jobs WHERE state = 'processing'",
                ]
            case .failed: ["SELECT id FROM jobs WHERE state = 'failed'"]
            case .cancelled: ["SELECT id FROM jobs WHERE state = 'cancelled'"]
            }
        var conditions: [SQL] = ["g.id = j.id"]
        if !text.isEmpty {
            conditions.append("g.words @@ to_tsquery('simple', \(SearchText(text).query))")
        }
        if let model { conditions.append("g.model = \(model)") }
        if let from { conditions.append("g.id >= \(UUID.earliest(at: from.start))") }
        if let to { conditions.append("g.id < \(UUID.earliest(at: to.end))") }
        return """
            (
                SELECT j.id
                FROM (\(SQL.joined(states, separator: " UNION ALL "))) AS j
                CROSS JOIN LATERAL (
                    SELECT FROM generations g WHERE \(SQL.joined(conditions, separator: " AND ")) LIMIT 1
                ) AS g
            ) AS unfinished
            """
    }
}
