import EventLoop
import JSON
import Postgres

/// What an attempt wants remembered for the next one.
struct CheckpointNote: Sendable {
    let lease: LeaseKey
    let checkpoint: JSON
    /// An outside name of this attempt, which no other job may have; `nil` leaves the one that is stored.
    let providerRef: String?
}

/// What became of it.
enum StoredNote: Sendable {
    case stored
    /// Another job has the outside name.
    case taken
    case leaseLost
}

/// Stores what attempts must remember, all that comes while one write is on its way in the next. Confined to its loop.
final class CheckpointWriter: @unchecked Sendable {
    // @unchecked: used on its loop only.

    /// In one statement; how many wait is bounded by how many run.
    private static let mostTogether = 200
    private static let retryPause = Duration.milliseconds(100)

    private struct Entry {
        let note: CheckpointNote
        /// Known to the worker, who renews it meanwhile.
        let leaseEnds: () -> MonotonicTime
        let stored: Promise<Result<StoredNote, PostgresError>>
    }

    private let database: Database
    private let loop: EventLoop
    private var waiting: [Entry] = []
    private var isStoring = false

    init(database: Database, loop: EventLoop) {
        self.database = database
        self.loop = loop
    }

    /// Returns once it is durable, or was refused and nothing stored.
    ///
    /// Not interrupted by cancellation. While the database is away it is tried again until the lease ends.
    func store(
        _ note: CheckpointNote,
        until leaseEnds: @escaping () -> MonotonicTime
    ) async throws(PostgresError) -> StoredNote {
        let stored = Promise<Result<StoredNote, PostgresError>>(on: loop)
        waiting.append(Entry(note: note, leaseEnds: leaseEnds, stored: stored))
        if !isStoring {
            isStoring = true
            loop.spawn { await self.storeAll() }
        }
        return try await stored.settled().get()
    }

    private func storeAll() async {
        // Whatever else is to be remembered in this tick goes along.
        await Task.yield()
        while case let batch = takeBatch(), !batch.isEmpty {
            do {
                try await store(together: batch)
            } catch  where error.mayPass {
                await tryAgain(batch)
            } catch {
                // One of them cannot be stored, and the others must not suffer for it.
                for entry in batch { await store(alone: entry) }
            }
        }
        isStoring = false
    }

    /// No job twice: what it remembers later replaces what it remembered before, not the other way round. No outside name
    /// twice: of two that want it the second must see that the first has it.
    private func takeBatch() -> [Entry] {
        var batch: [Entry] = []
        var jobs: Set<JobID> = []
        var names: Set<String> = []
        var later: [Entry] = []
        for entry in waiting {
            let name = entry.note.providerRef
            let isFirst = jobs.insert(entry.note.lease.job).inserted && name.map { names.insert($0).inserted } ?? true
            if isFirst, batch.count < Self.mostTogether {
                batch.append(entry)
            } else {
                later.append(entry)
            }
        }
        waiting = later
        return batch
    }

    private func store(together batch: [Entry]) async throws(PostgresError) {
        let outcomes = try await database.storeCheckpoints(batch.map(\.note))
        for entry in batch { entry.stored.succeed(.success(outcomes[entry.note.lease] ?? .leaseLost)) }
    }

    private func store(alone entry: Entry) async {
        do {
            try await store(together: [entry])
        } catch  where error.mayPass {
            await tryAgain([entry])
        } catch {
            entry.stored.succeed(.failure(error))
        }
    }

    private func tryAgain(_ batch: [Entry]) async {
        waiting.insert(
            contentsOf: batch.filter { entry in
                if entry.leaseEnds() > .current { return true }
                entry.stored.succeed(.success(.leaseLost))
                return false
            },
            at: 0
        )
        // Not cancelled by anybody.
        try? await loop.sleep(for: Self.retryPause)
    }
}

extension Database {
    /// Stores what later attempts must know, no job and no outside name twice; what is not among the outcomes had no
    /// lease any more.
    ///
    /// Whoever wants an outside name waits for those that are about to take it, before it looks whether they have.
    func storeCheckpoints(_ notes: [CheckpointNote]) async throws(PostgresError) -> [LeaseKey: StoredNote] {
        let notes = notes.sorted { $0.lease.job < $1.lease.job }
        let names = notes.compactMap(\.providerRef).sorted()
        let taken: SQL = """
            taken AS MATERIALIZED (
                SELECT provider_ref, id AS job
                FROM jobs
                WHERE state = 'processing' AND provider_ref = ANY (\(names)::text[])
                UNION ALL
                SELECT provider_ref, job_id
                FROM job_attempts
                WHERE provider_ref = ANY (\(names)::text[])
            ),
            """
        let isTaken: SQL = "EXISTS (SELECT FROM taken t WHERE t.provider_ref = n.provider_ref AND t.job <> j.id)"
        let store: SQL = """
            WITH \(names.isEmpty ? "" : taken) held AS MATERIALIZED (
                SELECT j.id, n.token, n.checkpoint::jsonb, nullif(n.provider_ref, '') AS provider_ref,
                    \(names.isEmpty ? "false" : isTaken) AS is_taken
                FROM unnest(
                    \(notes.map(\.lease.job.rawValue))::uuid[], \(notes.map(\.lease.token))::uuid[],
                    \(notes.map(\.checkpoint.text))::text[], \(notes.map { $0.providerRef ?? "" })::text[]
                ) AS n (id, token, checkpoint, provider_ref)
                \(LeaseKey.jobs(of: "n"))
            ), stored AS (
                UPDATE jobs j
                SET checkpoint = held.checkpoint, provider_ref = coalesce(held.provider_ref, j.provider_ref)
                FROM held
                WHERE j.id = held.id AND NOT held.is_taken
            )
            SELECT id, token, is_taken FROM held
            """
        let locks: SQL =
            "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(\(names)::text[]) AS name"
        let results = try await batch(names.isEmpty ? [store] : [locks, store])
        let outcomes = try results.last?.map { (job: JobID, token: UUID, isTaken: Bool) in
            (LeaseKey(job: job, token: token), isTaken ? StoredNote.taken : .stored)
        }
        return Dictionary(outcomes ?? []) { first, _ in first }
    }
}
