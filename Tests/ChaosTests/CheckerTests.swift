import Support
import Testing

@testable import ChaosCheck

/// A checker that cannot fail proves nothing.
@Suite("The checker of script/chaos")
struct CheckerTests {
    @Test func `finds nothing wrong with a good run`() {
        let findings = Checker(.sound).check()
        #expect(findings.all.map(\.words) == [])
        #expect(findings.excused.isEmpty)
    }

    struct Doctored: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let kind: Finding.Kind
        /// Part of what the finding says.
        let words: String
        let doctor: @Sendable (inout Evidence) -> Void

        init(
            _ name: String,
            _ kind: Finding.Kind,
            _ words: String,
            _ doctor: @escaping @Sendable (inout Evidence) -> Void
        ) {
            (testDescription, self.kind, self.words, self.doctor) = (name, kind, words, doctor)
        }
    }

    @Test(arguments: acceptance + stories + ends + payments + limits + files)
    func `finds what is wrong`(with doctored: Doctored) {
        var evidence = Evidence.sound
        doctored.doctor(&evidence)
        let findings = Checker(evidence).check()
        #expect(
            findings.all.contains { $0.kind == doctored.kind && $0.words.contains(doctored.words) },
            "\(findings.all)"
        )
    }

    private static let acceptance = [
        Doctored("a job that was acknowledged is gone", .lost, "the database does not know it") {
            $0.submissions.append(Submission(prompt: "gone", job: "z"))
        },
        Doctored("a job has another's words", .wrong, "stored as “resumed”") {
            $0.submissions[1] = Submission(prompt: "other", job: "b")
            $0.submissions.append(Submission(prompt: "resumed"))
        },
        Doctored("one request made two jobs", .doubled, "1 requests for “canvas” made 2 jobs") {
            $0.jobs.append(JobRow("d", "canvas", queue: "canvas", "cancelled", attempt: 0))
        },
        Doctored("a job nobody asked for", .doubled, "0 requests") {
            $0.addJob("d", "made up", prediction: "p3", at: 1020)
            $0.submissions.removeLast()
        },
        Doctored("a job that never ends", .stuck, "still scheduled") { $0.jobs[1].state = "scheduled" },
    ]

    private static let stories = [
        Doctored("a job begins again", .wrong, "went from completed to pending") {
            $0.moves.append(StateMove("a", 1050, "completed", "pending", attempt: 1))
            $0.jobs[0].state = "pending"
        },
        Doctored("a change that nobody noted", .wrong, "was last seen completed") { $0.jobs[0].state = "failed" },
        Doctored("a gap in the story", .wrong, "went from pending to processing, and was nothing") {
            $0.moves.removeFirst()
        },
        Doctored("a job is completed twice", .doubled, "completed 2 times") {
            $0.moves.append(StateMove("a", 1050, "processing", "completed", attempt: 1))
        },
        Doctored("a lease changes hands while it lasts", .wrong, "from processing to processing") {
            $0.moves.insert(StateMove("a", 1000.5, "processing", "processing", attempt: 1, lease: "x"), at: 2)
        },
        Doctored("a claim takes another's lease", .wrong, "a lease of another") { evidence in
            for index in evidence.moves.indices where evidence.moves[index].lease == "b2" {
                evidence.moves[index].lease = "b1"
            }
        },
        Doctored("an attempt is missing", .wrong, "has the attempts [2] of 2") { evidence in
            evidence.attempts.removeAll { $0.job == "b" && $0.number == 1 }
        },
        Doctored("an attempt that never ended", .wrong, "never ended") { $0.attempts[0].endedAt = nil },
        Doctored("two attempts at the same time", .overlap, "before attempt 1 had ended") {
            $0.attempts[2].startedAt = 1004
        },
        Doctored("two attempts that completed", .doubled, "2 attempts completed it") {
            $0.attempts[1].outcome = "completed"
        },
        Doctored("completed by no attempt", .wrong, "0 attempts completed it") { $0.attempts[0].outcome = "cancelled" },
        Doctored("a crash that was not counted", .wrong, "counts 0 crashes of 1") { $0.jobs[1].crashCount = 0 },
        Doctored("a retry that was not made", .wrong, "counts 1 retries of 0") { $0.jobs[1].retryCount = 1 },
    ]

    private static let ends = [
        Doctored("completed without a picture", .wrong, "completed with 0 pictures") { $0.pictures.removeFirst() },
        Doctored("failed with a picture", .wrong, "failed with 1 pictures") {
            $0.pictures.append(PictureRow(job: "c", position: 0, file: "a.png", thumbnail: "a.png", bytes: 5))
        },
        Doctored("a picture was stored twice", .doubled, "pictures at [0, 0]") { $0.pictures.append($0.pictures[0]) },
        Doctored("a picture is another job's", .wrong, "p2 made its picture") { $0.pictures[1].prediction = "p2" },
        Doctored("a file is another prediction's", .wrong, "p9 signed it") {
            $0.files[2] = StoredFile(name: "b.png", bytes: 7, changedAt: 1007, signature: "p9")
        },
        Doctored("failed without a reason", .wrong, "for no reason of the provider’s") {
            $0.jobs[2].error = "an internal error"
        },
        Doctored("given up too early", .wrong, "for no reason of the provider’s") {
            $0.jobs[2].error = "its worker stopped answering 2 times"
            $0.jobs[2].crashCount = 2
        },
        Doctored("cancelled by nobody", .wrong, "nobody has asked for it") {
            $0.jobs[2].state = "cancelled"
        },
        Doctored("a process that fell over", .wrong, "ended by itself") {
            $0.misconduct = ["worker-1 ended by itself"]
        },
    ]

    private static let payments = [
        Doctored("a prediction that no attempt knows", .overpaid, "no attempt knows it") {
            $0.predictions.append(PredictionRecord("p3", "resumed", 1003, 1004, by: "one"))
        },
        Doctored("a job with two predictions", .overpaid, "has 2 predictions") {
            $0.predictions.append(PredictionRecord("p3", "resumed", 1006.5, 1007, by: "two"))
            $0.attempts[1].reference = "p3"
        },
        Doctored("more predictions than attempts", .overpaid, "2 predictions for 1 attempts") {
            $0.predictions.append(PredictionRecord("p3", "refused", 1011, 1012, by: "two", status: "failed"))
        },
        Doctored("one prediction for two jobs", .doubled, "belongs to 2 jobs") {
            $0.addJob("d", "twin", prediction: "p3", at: 1020)
            $0.attempts[4].reference = "p1"
        },
        Doctored("a prediction for no job", .overpaid, "a job that does not exist") {
            $0.predictions.append(PredictionRecord("p3", "nobody", 1003, 1004, by: "one"))
        },
        Doctored("a worker without a lease", .overlap, "one dealt with p1") {
            $0.uses.append(ProviderUse(time: 1005.5, client: "one", prediction: "p1", kind: .poll))
        },
    ]

    private static let limits = [
        Doctored("too many creations", .overLimit, "4 creations in 1 s") { evidence in
            evidence.creationRequests += [1001.1, 1001.2, 1001.3].map { CreationRequest(time: $0, client: "one") }
        },
        Doctored("too many predictions under way", .overLimit, "2 predictions under way") {
            $0.limits.concurrency = 1
            $0.addJob("d", "third", prediction: "p3", at: 1002)
            $0.attempts[4].startedAt = 1005.5
        },
        Doctored("too many attempts", .overLimit, "2 attempts at once") {
            $0.limits.concurrency = 1
            $0.addJob("d", "third", prediction: "p3", at: 1001.5)
            $0.predictions[0] = PredictionRecord("p1", "resumed", 1001, 1001.5, by: "one")
        },
    ]

    private static let files = [
        Doctored("a file is missing", .rowWithoutFile, "a.png is missing") { $0.files.removeFirst() },
        Doctored("a thumbnail is missing", .rowWithoutFile, "a.webp is missing") { $0.files.remove(at: 1) },
        Doctored("a file is cut short", .rowWithoutFile, "has 4 bytes of 5") {
            $0.files[0] = StoredFile(name: "a.png", bytes: 4, changedAt: 1001)
        },
        Doctored("a file that no row names", .fileWithoutRow, "no row names") {
            $0.files.append(StoredFile(name: "z.png", bytes: 1, changedAt: 1001))
        },
    ]
}

