import EventLoop
import Jobs
import Postgres

// Creating a prediction so that it is never lost, and finding it again when it was.
extension PredictionRun {
    /// How far our clock may differ from Replicate's.
    private static let clockSkew: Duration = .seconds(60)
    /// How long after it came a turn may be used.
    private static let turnLasts: Duration = .milliseconds(250)
    /// How long a creation's answer is waited for when the job was stopped.
    private static let stopGrace: Duration = .milliseconds(1200)

    func create() async throws -> Prediction {
        let moment = try await turn()
        do {
            return try await send()
        } catch let unknown as UnknownOutcome {
            // The next attempt searches again, should it turn up late.
            if !Task.isCancelled, let found = try? await search(createdAt: moment) { return found }
            throw unknown.reason
        }
    }

    /// Waits for a turn, and notes that a prediction is about to be created; the moment that was noted.
    ///
    /// A turn that the database kept waiting is past: all that waited with it would start at once. Not for ever, in case
    /// the database is always slow.
    private func turn() async throws -> Timestamp {
        var moment = Timestamp.now
        for _ in 1...3 {
            try await starts.wait(among: attempt.workerCount)
            moment = .now
            let asked = MonotonicTime.current
            try await remember(.creating(moment))
            // Stopped meanwhile: whoever has the job now may be about to create one too.
            try Task.checkCancellation()
            if MonotonicTime.current - asked < Self.turnLasts { break }
        }
        return moment
    }

    /// In a task of its own: when the job is stopped meanwhile, what comes of the request must still be dealt with.
    private func send() async throws -> Prediction {
        let answer = Promise<Result<Prediction, any Error>>(on: loop)
        loop.spawn {
            do {
                let created = try await createAndRemember()
                // Nobody waits any more, and nobody wants it.
                if answer.isResolved, attempt.mustNotGoOn { await cancel(created.id) }
                answer.succeed(.success(created))
            } catch {
                answer.succeed(.failure(error))
            }
        }
        let outcome = await withTaskCancellationHandler {
            await answer.settled()
        } onCancel: {
            loop.execute {
                _ = loop.schedule(after: Self.stopGrace) { answer.succeed(.failure(CancellationError())) }
            }
        }
        return try outcome.get()
    }

    private func createAndRemember() async throws -> Prediction {
        let created: Prediction
        do {
            created = try await client.create(order, cancelAfter: timeLimit)
        } catch var refusal as JobError {
            // There is nothing to search for; if this cannot be stored, the next attempt searches in vain.
            try? await remember(.nothing)
            // Nor is there anything paid for that must not be given up.
            refusal.usesRetry = true
            throw refusal
        }
        do {
            try await remember(.prediction(created.id))
        } catch is ReferenceTaken {
            // A job of the same words, whose own creation was lost, has found it. Its own may turn up yet.
            throw UnknownOutcome(reason: .transient("Another job of the same words has its prediction"))
        } catch let lost as LeaseLost {
            if try await isUnwanted(created.id) { await cancel(created.id) }
            throw lost
        } catch {
            if !attempt.mustNotGoOn { throw error }
        }
        if attempt.mustNotGoOn {
            // In case this does not reach Replicate, the job's end sees to it once more.
            await cancel(created.id)
            throw CancellationError()
        }
        return created
    }

    /// Whether no job can use a prediction that came after the lease on its job was lost: nobody wants it any more, or
    /// the attempt that holds the lease now has one of its own. One that has none may be searching for this very one.
    private func isUnwanted(_ id: String) async throws -> Bool {
        guard try await !database.isPrediction(id, ofOtherJobThan: attempt.job) else { return false }
        if attempt.mustNotGoOn { return true }
        guard case .prediction(let other) = PredictionMemory(try await database.checkpoint(of: attempt.job)) else {
            return false
        }
        return other != id
    }

    // MARK: Searching

    /// The prediction that may have been created at a moment, by our clock, without our having learnt its id.
    func search(createdAt moment: Timestamp) async throws -> Prediction? {
        let candidates = try await client.predictions(
            from: moment - Self.clockSkew,
            to: moment + ReplicateClient.longestCreation + Self.clockSkew
        ) { order.matches($0) && !$0.isLost }
        func distance(_ prediction: Prediction) -> Duration {
            guard let createdAt = prediction.createdAt else { return .seconds(3600) }
            return createdAt < moment ? moment - createdAt : createdAt - moment
        }
        for candidate in candidates.sorted(by: { distance($0) < distance($1) }) where try await adopt(candidate.id) {
            return candidate
        }
        return nil
    }

    /// `false` when the prediction belongs to another job. Of several that want it at once, one gets it.
    private func adopt(_ id: String) async throws -> Bool {
        do {
            try await remember(.prediction(id))
            return true
        } catch is ReferenceTaken {
            return false
        }
    }
}

extension Database {
    fileprivate func isPrediction(_ id: String, ofOtherJobThan job: JobID) async throws(PostgresError) -> Bool {
        try await query(
            """
            SELECT EXISTS (SELECT FROM job_attempts WHERE provider_ref = \(id) AND job_id <> \(job))
                OR EXISTS (SELECT FROM jobs WHERE state = 'processing' AND provider_ref = \(id) AND id <> \(job))
            """
        ).one { (isStored: Bool) in isStored } ?? false
    }
}
