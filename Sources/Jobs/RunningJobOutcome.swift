import EventLoop

/// Deciding what is stored when a run ends.
extension RunningJob {
    func finished(with outcome: JobOutcome<any Sendable>) -> FinishedAttempt {
        switch outcome {
        case .completed(let product):
            ended(.completed, product: product)
        case .snoozed(let delay, let reason):
            ended(.snoozed, error: reason, delay: delay)
        case .cancelled(let reason):
            ended(.cancelled, error: reason)
        }
    }

    /// Why the run was told to stop says more than the error that stopping led to.
    func finished(with error: any Error, retry: RetryRule, chance: Double) -> FinishedAttempt {
        let failure: JobError
        switch stopReason {
        case .cancelRequested: return ended(.cancelled, error: "cancelled")
        case .draining, .leaseLost: return ended(.handedBack)
        case .timeLimit: failure = .transient("took longer than \(claimed.timeLimit.components.seconds) seconds")
        case nil: failure = error as? JobError ?? .transient("an internal error; the log has the details")
        }
        let verdict = retry.verdict(
            on: failure,
            retryCount: claimed.retryCount,
            maxRetries: claimed.maxRetries,
            chance: chance
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
        FinishedAttempt(
            job: claimed.id,
            kind: claimed.kind,
            token: claimed.token,
            outcome: outcome,
            error: error.map { String($0.prefix(2000)) },
            delay: delay,
            product: product
        )
    }
}
