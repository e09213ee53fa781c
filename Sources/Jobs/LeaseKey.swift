import Postgres

/// Names one lease: every write of a worker is fenced by it.
///
/// The token is drawn for each claim, not for each job, so that the answer of a claim that was lost can be asked for
/// again; a job that is claimed twice has another one each time.
struct LeaseKey: Sendable, Hashable {
    let job: JobID
    let token: UUID
}