@Suite("What script/chaos excuses")
struct ExcuseTests {
    @Test func `a prediction that a worker asks for just after it was thawed`() {
        var evidence = Evidence.sound
        evidence.freezes = [Freeze(client: "one", start: 1002.5, end: 1006)]
        evidence.predictions.append(PredictionRecord("p3", "resumed", 1006.2, 1008, by: "one"))
        var findings = Checker(evidence).check()
        #expect(findings.all.map(\.words) == [])
        #expect(findings.excused == ["predictions asked for by a thawed worker": 1])

        // Later it knows what it has lost.
        evidence.predictions[2] = PredictionRecord("p3", "resumed", 1007.2, 1008, by: "one")
        findings = Checker(evidence).check()
        #expect(findings.count(.overpaid) > 0)
    }

    @Test func `a prediction that a job which was given up has left behind`() {
        var evidence = Evidence.sound
        evidence.submissions[2].askedToCancel = true
        evidence.jobs[2].state = "cancelled"
        evidence.attempts[3].outcome = "cancelled"
        evidence.attempts[3].reference = nil
        evidence.moves[evidence.moves.count - 1].to = "cancelled"
        evidence.predictions[1] = PredictionRecord("p2", "refused", 1010.5, 1013, by: "two")
        var findings = Checker(evidence).check()
        #expect(findings.all.map(\.words) == [])
        #expect(findings.excused == ["predictions left by a job that was given up": 1])

        // With an attempt after it that got no answer to its search, and with one that got it.
        evidence.attempts[3].outcome = "retried"
        evidence.attempts[3].error = "Replicate cannot be reached"
        #expect(Checker(evidence).check().count(.overpaid) == 0)
        evidence.attempts[3].error = "The picture cannot be kept"
        findings = Checker(evidence).check()
        #expect(findings.count(.overpaid) == 1)
    }

