import Postgres

/// Names one lease: every write of a worker is fenced by it.
///
/// The token is drawn for each claim, not for each job, so that the answer of a claim that was lost can be asked for
/// again; a job that is claimed twice has another one each time.
struct LeaseKey: Sendable, Hashable {
    let job: JobID
    let token: UUID
}

extension LeaseKey {
    /// Joins, as `j`, the jobs whose leases hold to a relation with the leases' `id` and `token`, and locks them.
    ///
    /// Each is looked up by its id, in the order of the relation. Left to the planner, that depends on how little ran
    /// when a worker's statement was planned, once: all that runs was read for each of them.
    static func jobs(of relation: String) -> SQL {
        let relation = SQL.identifier(relation)
        return """
            CROSS JOIN LATERAL (
                SELECT * FROM jobs WHERE id = \(relation).id AND lease_token = \(relation).token FOR UPDATE
            ) AS j
            """
    }
}
