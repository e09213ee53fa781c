import EventLoop

/// Deciding what is stored when a run ends.
extension RunningJob {
    func finished(with outcome: JobOutcome<any Sendable>) -> FinishedAttempt {
        switch outcome {
        case .completed(let product):
            ended(.completed, product: product)
        case .snoozed(let delay, let reason):
            snoozed(delay, reason: reason)
        case .cancelled(let reason):
            ended(.cancelled, error: reason)
        }
    }

    /// Why the run was told to stop says more than the error that stopping led to.
    func finished(with error: any Error) -> FinishedAttempt {
        guard stopReason == nil else { return finishedByStopping() }
        return failed(with: error as? JobError ?? .transient("an internal error; the log has the details"))
    }

    func finishedByStopping() -> FinishedAttempt {
        switch stopReason {
        case .cancelRequested: ended(.cancelled, error: "cancelled")
        case .timeLimit: failed(with: .transient("took longer than \(claimed.timeLimit.components.seconds) seconds"))
        case .draining, .leaseLost, nil: ended(.handedBack)
        }
    }

    private func snoozed(_ delay: Duration, reason: String) -> FinishedAttempt {
        switch settings.retry.verdict(onSnoozeFor: delay, snoozeCount: claimed.snoozeCount) {
        case .retry(let delay): ended(.snoozed, error: reason, delay: delay)
        case .fail: ended(.failed, error: "waited \(claimed.snoozeCount) times, the last time because: \(reason)")
        }
    }

    private func failed(with failure: JobError) -> FinishedAttempt {
        if failure.isTransient, !failure.usesRetry {
            let wait = settings.retry.jitter(before: claimed.snoozeCount + 1, chance: Double.random(in: 0..<1))
            return snoozed(max(failure.retryAfter ?? .zero, wait), reason: failure.message)
        }
        let verdict = settings.retry.verdict(
            on: failure,
            retryCount: claimed.retryCount,
            maxRetries: claimed.maxRetries,
            chance: Double.random(in: 0..<1)
        )
        switch verdict {
        case .retry(let delay): return ended(.retried, error: failure.message, delay: delay)
        case .fail: return ended(.failed, error: failure.message)
        }
    }

    private func ended(
        _ outcome: AttemptOutcome,
        error: String? = nil,
        delay: Duration = .zero,
        product: (any Sendable)? = nil
    ) -> FinishedAttempt {
        FinishedAttempt(claimed, outcome, error: error, delay: delay, product: product, usage: usage)
    }
}
