import EventLoop
import Jobs
import Postgres

/// One attempt's dealings with Replicate, until a prediction has ended.
///
/// Replicate has no idempotency key. So that nothing is paid for twice, what is about to be created is noted before, a
/// prediction's id is stored as soon as it is known, a later attempt goes on with it, and when it is not known whether
/// a prediction exists, it is searched for before another one is created.
struct PredictionRun: Sendable {
    let order: PredictionOrder
    let attempt: Attempt
    let client: ReplicateClient
    let database: Database
    let starts: StartLimit
    let timeLimit: Duration
    let prices: ReplicatePrices
    let loop: EventLoop

    func ended() async throws -> Prediction {
        let memory = PredictionMemory(attempt.checkpoint)
        var seen: [Prediction] = []
        if case .prediction(let id) = memory {
            // So that the story of this attempt tells of it too.
            try await remember(.prediction(id))
            if let ended = try await follow(id) {
                seen.append(ended)
                await report(seen)
                if !ended.isLost { return ended }
            }
        }
        var begun: Prediction?
        if case .creating(let moment) = memory { begun = try await search(createdAt: moment) }
        let prediction = if let begun { begun } else { try await create() }
        guard let ended = try await follow(prediction.id, from: prediction) else {
            throw JobError.permanent("Replicate does not know its prediction \(prediction.id) any more")
        }
        await report(seen + [ended])
        return ended
    }

    /// Waits for its end; cancels it when nobody wants it any more. `nil` when Replicate does not know it.
    private func follow(_ id: String, from seen: Prediction? = nil) async throws -> Prediction? {
        do {
            return try await poll(id, from: seen)
        } catch {
            if attempt.mustNotGoOn { await seenThrough { await cancel(id) } }
            throw error
        }
    }

    private func poll(_ id: String, from begun: Prediction?) async throws -> Prediction? {
        var seen = begun
        var pace = PollPace()
        var misses = 0
        // A new prediction that has all its output, as after `Prefer: wait`, is about to end: it is asked for at once.
        var pause: Duration = begun.map { $0.hasOutput ? .zero : pace.next(chance: chance) } ?? .zero
        while true {
            if let seen, seen.hasEnded { return seen }
            if let progress = seen?.logs.progress { attempt.report(progress: progress * 0.95) }
            try await loop.sleep(for: pause)
            do throws(JobError) {
                let found = try await client.prediction(id)
                if let found { seen = found }
                misses = found == nil ? misses + 1 : 0
                // Once may be a replica that lags.
                if misses == 3 { return nil }
                pause = pace.next(chance: chance)
            } catch {
                guard error.isTransient, let next = pace.next(after: error, at: .current, chance: chance) else {
                    throw error
                }
                pause = next
            }
        }
    }

    private var chance: Double { Double.random(in: 0..<1) }

    /// What could not be cancelled stays in the job's memory, and is cancelled by a job of its own.
    func cancel(_ id: String) async {
        for _ in 0..<3 {
            do throws(JobError) {
                let seen = try await client.cancel(id)
                try? await remember(.nothing)
                // It may take a moment to end.
                let last = if let seen, seen.hasEnded { seen } else { try? await client.prediction(id) }
                if let last, last.hasEnded { await report([last]) }
                return
            } catch {
                guard error.isTransient else { return }
                try? await loop.sleep(for: .milliseconds(100))
            }
        }
    }

    func remember(_ memory: PredictionMemory) async throws {
        var reference: String?
        if case .prediction(let id) = memory { reference = id }
        try await attempt.remember(memory.checkpoint, providerRef: reference)
    }

    /// Does something in a task of its own, which the end of the job's own task does not interrupt.
    private func seenThrough(_ work: @escaping @Sendable () async -> Void) async {
        let done = Promise<Void>(on: loop)
        loop.spawn {
            await work()
            done.succeed(())
        }
        await done.settled()
    }
}
