import EventLoop
import Postgres

/// Stores the ends of attempts, those that end together in one statement. Confined to its loop.
final class Finisher: @unchecked Sendable {
    // @unchecked: used on its loop only.

    private struct Waiting {
        let attempt: FinishedAttempt
        let job: RunningJob
        let isStored: Promise<Bool>
    }

    private let database: Database
    private let loop: EventLoop
    private let products: (String, [(id: JobID, product: any Sendable)]) -> SQL?
    private var waiting: [Waiting] = []
    private var isStoring = false

    init(
        database: Database,
        loop: EventLoop,
        products: @escaping (String, [(id: JobID, product: any Sendable)]) -> SQL?
    ) {
        self.database = database
        self.loop = loop
        self.products = products
    }

    /// Waits until the end is stored, trying again while the lease lasts. `false`: the lease was lost, nothing is.
    func store(_ attempt: FinishedAttempt, until job: RunningJob) async -> Bool {
        let isStored = Promise<Bool>(on: loop)
        waiting.append(Waiting(attempt: attempt, job: job, isStored: isStored))
        if !isStoring {
            isStoring = true
            loop.spawn { await self.storeAll() }
        }
        // The run's own task may be cancelled by now, and still its end must be stored.
        return await isStored.settled()
    }

    private func storeAll() async {
        // Whatever else ends in this tick goes along.
        await Task.yield()
        while !waiting.isEmpty {
            let batch = waiting
            waiting = []
            for (_, entries) in Dictionary(grouping: batch, by: \.attempt.kind) { await storeBatch(entries) }
        }
        isStoring = false
    }

    private func storeBatch(_ entries: [Waiting]) async {
        var pause = Duration.milliseconds(100)
        while true {
            let live = entries.filter { $0.job.leaseEnds > .current }
            for entry in entries where entry.job.leaseEnds <= .current { entry.isStored.succeed(false) }
            guard !live.isEmpty else { return }
            do {
                let made = live.compactMap { entry in entry.attempt.product.map { (entry.attempt.job, $0) } }
                let statement = live.first.flatMap { made.isEmpty ? nil : products($0.attempt.kind, made) }
                let held = try await database.finish(live.map(\.attempt), storing: statement)
                for entry in live { entry.isStored.succeed(held.contains(entry.attempt.job)) }
                return
            } catch {
                try? await loop.sleep(for: pause)
                pause = min(pause * 2, .seconds(2))
            }
        }
    }
}
