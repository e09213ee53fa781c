import ChaosCheck
import EventLoop
import Support

/// What a run has shown, in words.
struct Report {
    let seed: UInt64
    let outcome: Run.Outcome
    let checker: Checker
    let findings: Findings

    /// Stories that are told in full.
    private static let mostStories = 10

    init(_ outcome: Run.Outcome, seed: UInt64) {
        self.seed = seed
        self.outcome = outcome
        checker = Checker(outcome.evidence)
        findings = checker.check()
    }

    var isGood: Bool { findings.all.isEmpty }

    var text: String {
        let told = findings.all.map { "\($0.kind.rawValue)\($0.job.map { " \($0)" } ?? ""): \($0.words)" }
        var stories: [String] = []
        for job in findings.all.compactMap(\.job) where !stories.contains(job) && stories.count < Self.mostStories {
            stories.append(job)
        }
        return (told + stories.map { checker.story(of: $0) } + figures + [verdict]).joined(separator: "\n")
    }

    /// The line that says it all.
    private var verdict: String {
        let counts = Finding.Kind.allCases.map { "\($0.rawValue) \(findings.count($0))" }
        return "kills \(outcome.kills)  jobs \(outcome.jobs)  \(counts.joined(separator: "  "))"
    }

    private var figures: [String] {
        let evidence = outcome.evidence
        let blows = outcome.struck.sorted { $0.key < $1.key }.map { target, blows in
            let parts = blows.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", ")
            return "  \(target): \(parts)"
        }
        let states = tally(evidence.jobs.filter(\.makesPictures).map(\.state))
        let ends = tally(evidence.attempts.compactMap(\.outcome))
        let made = tally(evidence.predictions.map(\.status))
        return blows + [
            "  jobs: \(states); attempts: \(ends)",
            "  predictions: \(made); at most \(checker.peakOfCreations) creations a second,"
                + " \(checker.peakOfPredictions.count) under way and \(checker.peakOfAttempts.count) attempts at once",
            "  poisoned: \(evidence.jobs.count { checker.failedForItsWorkers($0) })",
            "  excused: \(findings.excused.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "))",
            "  seed \(seed), \(outcome.freezes) freezes, \(seconds(outcome.duration)) s in all,"
                + " the last job ended \(seconds(outcome.settling)) s after the last blow",
        ]
    }

    private func tally(_ words: [String]) -> String {
        Dictionary(grouping: words) { $0 }.map { ($0.key, $0.value.count) }.sorted { $0.1 > $1.1 }
            .map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }

    private func seconds(_ duration: Duration) -> Int64 { duration.components.seconds }
}
