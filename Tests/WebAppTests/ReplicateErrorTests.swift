import JSON
import Postgres
import Support
import Testing

@testable import WebApp

@Suite("When Replicate refuses or fails")
struct ReplicateErrorTests {
    struct Refusal: Sendable {
        let answer: FakeAnswer
        let words: String
    }

    static let refusals = [
        Refusal(
            answer: .unauthenticated,
            words: "Replicate refused the token of this server: You did not pass a valid authentication token"
        ),
        Refusal(
            answer: .problem(403, title: "Forbidden", detail: "The token \(replicateToken)\nmay\u{0} not"),
            words: "Replicate refused the token of this server: The token ••• may not"
        ),
        Refusal(
            answer: .paymentRequired,
            words: "Replicate asks for payment: You have insufficient credit to run this model."
        ),
        Refusal(
            answer: .problem(404, title: nil, detail: "The requested resource could not be found."),
            words: "Replicate knows no such model: The requested resource could not be found."
        ),
        Refusal(answer: .invalidInput, words: "Replicate refused: - input.prompt: prompt is required"),
        Refusal(
            answer: .raw(400, contentType: "text/html", body: "<html><title>Bad Request</title></html>"),
            words: "Replicate refused: status 400"
        ),
        Refusal(
            answer: .raw(302, contentType: "text/html", body: ""),
            words: "Replicate refused: status 302"
        ),
    ]

