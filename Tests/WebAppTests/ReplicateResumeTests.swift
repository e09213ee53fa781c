import JSON
import Jobs
import Postgres
import Support
import Testing

@testable import WebApp

@Suite("A Replicate prediction is never paid for twice")
struct ReplicateResumeTests {
    @Test func `a creation whose answer was lost is found again at once`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            fake.creationAnswers = [.carriedOutAndDropped]
            let job = try await site.ordered(parameters: ["guidance": 3.0, "size": ["w": 1, "h": [2, 3]]])
            #expect(job.status == "completed")
            #expect(job.retries == 0)
            #expect(fake.creates.count == 1)
            #expect(fake.lists.count == 1)
            #expect(try await site.predictions(of: job.id) == fake.predictionIDs)
        }
    }

    @Test(arguments: [FakeAnswer.serverError, .raw(200, contentType: "text/html", body: "<html>")])
    func `while the search fails nothing is created`(answer: FakeAnswer) async throws {
        try await withWorkingReplicate { site, fake async throws in
            fake.creationAnswers = [.carriedOutAndDropped]
            fake.listAnswers = [answer, answer]
            let job = try await site.ordered()
            #expect(job.status == "completed")
            // The first attempt, and the second, which could not search either.
            #expect(job.retries == 2)
            #expect(fake.creates.count == 1)
            #expect(fake.lists.count == 3)
        }
    }

    @Test func `the search tells predictions apart by model and input, over all pages`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            fake.pageSize = 2
            fake.script = PredictionScript(.succeeded)
            // The same order, fulfilled before; another input; the same input for other models.
            #expect(try await site.ordered().status == "completed")
            #expect(try await site.ordered("a goose").status == "completed")
            for model in ["acme/sculptor", "acme/painter:" + String(repeating: "ab", count: 32)] {
                #expect(try await site.ordered(model: model).status == "completed")
            }
            fake.creationAnswers = [.carriedOutAndDropped]
            let job = try await site.ordered()
            #expect(job.status == "completed")
            #expect(job.retries == 0)
            #expect(fake.creates.count == 5)
            #expect(fake.lists.count == 3)
            #expect(try await site.predictions(of: job.id) == [fake.predictionIDs.last])
        }
    }

    @Test func `the search ends where the list is older than the lost creation`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            fake.pageSize = 2
            fake.script = PredictionScript(.succeeded)
            for _ in 1...6 { #expect(try await site.ordered().status == "completed") }
            fake.age(by: 3600)
            for _ in 1...2 { #expect(try await site.ordered().status == "completed") }
            fake.creationAnswers = [.carriedOutAndDropped]
            #expect(try await site.ordered().status == "completed")
            #expect(fake.creates.count == 9)
            // The second page ends with one that is older; only the first keeps to the time that was asked for.
            #expect(fake.lists.count == 2)
        }
    }

    @Test func `orders of the same words that were lost together find one prediction each`() async throws {
        try await withReplicate { site, fake async throws in
            fake.creationAnswers = Array(repeating: .carriedOutAndDropped, count: 4)
            var ids: [String] = []
            for _ in 1...4 { ids.append(try await site.order()) }
            try await site.working { () async throws in
                for id in ids { #expect(try await site.finished(id).status == "completed") }
            }
            #expect(fake.predictionCount == 4)
            #expect(fake.creates.count == 4)
            var found: [String] = []
            for id in ids { found += try await site.predictions(of: id).compactMap { $0 } }
            #expect(found.sorted() == fake.predictionIDs)
        }
    }

    @Test func `a prediction that another order of the same words has found meanwhile is left to it`() async throws {
        try await withReplicate { site, fake async throws in
            // The first is created at once, and told of late; the second is never created.
            fake.upcoming = [PredictionScript(.starting.delayed(milliseconds: 2500), .succeeded)]
            let first = try await site.order()
            try await site.working { () async throws in
                _ = try await eventually(on: site.loop) { fake.predictionCount == 1 ? true : nil }
                fake.creationAnswers = [.dropped]
                let second = try await site.order()
                #expect(try await site.finished(second).status == "completed")
                #expect(try await site.finished(first).status == "completed")
                #expect(try await site.predictions(of: second) == [fake.predictionIDs.first])
                #expect(try await site.predictions(of: first).last == fake.predictionIDs.last)
            }
            #expect(fake.predictionCount == 2)
            #expect(fake.creates.count == 3)
        }
    }

    @Test func `a lost creation that failed meanwhile is told, not repeated`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            fake.script = PredictionScript(.failed("NSFW content detected"))
            fake.creationAnswers = [.carriedOutAndDropped]
            let job = try await site.ordered()
            #expect(job.status == "failed")
            #expect(job.error == "NSFW content detected")
            #expect(fake.creates.count == 1)
        }
    }

    @Test func `a worker that stops hands its prediction to the next one`() async throws {
        try await withReplicate { site, fake async throws in
            fake.script = .endless()
            let id = try await site.order()
            try await site.working({ $0.drainLimit = .zero }) { () async throws in
                try await until(on: site.loop) { !fake.polls.isEmpty }
            }
            #expect(try await site.job(id).status == "pending")
            #expect(fake.cancels.isEmpty)
            fake.finishEverything()
            let job = try await site.working { try await site.finished(id) }
            #expect(job.status == "completed")
            #expect(job.retries == 0)
            #expect(fake.creates.count == 1)
            #expect(fake.lists.isEmpty)
            let prediction = try #require(fake.predictionIDs.first)
            #expect(try await site.predictions(of: id) == [prediction, prediction])
        }
    }

    @Test func `a worker that stops while it creates waits for the answer`() async throws {
        try await withReplicate { site, fake async throws in
            fake.script = .endless(first: .starting.delayed(milliseconds: 500))
            let id = try await site.order()
            try await site.working({ $0.drainLimit = .zero }) { () async throws in
                try await until(on: site.loop) { fake.predictionCount == 1 }
            }
            #expect(try await site.memory(of: id) == .prediction(try #require(fake.predictionIDs.first)))
            fake.finishEverything()
            #expect(try await site.working { try await site.finished(id) }.status == "completed")
            #expect(fake.creates.count == 1)
            #expect(fake.lists.isEmpty)
            #expect(fake.cancels.isEmpty)
        }
    }

    @Test func `an answer that comes after the lease was lost does not disturb the next attempt`() async throws {
        try await withReplicate { site, fake in
            fake.script = .endless(first: .starting.delayed(milliseconds: 3500))
            let id = try await site.order()
            try await site.working({ $0.heartbeat = .milliseconds(100) }) { () async throws in
                try await until(on: site.loop) { fake.predictionCount == 1 }
                try await site.takeLease(of: id, for: .milliseconds(1500))
                // The next attempt finds it, and goes on with it while the first one's answer arrives.
                try await until(on: site.loop) { fake.polls.count > 6 }
                #expect(fake.cancels.isEmpty)
                fake.finishEverything()
                #expect(try await site.finished(id).status == "completed")
            }
            #expect(fake.creates.count == 1)
            #expect(fake.lists.count == 1)
            #expect(fake.cancels.isEmpty)
        }
    }

    @Test func `a prediction that comes too late, because the next attempt has another, is cancelled`() async throws {
        try await withReplicate { site, fake in
            fake.script = .endless(first: .starting.delayed(milliseconds: 500))
            let id = try await site.order()
            try await site.working({ $0.heartbeat = .milliseconds(100) }) { () async throws in
                try await until(on: site.loop) { fake.predictionCount == 1 }
                try await site.takeLease(of: id, for: .seconds(60), remembering: .prediction("another"))
                try await until(on: site.loop) { !fake.cancels.isEmpty }
            }
            #expect(fake.status(of: try #require(fake.predictionIDs.first)) == "canceled")
            #expect(try await site.memory(of: id) == .prediction("another"))
        }
    }

    @Test func `a lost lease leaves the prediction to whoever has the job now`() async throws {
        try await withReplicate { site, fake async throws in
            fake.script = .endless()
            let id = try await site.order()
            let job = try await site.working({ $0.heartbeat = .milliseconds(100) }) { () async throws in
                try await until(on: site.loop) { fake.polls.count == 1 }
                try await site.takeLease(of: id, for: .milliseconds(300))
                try await until(on: site.loop) { try await site.predictions(of: id).count == 2 }
                #expect(fake.cancels.isEmpty)
                fake.finishEverything()
                return try await site.finished(id)
            }
            #expect(job.status == "completed")
            #expect(fake.creates.count == 1)
            #expect(fake.cancels.isEmpty)
        }
    }

    @Test func `what failed while nobody looked is told, not repeated`() async throws {
        try await withReplicate { site, fake async throws in
            fake.script = .endless(.failed("NSFW content detected"))
            let id = try await site.order()
            try await site.working({ $0.drainLimit = .zero }) { () async throws in
                try await until(on: site.loop) { !fake.polls.isEmpty }
            }
            fake.finishEverything()
            let job = try await site.working { try await site.finished(id) }
            #expect(job.status == "failed")
            #expect(job.error == "NSFW content detected")
            #expect(fake.creates.count == 1)
        }
    }

    @Test(arguments: [true, false])
    func `only what Replicate has removed is made anew`(isForgotten: Bool) async throws {
        try await withReplicate { site, fake async throws in
            fake.upcoming = [.endless(), PredictionScript(.succeeded)]
            let id = try await site.order()
            try await site.working({ $0.drainLimit = .zero }) { () async throws in
                try await until(on: site.loop) { !fake.polls.isEmpty }
            }
            fake.finishEverything()
            fake.expireEverything()
            let unknown = FakeAnswer.problem(404, title: nil, detail: "The requested resource could not be found.")
            if isForgotten { fake.pollAnswers = [unknown, unknown, unknown] }
            let job = try await site.working { try await site.finished(id) }
            #expect(job.status == "completed")
            #expect(fake.creates.count == 2)
            #expect(try await site.predictions(of: id).last == fake.predictionIDs.last)
        }
    }
}

