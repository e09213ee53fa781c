import Support

// A completed job has its own pictures, and an end without them has its reason.
extension Checker {
    func checkEnd(of job: JobRow, _ findings: inout Findings) {
        let pictures = pictures[job.id, default: []]
        if pictures.map(\.position) != Array(0..<pictures.count) {
            findings.add(.doubled, job.id, "has pictures at \(pictures.map(\.position))")
        }
        if (job.state == "completed") == pictures.isEmpty {
            findings.add(.wrong, job.id, "is \(job.state) with \(pictures.count) pictures")
        }
        switch job.state {
        case "completed" where job.queue == "replicate": checkOrigin(of: job, pictures, &findings)
        case "failed" where !isExplained(job):
            findings.add(.wrong, job.id, "failed for no reason of the provider’s: \(job.error ?? "")")
        case "cancelled" where !evidence.submissions.contains { $0.job == job.id && $0.askedToCancel }:
            findings.add(.wrong, job.id, "was cancelled, and nobody has asked for it")
        default: break
        }
    }

    /// The pictures come from a prediction of the job's own.
    private func checkOrigin(of job: JobRow, _ pictures: [PictureRow], _ findings: inout Findings) {
        for picture in pictures {
            let signature = files[picture.file]?.signature
            guard let prediction = picture.prediction, owners[prediction]?.contains(job.id) ?? false,
                predictions[prediction]?.status == "succeeded", signature == prediction
            else {
                let words = "\(picture.prediction ?? "nobody") made its picture, and \(signature ?? "nobody") signed it"
                findings.add(.wrong, job.id, words)
                continue
            }
        }
    }

    /// It has outlived too many workers, or its prediction failed for good.
    private func isExplained(_ job: JobRow) -> Bool {
        if failedForItsWorkers(job) { return true }
        return attempts[job.id, default: []].contains { attempt in
            guard let prediction = attempt.reference.flatMap({ predictions[$0] }), prediction.status == "failed",
                let error = prediction.error
            else { return false }
            return job.error?.contains(error) ?? false
        }
    }

    /// By design: it may have been what killed them.
    public func failedForItsWorkers(_ job: JobRow) -> Bool {
        job.state == "failed" && job.crashCount >= evidence.limits.crashes
            && job.error?.contains("stopped answering") ?? false
    }
}