    @Test func `a refusal fails at once, with Replicate's own words`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            for refusal in Self.refusals {
                fake.forget()
                fake.creationAnswers = [refusal.answer]
                let job = try await site.ordered()
                #expect(job.status == "failed")
                #expect(job.error == refusal.words)
                #expect(job.retries == 0)
                #expect(fake.creates.count == 1)
                #expect(fake.lists.isEmpty)
                #expect(try await !site.get("/jobs/\(job.id)").text.contains(replicateToken))
            }
        }
    }

    static let throttles = [
        (FakeAnswer.throttled(seconds: 30, inBody: false), 30), (.throttled(seconds: 31, inHeader: false), 31),
        (.throttled(seconds: 32), 32), (.throttled(seconds: 33, inHeader: false, inBody: false), 33),
        // Beyond what the queue waits for.
        (.problem(429, title: nil, detail: "Wait.", more: #","retry_after":1e300"#), 3600),
    ]

    @Test func `too many starts are tried again when Replicate says so`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            fake.script = PredictionScript(.succeeded)
            var ids: [String] = []
            for (answer, seconds) in Self.throttles {
                fake.creationAnswers = [answer]
                let id = try await site.order("\(seconds) foxes")
                try await until(on: site.loop) { try await site.job(id).retries == 1 }
                let waiting = try await site.job(id)
                #expect(waiting.status == "pending")
                #expect(waiting.error?.hasPrefix("Replicate is asked too often: ") == true)
                let started = try #require(waiting.time("started_at"))
                #expect(try #require(waiting.time("next_attempt_at")) - started >= .seconds(seconds))
                ids.append(id)
            }
            for id in ids { try await site.hurry(id) }
            for id in ids { #expect(try await site.finished(id).status == "completed") }
            #expect(fake.creates.count == 2 * ids.count)
            #expect(fake.predictionCount == ids.count)
            // A refused creation need not be searched for.
            #expect(fake.lists.isEmpty)
        }
    }

    @Test func `a gateway's failure says when to come again, too`() async throws {
        try await withReplicate { site, fake async throws in
            fake.creationAnswers = [.problem(503, title: nil, detail: "Busy.", headers: [("Retry-After", "40")])]
            let id = try await site.order()
            try await site.working { () async throws in
                try await until(on: site.loop) { try await site.job(id).retries == 1 }
            }
            let waiting = try await site.job(id)
            #expect(waiting.error == "Replicate failed with status 503: Busy.")
            let started = try #require(waiting.time("started_at"))
            #expect(try #require(waiting.time("next_attempt_at")) - started >= .seconds(40))
        }
    }

    @Test func `a failure that created nothing is searched for, then tried again`() async throws {
        try await withWorkingReplicate { site, fake in
            fake.script = PredictionScript(.succeeded)
            fake.creationAnswers = [
                .serverError, .badGateway, .dropped, .raw(201, contentType: "application/json", body: "{}"),
            ]
            let failures = fake.creationAnswers.count
            var ids: [String] = []
            for number in 1...failures { ids.append(try await site.order("\(number) foxes")) }
            for id in ids {
                let job = try await site.finished(id)
                #expect(job.status == "completed")
                #expect(job.retries == 1)
            }
            #expect(fake.creates.count == 2 * failures)
            #expect(fake.predictionCount == failures)
            #expect(fake.lists.count == 2 * failures)
        }
    }

    @Test func `nobody there is safe to try again, and there is nothing to search for`() async throws {
        try await withWorkingReplicate(["MAX_RETRIES": "0"]) { site, fake async throws in
            fake.stop()
            let job = try await site.ordered()
            #expect(job.status == "failed")
            #expect(job.error?.hasPrefix("Replicate cannot be reached: 127.0.0.1") == true)
            #expect(try await site.memory(of: job.id) == .nothing)
        }
    }

    @Test func `a name without an address is safe to try again`() async throws {
        try await withWorkingReplicate(["MAX_RETRIES": "0", "REPLICATE_BASE_URL": "http://api.invalid:80/v1"]) {
            site,
            fake async throws in
            let job = try await site.ordered()
            #expect(job.status == "failed")
            #expect(job.error?.hasPrefix("Replicate cannot be reached: api.invalid") == true)
            #expect(try await site.memory(of: job.id) == .nothing)
            #expect(fake.requests.isEmpty)
        }
    }

    static let badEnds: [(PredictionStep, String)] = [
        (.failed("NSFW content detected. Try another prompt."), "NSFW content detected. Try another prompt."),
        (.failed("  CUDA out\u{0} of\n\nmemory \u{202E}(E1001)\u{7} "), "CUDA out of memory (E1001)"),
        (.failed("SIZE1000 is not a size"), "SIZE1000 is not a size"),
        (.failed(""), "The model failed without saying why"),
        (.canceled, "The prediction was cancelled at Replicate"),
        (.dataRemoved, "Replicate has removed the output already"),
    ]

    @Test func `a bad end is told in the model's own words, and the prediction is not repeated`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            for (step, words) in Self.badEnds {
                fake.forget()
                fake.script = PredictionScript(.starting, step)
                let job = try await site.ordered()
                #expect(job.status == "failed")
                #expect(job.error == words)
                #expect(job.retries == 0)
                #expect(fake.creates.count == 1)
            }
        }
    }

    @Test func `a prediction that Replicate could not run is followed by another`() async throws {
        try await withWorkingReplicate { site, fake in
            let passing = [PredictionStep.failed("Timeout starting prediction (E6716)"), .failed("E1000"), .aborted]
            fake.upcoming = passing.map { PredictionScript($0) }
            fake.script = PredictionScript(.succeeded)
            let job = try await site.ordered()
            #expect(job.status == "completed")
            #expect(job.retries == 3)
            #expect(fake.creates.count == 4)
            #expect(fake.lists.isEmpty)
            #expect(try await site.predictions(of: job.id) == fake.predictionIDs)
        }
    }

    @Test func `a model that never ends is cancelled when the time is up`() async throws {
        try await withWorkingReplicate(["ATELIER_JOB_TIME_LIMIT": "1", "MAX_RETRIES": "0"]) { site, fake async throws in
            fake.script = .endless()
            let job = try await site.ordered()
            #expect(job.status == "failed")
            #expect(job.error == "took longer than 1 seconds")
            try await until(on: site.loop) { !fake.cancels.isEmpty }
            #expect(fake.cancels.count == 1)
            #expect(fake.status(of: try #require(fake.predictionIDs.first)) == "canceled")
            #expect(fake.creates.map { $0["cancel-after"] } == ["5s"])
        }
    }

    @Test func `an attempt whose time is up is followed by one with a new prediction`() async throws {
        try await withWorkingReplicate(["ATELIER_JOB_TIME_LIMIT": "1", "MAX_RETRIES": "1"]) { site, fake async throws in
            fake.upcoming = [.endless(), PredictionScript(.succeeded)]
            let job = try await site.ordered()
            #expect(job.status == "completed")
            #expect(job.retries == 1)
            #expect(fake.creates.count == 2)
            #expect(fake.predictionIDs.first.flatMap { fake.status(of: $0) } == "canceled")
        }
    }
}
