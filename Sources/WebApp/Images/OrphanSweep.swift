import EventLoop
import Jobs
import Media
import Postgres

/// Removes the stored files that no picture names: a worker that dies, or loses its lease, between storing a file and
/// its row leaves one, and so does a picture that is deleted.
///
/// A file may be about to be named as long as an attempt runs that began before the file was kept. So it stays while it
/// is younger than the oldest attempt that runs, by the database, and in any case while it is younger than `grace`.
/// While the database is away nothing is removed; nor when it knows none of the files, for it may be the wrong one.
struct OrphanSweep: Sendable {
    /// Entries of the store that one piece of blocking work looks at.
    private static let portion = 500
    /// Files that are aside at the same time.
    private static let batch = 100
    /// Further ones wait for the next sweep.
    private static let mostSuspects = 50_000
    /// How coarse the times of a file may be.
    private static let coarseness = Duration.seconds(10)

    let blobs: BlobStore
    let blocking: BlockingPool
    let database: Database
    let grace: Duration

    /// Sweeps the store; `nil` when another process does, or has done so less than `pause` ago. A dry run removes nothing.
    ///
    /// Throws `PostgresError` or `BlobError` where it cannot go on: what it has not removed until then is where it was.
    func run(unlessWithin pause: Duration = .zero, isDry: Bool = false) async throws -> SweepReport? {
        let blobs = blobs
        guard let sweep = try await blocking.run({ try blobs.sweep(unlessWithin: pause) }) else { return nil }
        var report = SweepReport(isDry: isDry)
        if !isDry { report.temporary = try await removeTemporary() }
        let suspects = try await suspects(in: sweep, &report)
        report.foreign = sweep.foreign
        if isDry {
            if !report.isUnfamiliar { report.orphans = try await orphans(among: suspects) }
            return report
        }
        for start in stride(from: 0, to: suspects.count, by: Self.batch) {
            try Task.checkCancellation()
            let batch = Array(suspects[start..<min(start + Self.batch, suspects.count)])
            report.orphans += try await seenThrough { try await settle(batch, in: sweep) }
        }
        try await blocking.run { sweep.end() }
        report.failure = sweep.failure?.message
        return report
    }

    private func removeTemporary() async throws -> Int {
        let age = try await max(grace, unsafeAge(database.use(of: [])))
        let blobs = blobs
        return try await blocking.run { blobs.sweepTemporary(olderThan: age) }
    }

    /// What may be removed: the old files that no picture names, and what a killed sweep has set aside.
    ///
    /// If the database knows none of the old files it is another store's, or empty: then there is nothing.
    private func suspects(in sweep: BlobSweep, _ report: inout SweepReport) async throws -> [BlobSweep.File] {
        var suspects: [BlobSweep.File] = []
        var isFamiliar = false
        while suspects.count < Self.mostSuspects,
            let files = try await blocking.run({ try sweep.next(Self.portion) })
        {
            report.files += files.count
            let old = files.filter { $0.isAside || $0.age >= grace }
            guard !old.isEmpty else { continue }
            let used = try await database.use(of: old.map(\.name)).names
            if !used.isEmpty { isFamiliar = true }
            suspects += old.filter { $0.isAside || !used.contains($0.name.description) }
        }
        report.isUnfamiliar = !isFamiliar && !suspects.isEmpty
        return isFamiliar ? suspects : []
    }

    /// What would be removed.
    private func orphans(among suspects: [BlobSweep.File]) async throws -> [SweepReport.Orphan] {
        var orphans: [SweepReport.Orphan] = []
        for start in stride(from: 0, to: suspects.count, by: Self.portion) {
            let batch = suspects[start..<min(start + Self.portion, suspects.count)]
            let use = try await database.use(of: batch.map(\.name))
            orphans += batch.filter { isOrphan($0, use) }.map(SweepReport.Orphan.init)
        }
        return orphans
    }

    /// Sets files aside, asks once more, and removes them or puts them back. Answers what was removed.
    private func settle(_ batch: [BlobSweep.File], in sweep: BlobSweep) async throws -> [SweepReport.Orphan] {
        let grace = grace
        let aside = try await blocking.run { try sweep.setAside(batch, olderThan: grace) }
        let use: FileUse
        do {
            use = try await database.use(of: aside.map(\.name))
        } catch {
            try await blocking.run { for file in aside { sweep.putBack(file) } }
            throw error
        }
        return try await blocking.run {
            aside.compactMap { file in
                guard isOrphan(file, use) else {
                    sweep.putBack(file)
                    return nil
                }
                return sweep.remove(file) ? SweepReport.Orphan(file) : nil
            }
        }
    }

    /// Does something in a task of its own, so that a stop does not leave files aside.
    private func seenThrough<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let loop = EventLoop.current else { preconditionFailure("a store is swept from an event loop") }
        let done = Promise<Result<Value, any Error>>(on: loop)
        loop.spawn {
            do {
                done.succeed(.success(try await work()))
            } catch {
                done.succeed(.failure(error))
            }
        }
        return try await done.settled().get()
    }

    private func isOrphan(_ file: BlobSweep.File, _ use: FileUse) -> Bool {
        file.age >= max(grace, unsafeAge(use)) && !use.names.contains(file.name.description)
    }

    /// What was kept since may be about to be named.
    private func unsafeAge(_ use: FileUse) -> Duration {
        use.oldestAttempt.map { $0 + Self.coarseness } ?? .zero
    }
}

/// What the database says of stored files.
struct FileUse: Sendable {
    /// Those that some picture names.
    let names: Set<String>
    /// The time since the oldest attempt began that runs; `nil` when none does.
    let oldestAttempt: Duration?
}

extension Database {
    /// Both answers in one statement, so that no attempt ends between them.
    fileprivate func use(of files: [BlobName]) async throws(PostgresError) -> FileUse {
        try await report(
            """
            SELECT clock_timestamp() - min(started_at), ARRAY(
                SELECT name
                FROM unnest(\(files.map(\.description))::text[]) AS name
                WHERE EXISTS (SELECT FROM pictures WHERE file = name)
                    OR EXISTS (SELECT FROM pictures WHERE thumbnail = name)
                    OR EXISTS (SELECT FROM pictures WHERE small = name)
            )
            FROM jobs
            WHERE state = 'processing'
            """,
            timeout: .seconds(30)
        ).one { (oldestAttempt: Duration?, names: [String]) in
            FileUse(names: Set(names), oldestAttempt: oldestAttempt)
        } ?? FileUse(names: [], oldestAttempt: nil)
    }
}
