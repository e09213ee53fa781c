import Support

// Every prediction that was paid for belongs to one job, and no job has two of them.
extension Checker {
    func checkPayment(_ findings: inout Findings) {
        for prediction in evidence.predictions {
            let owners = owners[prediction.id, default: []]
            if owners.count > 1 {
                findings.add(.doubled, owners.min(), "\(prediction.id) belongs to \(owners.count) jobs")
            }
            let isPaid = !["failed", "canceled", "aborted"].contains(prediction.status)
            if isPaid, owners.isEmpty { checkUnclaimed(prediction, &findings) }
            if jobsOfPrompt[Self.prompt(of: prediction)] == nil {
                findings.add(.overpaid, nil, "\(prediction.id) was made for a job that does not exist")
            }
        }
        for job in evidence.jobs where job.makesPictures { checkNumber(of: job, &findings) }
    }

    private func checkUnclaimed(_ prediction: PredictionRecord, _ findings: inout Findings) {
        let jobs = jobsOfPrompt[Self.prompt(of: prediction), default: []]
        if isLate(prediction) {
            findings.excuse("predictions asked for by a thawed worker")
        } else if jobs.contains(where: { wasAbandoned($0, leaving: prediction) }) {
            findings.excuse("predictions left by a job that was given up")
        } else {
            findings.add(.overpaid, jobs.first?.id, "\(prediction.id) was paid for, and no attempt knows it")
        }
    }

    private func checkNumber(of job: JobRow, _ findings: inout Findings) {
        let own = Set(attempts[job.id, default: []].compactMap(\.reference)).compactMap { predictions[$0] }
        let paid = own.filter { $0.status == "succeeded" && !isLate($0) }
        if paid.count > 1 {
            findings.add(.overpaid, job.id, "has \(paid.count) predictions: \(paid.map(\.id).sorted())")
        }
        // Of jobs of the same words nobody can tell whose prediction is whose.
        let twins = jobsOfPrompt[job.prompt, default: []]
        guard twins.first?.id == job.id else { return }
        let made = predictionsOfPrompt[job.prompt, default: []].filter { !isLate($0) }.count
        let begun = twins.reduce(0) { $0 + $1.attempt }
        if made > begun { findings.add(.overpaid, job.id, "\(made) predictions for \(begun) attempts") }
    }

    /// Its request was made before its client was frozen, and left after it was thawed: without a key of the
    /// provider's that makes a creation happen once, nobody can call it back.
    func isLate(_ prediction: PredictionRecord) -> Bool {
        wasJustThawed(prediction.client, at: prediction.createdAt)
    }

    /// The job came to an end before anybody had a chance to search for it: no attempt since has got an answer. It is
    /// left to the deadline that it was asked for with.
    private func wasAbandoned(_ job: JobRow, leaving prediction: PredictionRecord) -> Bool {
        guard job.state == "cancelled" || failedForItsWorkers(job) else { return false }
        return attempts[job.id, default: []].filter { $0.endedAt ?? 0 >= prediction.createdAt }
            .allSatisfy {
                ["crashed", "cancelled", "handed_back"].contains($0.outcome)
                    || $0.error?.hasPrefix("Replicate") ?? false
            }
    }

}