@Suite("Cancelling a job at Replicate")
struct ReplicateCancelTests {
    @Test func `a cancelled job's prediction is cancelled too, if need be by asking again`() async throws {
        try await withWorkingReplicate { site, fake async throws in
            fake.script = .endless()
            for (answers, cancels) in [([], 1), ([.serverError], 2), ([.dropped, .badGateway], 3)]
                as [([FakeAnswer], Int)]
            {
                fake.forget()
                fake.cancelAnswers = answers
                let id = try await site.order()
                try await until(on: site.loop) { !fake.polls.isEmpty }
                try await site.cancel(id)
                #expect(try await site.finished(id).status == "cancelled")
                let prediction = try #require(fake.predictionIDs.first)
                try await until(on: site.loop) { fake.status(of: prediction) == "canceled" }
                #expect(fake.cancels.count == cancels)
                #expect(fake.creates.count == 1)
            }
        }
    }

    @Test(arguments: [300, 2000])
    func `a prediction that comes into being after the cancellation is cancelled`(delay: Int) async throws {
        try await withReplicate { site, fake async throws in
            fake.script = .endless(first: .starting.delayed(milliseconds: delay))
            let id = try await site.order()
            try await site.working { () async throws in
                try await until(on: site.loop) { fake.predictionCount == 1 }
                try await site.cancel(id)
                #expect(try await site.finished(id).status == "cancelled")
                let prediction = try #require(fake.predictionIDs.first)
                try await until(on: site.loop) { fake.status(of: prediction) == "canceled" }
            }
            #expect(fake.creates.count == 1)
            #expect(fake.cancels.count == 1)
        }
    }
}
