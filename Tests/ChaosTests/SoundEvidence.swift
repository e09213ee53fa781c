import Support

@testable import ChaosCheck

extension Evidence {
    /// What is found after a good run of three jobs: a picture of the canvas, one of the provider's that a second worker
    /// went on with, and one that the provider refused.
    static let sound: Evidence = {
        var evidence = Evidence()
        evidence.time = 1100
        evidence.limits.rate = 1
        evidence.limits.concurrency = 2
        evidence.limits.orphanAge = 60
        for (job, prompt) in [("a", "canvas"), ("b", "resumed"), ("c", "refused")] {
            evidence.submissions.append(Submission(prompt: prompt, job: job))
        }
        // Nobody knows whether it arrived.
        evidence.submissions.append(Submission(prompt: "unheard"))
        evidence.jobs = [
            JobRow("a", "canvas", queue: "canvas", "completed", attempt: 1),
            JobRow("b", "resumed", "completed", attempt: 2, crashCount: 1),
            JobRow("c", "refused", "failed", attempt: 1, error: "NSFW content detected"),
        ]
        evidence.attempts = [
            AttemptRow("a", 1, process: 10, 1000, 1001, "completed"),
            AttemptRow("b", 1, process: 10, 1000, 1005, "crashed", reference: "p1"),
            AttemptRow("b", 2, process: 20, 1006, 1008, "completed", reference: "p1"),
            AttemptRow("c", 1, process: 20, 1010, 1012, "failed", reference: "p2"),
        ]
        for attempt in evidence.attempts {
            let isFirst = attempt.number == 1
            if isFirst { evidence.moves.append(StateMove(attempt.job, 999, nil, "pending", attempt: 0)) }
            let lease = "\(attempt.job)\(attempt.number)"
            evidence.moves.append(
                StateMove(
                    attempt.job,
                    attempt.startedAt,
                    "pending",
                    "processing",
                    attempt: attempt.number,
                    lease: lease
                )
            )
            let next = attempt.outcome == "crashed" ? "pending" : attempt.outcome ?? ""
            evidence.moves.append(
                StateMove(attempt.job, attempt.endedAt ?? 0, "processing", next, attempt: attempt.number)
            )
        }
        evidence.pictures = [
            PictureRow(job: "a", position: 0, file: "a.png", thumbnail: "a.webp", bytes: 5),
            PictureRow(job: "b", position: 0, file: "b.png", thumbnail: "b.png", bytes: 7, prediction: "p1"),
        ]
        evidence.files = [
            StoredFile(name: "a.png", bytes: 5, changedAt: 1001), StoredFile(name: "a.webp", bytes: 3, changedAt: 1001),
            StoredFile(name: "b.png", bytes: 7, changedAt: 1007, signature: "p1"),
        ]
        evidence.lives = [Life(client: "one", process: 10), Life(client: "two", process: 20)]
        evidence.predictions = [
            PredictionRecord("p1", "resumed", 1001, 1007, by: "one"),
            PredictionRecord(
                "p2",
                "refused",
                1010.5,
                1011,
                by: "two",
                status: "failed",
                error: "NSFW content detected"
            ),
        ]
        evidence.creationRequests = evidence.predictions.map { CreationRequest(time: $0.createdAt, client: $0.client) }
        evidence.uses = [
            ProviderUse(time: 1001, client: "one", prediction: "p1", kind: .create),
            ProviderUse(time: 1002, client: "one", prediction: "p1", kind: .poll),
            ProviderUse(time: 1007.5, client: "two", prediction: "p1", kind: .poll),
            ProviderUse(time: 1010.5, client: "two", prediction: "p2", kind: .create),
        ]
        return evidence
    }()

    /// A third picture, from a prediction of its own.
    mutating func addJob(_ id: String, _ prompt: String, prediction: String, at time: Double) {
        submissions.append(Submission(prompt: prompt, job: id))
        jobs.append(JobRow(id, prompt, "completed", attempt: 1))
        attempts.append(AttemptRow(id, 1, process: 20, time, time + 5, "completed", reference: prediction))
        moves += [
            StateMove(id, time - 1, nil, "pending", attempt: 0),
            StateMove(id, time, "pending", "processing", attempt: 1, lease: "\(id)1"),
            StateMove(id, time + 5, "processing", "completed", attempt: 1),
        ]
        pictures.append(
            PictureRow(
                job: id,
                position: 0,
                file: "\(id).png",
                thumbnail: "\(id).png",
                bytes: 1,
                prediction: prediction
            )
        )
        files.append(StoredFile(name: "\(id).png", bytes: 1, changedAt: time, signature: prediction))
        predictions.append(PredictionRecord(prediction, prompt, time + 1, time + 4, by: "two"))
        creationRequests.append(CreationRequest(time: time + 1, client: "two"))
        uses.append(ProviderUse(time: time + 1, client: "two", prediction: prediction, kind: .create))
    }
}

extension JobRow {
    init(
        _ id: String,
        _ prompt: String,
        queue: String = "replicate",
        _ state: String,
        attempt: Int,
        crashCount: Int = 0,
        error: String? = nil
    ) {
        self.init(
            id: id,
            kind: "generate_picture",
            prompt: prompt,
            queue: queue,
            state: state,
            attempt: attempt,
            retryCount: 0,
            crashCount: crashCount,
            error: error
        )
    }
}

extension AttemptRow {
    init(
        _ job: String,
        _ number: Int,
        process: Int,
        _ start: Double,
        _ end: Double,
        _ outcome: String,
        reference: String? = nil
    ) {
        self.init(
            job: job,
            number: number,
            worker: "host:\(process):abcdef01",
            startedAt: start,
            endedAt: end,
            outcome: outcome,
            reference: reference
        )
    }
}

extension StateMove {
    init(_ job: String, _ time: Double, _ from: String?, _ to: String, attempt: Int, lease: String? = nil) {
        self.init(job: job, time: time, from: from, to: to, attempt: attempt, lease: lease)
    }
}

extension PredictionRecord {
    init(
        _ id: String,
        _ prompt: String,
        _ start: Double,
        _ end: Double?,
        by client: String,
        status: String = "succeeded",
        error: String? = nil
    ) {
        self.init(
            id: id,
            input: #"{"prompt":"\#(prompt)"}"#,
            status: status,
            error: error,
            createdAt: start,
            endedAt: end,
            client: client
        )
    }
}
