import JSON
import Support

/// Holds what has happened against what was promised.
///
/// It trusts no single witness: what the client was told, what the database says, what its trigger noted, what lies in
/// the folder of files and what the provider has seen must all tell the same story.
public struct Checker {
    /// How long a process that was stopped by SIGSTOP, or got no turn, may take to notice that its time is up.
    static let noticing = 1.0

    let evidence: Evidence
    let jobs: [String: JobRow]
    let jobsOfPrompt: [String: [JobRow]]
    let attempts: [String: [AttemptRow]]
    let moves: [String: [StateMove]]
    let pictures: [String: [PictureRow]]
    let files: [String: StoredFile]
    let predictions: [String: PredictionRecord]
    let predictionsOfPrompt: [String: [PredictionRecord]]
    /// Jobs by the predictions that their attempts name.
    let owners: [String: Set<String>]
    let freezes: [String: [Freeze]]
    /// By the names of clients.
    let processes: [String: Int]

    public init(_ evidence: Evidence) {
        self.evidence = evidence
        jobs = Dictionary(evidence.jobs.map { ($0.id, $0) }) { first, _ in first }
        jobsOfPrompt = Dictionary(grouping: evidence.jobs.filter(\.makesPictures), by: \.prompt)
        attempts = Dictionary(grouping: evidence.attempts, by: \.job).mapValues { $0.sorted { $0.number < $1.number } }
        moves = Dictionary(grouping: evidence.moves, by: \.job)
        pictures = Dictionary(grouping: evidence.pictures, by: \.job)
            .mapValues { $0.sorted { $0.position < $1.position } }
        files = Dictionary(evidence.files.map { ($0.name, $0) }) { first, _ in first }
        predictions = Dictionary(evidence.predictions.map { ($0.id, $0) }) { first, _ in first }
        predictionsOfPrompt = Dictionary(grouping: evidence.predictions, by: Self.prompt)
        var owners: [String: Set<String>] = [:]
        for attempt in evidence.attempts {
            if let reference = attempt.reference { owners[reference, default: []].insert(attempt.job) }
        }
        self.owners = owners
        processes = Dictionary(evidence.lives.map { ($0.client, $0.process) }) { first, _ in first }
        freezes = Dictionary(grouping: evidence.freezes, by: \.client)
    }

    public func check() -> Findings {
        var findings = Findings()
        checkAcceptance(&findings)
        for job in evidence.jobs.sorted(by: { $0.id < $1.id }) {
            checkStory(of: job, &findings)
            if job.makesPictures { checkEnd(of: job, &findings) }
        }
        checkPayment(&findings)
        checkUses(&findings)
        checkLimits(&findings)
        checkFiles(&findings)
        for words in evidence.misconduct { findings.add(.wrong, nil, words) }
        return findings
    }

    static func prompt(of prediction: PredictionRecord) -> String {
        (try? JSON(parsing: prediction.input))?["prompt"]?.string ?? ""
    }

    /// Whether the client had just been thawed: it may not know yet what it has lost.
    func wasJustThawed(_ client: String, at time: Double) -> Bool {
        freezes[client, default: []].contains { ($0.end - 0.01...$0.end + Self.noticing).contains(time) }
    }
}
