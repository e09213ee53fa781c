import EventLoop
import JSON

/// What a worker does beside running jobs.
extension Worker {
    /// Renews the leases of what runs, stops what is no longer ours or should be cancelled, and shows the worker alive.
    ///
    /// A job whose lease cannot be renewed is stopped by its own timer, so it does not matter where a beat hangs.
    func keepHeartbeat() async {
        // Two beats that hang fit into a lease; ending one ends its connection, and the next gets another.
        let patience = (settings.lease - settings.heartbeat) / 2
        var failures = 0
        while !isOver {
            do {
                try await within(patience, on: loop) { try await self.beat() }
                failures = 0
            } catch {
                failures += 1
                if failures == 1 { log(.problem("cannot renew leases: \(error)")) }
            }
            let pause = failures == 0 ? settings.heartbeat : min(settings.heartbeat, .seconds(1))
            try? await heartbeatDue.wait(atMost: pause)
        }
    }

    private func beat() async throws {
        let held = running.values.filter { !$0.isSettled }
        if !held.isEmpty {
            let sent = MonotonicTime.current
            let leases = held.map { HeldLease(key: $0.claimed.lease, progress: $0.progress) }
            let answer = try await leaseDatabase.renew(leases, for: settings.lease)
            for job in held {
                // One that has ended meanwhile is missing because its end is stored; stopping it does nothing.
                guard let shouldCancel = answer[job.claimed.lease] else {
                    job.stop(.leaseLost)
                    continue
                }
                job.leaseWasRenewed(until: sent.advanced(by: settings.lease))
                if shouldCancel { job.stop(.cancelRequested) }
            }
        }
        otherWorkers = try await leaseDatabase.reportWorker(
            id,
            name: name,
            queues: settings.queues,
            running: running.count,
            isDraining: isDraining
        )
    }

    /// Gives the jobs of vanished workers back and stages what is due.
    func keepRescuing() async {
        var failures = 0
        while true {
            do {
                let due = try await database.stageDueJobs(limit: 1000)
                // After an outage whoever still has an end to store comes first.
                let rescued =
                    failures > 0
                    ? [] : try await database.rescueExpiredLeases(crashLimit: settings.crashLimit, limit: 100)
                try await database.removeSilentWorkers(olderThan: .seconds(300))
                failures = 0
                if !rescued.isEmpty { log(.problem("\(rescued.count) jobs of silent workers were rescued")) }
                publish((due + rescued).map { JobChange(job: $0) })
                if !due.isEmpty || !rescued.isEmpty { wakeUp.set() }
            } catch {
                if Task.isCancelled { return }
                failures += 1
                if failures == 1 { log(.problem("cannot look after the queue: \(error)")) }
            }
            do {
                try await loop.sleep(for: settings.rescueInterval * Double.random(in: 0.8...1))
            } catch {
                return
            }
        }
    }

    /// Before the first claim: a limit over all workers is counted under the lock of the queue's row.
    func keepRegisteringQueues() async {
        var failures = 0
        while !isDraining {
            do {
                return try await database.registerQueues(settings.queues.map(\.name))
            } catch {
                failures += 1
                if failures == 1 { log(.problem("cannot register the queues: \(error)")) }
                try? await loop.sleep(for: .milliseconds(200))
            }
        }
    }

    /// Deletes what has ended long ago, some of it every minute.
    func keepPruning() async {
        let kept = kinds.values.filter(\.isKeptWhenCompleted).map(\.name).sorted()
        var cursors = ["completed", "failed", "cancelled"].map { PruningCursor(state: $0) }
        while (try? await loop.sleep(for: settings.pruneInterval * Double.random(in: 0.8...1))) != nil {
            do {
                let keysLast = settings.idempotencyKeysLast
                try await inPortions { [database] in
                    try await database.pruneIdempotencyKeys(olderThan: keysLast, limit: 5000) == 5000
                }
                guard let retention = settings.retention else { continue }
                for index in cursors.indices {
                    try await inPortions { [database] in
                        try await database.pruneJobs(&cursors[index], endedBefore: retention, keeping: kept, limit: 500)
                    }
                }
            } catch {
                if Task.isCancelled { return }
                log(.problem("cannot prune old jobs: \(error)"))
            }
        }
    }

    /// Calls `prune` while it says that there is more, but for so long only, with room between for the jobs’ own
    /// statements.
    private func inPortions(_ prune: () async throws -> Bool) async throws {
        for _ in 0..<20 {
            guard try await prune() else { return }
            try await loop.sleep(for: .milliseconds(100))
        }
    }

    /// Winds up what a cancelled job has left behind outside.
    func abandon(_ arguments: JSON) async throws {
        guard let job = arguments["job"]?.string.flatMap({ JobID($0) }) else {
            throw JobError.permanent("the arguments name no job")
        }
        guard let left = try await database.abandonedJob(job), let kind = kinds[left.kind] else { return }
        try await kind.abandon(job, JSON(stored: left.checkpoint), context)
        try await database.forget(left.checkpoint, of: job)
    }

    /// Tells the pages how far jobs are, a few times a second at most.
    func keepPublishingProgress() async {
        while (try? await loop.sleep(for: .milliseconds(250))) != nil {
            publish(
                running.values.compactMap { job in
                    job.newProgress().map { JobChange(job: job.claimed.id, progress: $0) }
                }
            )
        }
    }
}
