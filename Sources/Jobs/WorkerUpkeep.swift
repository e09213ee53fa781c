import EventLoop

/// What a worker does beside running jobs.
extension Worker {
    /// Renews the leases of what runs, stops what is no longer ours or should be cancelled, and shows the worker alive.
    func keepHeartbeat() async {
        while true {
            let sent = MonotonicTime.current
            do {
                try await beat(sentAt: sent)
            } catch {
                if Task.isCancelled { return }
                log(.problem("cannot renew leases: \(error)"))
            }
            // Whoever cannot renew must be gone before another worker may begin.
            let margin = settings.heartbeat
            for job in running.values where job.leaseEnds.advanced(by: .zero - margin) < .current {
                job.stop(.leaseLost)
            }
            let failed = running.values.contains { $0.leaseEnds < sent.advanced(by: settings.lease) }
            do {
                try await loop.sleep(for: failed && !running.isEmpty ? .seconds(1) : settings.heartbeat)
            } catch {
                return
            }
        }
    }

    private func beat(sentAt sent: MonotonicTime) async throws {
        try await database.reportWorker(
            id,
            name: name,
            capacity: settings.queues.reduce(0) { $0 + $1.concurrency },
            running: running.count,
            isDraining: isDraining
        )
        let held = running.values.filter { !$0.hasEnded }
        guard !held.isEmpty else { return }
        let leases = held.map { HeldLease(job: $0.claimed.id, token: $0.claimed.token, progress: $0.progress) }
        let answer = try await database.renew(leases, for: settings.lease)
        for job in held {
            guard let shouldCancel = answer[job.claimed.id] else {
                // An outcome stored meanwhile has ended the lease too.
                if !job.hasEnded { job.stop(.leaseLost) }
                continue
            }
            job.leaseEnds = sent.advanced(by: settings.lease)
            if shouldCancel { job.stop(.cancelRequested) }
        }
    }

    /// Gives the jobs of vanished workers back and stages what is due.
    func keepRescuing() async {
        var failures = 0
        while true {
            do {
                let due = try await database.stageDueJobs(limit: 1000)
                let rescued = try await database.rescueExpiredLeases(crashLimit: settings.crashLimit, limit: 100)
                try await database.removeSilentWorkers(olderThan: .seconds(300))
                failures = 0
                if !rescued.isEmpty { log(.problem("\(rescued.count) jobs of silent workers were rescued")) }
                publish((due + rescued).map { JobChange(job: $0) })
                if !due.isEmpty || !rescued.isEmpty { wakeClaiming() }
            } catch {
                if Task.isCancelled { return }
                failures += 1
                if failures == 1 { log(.problem("cannot look after the queue: \(error)")) }
            }
            do {
                try await loop.sleep(for: .seconds(1) * Double.random(in: 0.8...1))
            } catch {
                return
            }
        }
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