    @Test func `creations that were held up in a frozen worker and leave together`() {
        var evidence = Evidence.sound
        evidence.creationRequests += [1001.1, 1001.2, 1001.3].map { CreationRequest(time: $0, client: "one") }
        #expect(Checker(evidence).check().count(.overLimit) == 1)
        evidence.freezes = [Freeze(client: "one", start: 1000.5, end: 1001)]
        #expect(Checker(evidence).check().all.map(\.words) == [])
    }

    @Test func `a prediction that a job of the same words has created`() {
        var evidence = Evidence.sound
        evidence.addJob("d", "twin", prediction: "p3", at: 1020)
        evidence.addJob("e", "twin", prediction: "p4", at: 1030)
        // It was created for the first, and found by the second, and the other way round.
        (evidence.attempts[4].reference, evidence.attempts[5].reference) = ("p4", "p3")
        (evidence.pictures[2].prediction, evidence.pictures[3].prediction) = ("p4", "p3")
        evidence.files[3] = StoredFile(name: "d.png", bytes: 1, changedAt: 1020, signature: "p4")
        evidence.files[4] = StoredFile(name: "e.png", bytes: 1, changedAt: 1030, signature: "p3")
        #expect(Checker(evidence).check().count(.overlap) == 0)
    }

    @Test func `a file that is young enough to get a row yet`() {
        var evidence = Evidence.sound
        evidence.files.append(StoredFile(name: "z.png", bytes: 1, changedAt: 1050))
        let findings = Checker(evidence).check()
        #expect(findings.all.isEmpty)
        #expect(findings.excused == ["files without a row that may still get one": 1])
    }
}
