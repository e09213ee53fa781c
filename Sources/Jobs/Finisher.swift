import EventLoop
import Postgres

/// Stores the ends of attempts, those that end together in one statement. Confined to its loop.
final class Finisher: @unchecked Sendable {
    // @unchecked: used on its loop only.

    /// In one statement; how many wait is bounded by how many run.
    private static let mostTogether = 500

    private final class Entry {
        var attempt: FinishedAttempt
        let giveUpAt: MonotonicTime
        let stored: Promise<FinishedAttempt?>
        /// Storing it was tried before without a clear answer: it may be stored.
        var isInDoubt = false

        init(_ attempt: FinishedAttempt, giveUpAt: MonotonicTime, loop: EventLoop) {
            self.attempt = attempt
            self.giveUpAt = giveUpAt
            stored = Promise(on: loop)
        }
    }

    private let database: Database
    private let loop: EventLoop
    private let limit: Duration
    private let products: (String, [(id: JobID, product: any Sendable)]) -> SQL?
    private let log: (String) -> Void
    private var waiting: [Entry] = []
    private var isStoring = false
    private var hasGivenUp = false

    init(
        database: Database,
        loop: EventLoop,
        limit: Duration,
        products: @escaping (String, [(id: JobID, product: any Sendable)]) -> SQL?,
        log: @escaping (String) -> Void
    ) {
        self.database = database
        self.loop = loop
        self.limit = limit
        self.products = products
        self.log = log
    }

    /// Waits until the end is stored, and answers what was: a failure in place of what cannot be. `nil`: the lease was
    /// lost, or the database was away for too long.
    ///
    /// How long ago the lease was renewed does not matter: while nobody else has taken the job, its end still counts.
    func store(_ attempt: FinishedAttempt) async -> FinishedAttempt? {
        let entry = Entry(attempt, giveUpAt: .current.advanced(by: limit), loop: loop)
        waiting.append(entry)
        if !isStoring {
            isStoring = true
            loop.spawn { await self.storeAll() }
        }
        return await entry.stored.settled()
    }

    /// Stores nothing more; what waits was not stored.
    func giveUp() {
        hasGivenUp = true
        for entry in waiting { entry.stored.succeed(nil) }
        waiting = []
    }

    private func storeAll() async {
        // Whatever else ends in this tick goes along.
        await Task.yield()
        var pause = Duration.milliseconds(50)
        while case let batch = takeBatch(), !batch.isEmpty {
            do {
                try await store(together: batch)
                pause = .milliseconds(50)
            } catch  where error.mayPass {
                waiting.insert(contentsOf: batch, at: 0)
                // Not cancelled by anybody.
                try? await loop.sleep(for: pause)
                pause = min(pause * 2, .seconds(1))
            } catch {
                // One of them cannot be stored, and the others must not wait for it.
                for entry in batch { await store(alone: entry) }
            }
        }
        isStoring = false
    }

    /// The next ones, without those that have waited too long. No job twice: an attempt may end while an earlier one,
    /// whose lease was lost, still waits.
    private func takeBatch() -> [Entry] {
        var batch: [Entry] = []
        var jobs: Set<JobID> = []
        var later: [Entry] = []
        for entry in waiting {
            if hasGivenUp || entry.giveUpAt < .current {
                log("the end of job \(entry.attempt.lease.job) could not be stored in time")
                entry.stored.succeed(nil)
            } else if batch.count < Self.mostTogether, jobs.insert(entry.attempt.lease.job).inserted {
                batch.append(entry)
            } else {
                later.append(entry)
            }
        }
        waiting = later
        return batch
    }

    private func store(together batch: [Entry]) async throws(PostgresError) {
        let attempts = batch.map(\.attempt)
        let made = Dictionary(grouping: attempts.filter { $0.product != nil }, by: \.kind)
        let statements = made.sorted { $0.key < $1.key }.compactMap { kind, attempts in
            products(kind, attempts.compactMap { attempt in attempt.product.map { (attempt.lease.job, $0) } })
        }
        do {
            var stored = try await database.finish(attempts, storing: statements)
            let inDoubt = batch.filter { $0.isInDoubt && !stored.contains($0.attempt.lease) }
            if !inDoubt.isEmpty { stored.formUnion(try await database.storedEnds(of: inDoubt.map(\.attempt))) }
            for entry in batch { entry.stored.succeed(stored.contains(entry.attempt.lease) ? entry.attempt : nil) }
        } catch {
            for entry in batch { entry.isInDoubt = true }
            throw error
        }
    }

    private func store(alone entry: Entry) async {
        do {
            return try await store(together: [entry])
        } catch  where error.mayPass || error.code == .statementTimeout {
            return waiting.append(entry)
        } catch {
            log("the outcome of job \(entry.attempt.lease.job) cannot be stored: \(error)")
        }
        entry.attempt = FinishedAttempt(unstorable: entry.attempt, error: "what the job made could not be stored")
        do {
            try await store(together: [entry])
        } catch  where error.mayPass {
            waiting.append(entry)
        } catch {
            // Its lease ends by itself.
            log("the failure of job \(entry.attempt.lease.job) cannot be stored: \(error)")
            entry.stored.succeed(nil)
        }
    }
}

extension PostgresError {
    /// The same statement may succeed later, as far as the code tells.
    var mayPass: Bool {
        switch code {
        case .unavailable, .connectionLost, .cancelled, .serializationFailure, .deadlock, .lockTimeout, .diskFull,
            .readOnly:
            true
        default: false
        }
    }

    /// The statement may have been carried out.
    var mayHaveHappened: Bool { code == .connectionLost || code == .cancelled }
}
