// A job goes through its states as it may, one attempt after the other, and ends once.
extension Checker {
    private static let next: [String: Set<String>] = [
        "pending": ["processing", "cancelled"],
        "scheduled": ["pending", "cancelled"],
        "processing": ["pending", "scheduled", "completed", "failed", "cancelled"],
    ]

    func checkStory(of job: JobRow, _ findings: inout Findings) {
        checkMoves(of: job, &findings)
        checkAttempts(of: job, &findings)
    }

    private func checkMoves(of job: JobRow, _ findings: inout Findings) {
        var state: String?
        var claims = 0
        var leases: Set<String> = []
        for move in moves[job.id, default: []] {
            let isLegal =
                if let from = move.from { Self.next[from]?.contains(move.to) ?? false } else {
                    state == nil && ["pending", "scheduled"].contains(move.to)
                }
            if !isLegal || move.from != state {
                findings.add(
                    .wrong,
                    job.id,
                    "went from \(move.from ?? "nothing") to \(move.to), and was \(state ?? "nothing")"
                )
            }
            state = move.to
            guard move.to == "processing" else { continue }
            claims += 1
            let isNew = move.lease.map { leases.insert($0).inserted } ?? false
            if !isNew || move.attempt != claims {
                findings.add(.wrong, job.id, "claim \(claims) has the number \(move.attempt), or a lease of another")
            }
        }
        if state != job.state { findings.add(.wrong, job.id, "is \(job.state), and was last seen \(state ?? "never")") }
        let completions = moves[job.id, default: []].count { $0.to == "completed" }
        if completions > 1 { findings.add(.doubled, job.id, "was completed \(completions) times") }
        if claims != job.attempt { findings.add(.wrong, job.id, "counts \(job.attempt) attempts of \(claims)") }
    }

    private func checkAttempts(of job: JobRow, _ findings: inout Findings) {
        let attempts = attempts[job.id, default: []]
        if job.isTerminal, attempts.map(\.number) != Array(1..<(job.attempt + 1)) {
            findings.add(.wrong, job.id, "has the attempts \(attempts.map(\.number)) of \(job.attempt)")
        }
        for (earlier, later) in zip(attempts, attempts.dropFirst())
        where later.startedAt < earlier.endedAt ?? .infinity {
            findings.add(.overlap, job.id, "attempt \(later.number) began before attempt \(earlier.number) had ended")
        }
        for attempt in attempts where job.isTerminal {
            guard let end = attempt.endedAt, attempt.outcome != nil, end >= attempt.startedAt else {
                findings.add(.wrong, job.id, "attempt \(attempt.number) never ended")
                continue
            }
        }
        let outcomes = attempts.compactMap(\.outcome)
        func count(_ outcome: String) -> Int { outcomes.count { $0 == outcome } }
        if count("completed") > 1 {
            findings.add(.doubled, job.id, "\(count("completed")) attempts completed it")
        } else if (count("completed") == 1) != (job.state == "completed") {
            findings.add(.wrong, job.id, "is \(job.state), and \(count("completed")) attempts completed it")
        }
        if count("crashed") != job.crashCount {
            findings.add(.wrong, job.id, "counts \(job.crashCount) crashes of \(count("crashed"))")
        }
        if count("retried") != job.retryCount {
            findings.add(.wrong, job.id, "counts \(job.retryCount) retries of \(count("retried"))")
        }
    }
}
