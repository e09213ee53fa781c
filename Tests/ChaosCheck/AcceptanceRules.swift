// Nothing acknowledged is lost, nothing is made up, and everything comes to an end.
extension Checker {
    func checkAcceptance(_ findings: inout Findings) {
        for submission in evidence.submissions {
            guard let id = submission.job else { continue }
            guard let job = jobs[id] else {
                findings.add(.lost, id, "the client was told of it, and the database does not know it")
                continue
            }
            if job.prompt != submission.prompt {
                findings.add(.wrong, id, "asked for “\(submission.prompt)”, and stored as “\(job.prompt)”")
            }
        }
        let sent = Dictionary(grouping: evidence.submissions, by: \.prompt).mapValues(\.count)
        for (prompt, jobs) in Dictionary(grouping: evidence.jobs.filter(\.makesPictures), by: \.prompt) {
            let requests = sent[prompt] ?? 0
            if jobs.count > requests {
                findings.add(.doubled, jobs.last?.id, "\(requests) requests for “\(prompt)” made \(jobs.count) jobs")
            }
        }
        for job in evidence.jobs where !job.isTerminal {
            findings.add(.stuck, job.id, "it is still \(job.state)")
        }
    }
}
