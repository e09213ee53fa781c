import ChaosCheck
import JSON
import Support
import Synchronization

/// A stand-in for Replicate that fails as a real one does, and keeps a record that nobody kills.
///
/// What happens to a job there depends on the seed, its words and how often it has come, and not on who comes first.
final class FaultyProvider: Sendable {
    static let token = "r8_chaos"
    static let model = "chaos/painter"

    let fake: FakeReplicate

    init(seed: UInt64) throws {
        let fate = Fate(seed: seed)
        fake = try FakeReplicate(token: Self.token)
        fake.director = FakeDirector(answer: fate.answer, script: fate.script)
    }

    /// Of its file host, which is private.
    var privateAddress: String { String(fake.fileHostURL.split(separator: "/")[1]) }

    /// Adds what the provider has seen.
    func testify(in evidence: inout Evidence) {
        evidence.predictions = fake.predictionRecords
        evidence.creationRequests = fake.creates.map { CreationRequest(time: $0.time, client: fake.client(of: $0)) }
        evidence.uses =
            evidence.predictions.map {
                ProviderUse(time: $0.createdAt, client: $0.client, prediction: $0.id, kind: .create)
            }
            + (fake.polls + fake.cancels).compactMap { request in
                let parts = request.path.split(separator: "/")
                guard parts.count >= 3 else { return nil }
                return ProviderUse(
                    time: request.time,
                    client: fake.client(of: request),
                    prediction: String(parts[2]),
                    kind: request.method == "GET" ? .poll : .cancel
                )
            }
    }
}

/// Draws the faults.
private final class Fate: Sendable {
    private let seed: UInt64
    private let visits = Mutex<[String: Int]>([:])

    init(seed: UInt64) {
        self.seed = seed
    }

    /// For what has come once more.
    private func chance(_ subject: String) -> SeededGenerator {
        let visit = visits.withLock { visits in
            visits[subject, default: 0] += 1
            return visits[subject, default: 0]
        }
        return SeededGenerator(seed: seed, subject, visit)
    }

    func answer(to request: RawRequest) -> FakeAnswer {
        let path = request.path
        if request.method == "GET" { return path.hasSuffix("/predictions") ? searching(path) : looking(path) }
        return path.hasSuffix("/cancel") ? cancelling(path) : creating(prompt(of: request))
    }

    private func creating(_ prompt: String) -> FakeAnswer {
        var chance = chance("create \(prompt)")
        return chance.pick([
            (.ordinary, 72), (.synchronous, 4),
            // It exists, and the answer is lost.
            (.carriedOutAndDropped, 7), (.carriedOutAndRefused(.badGateway), 4),
            // It does not exist.
            (.throttled(seconds: 1), 5), (.serverError, 4), (.dropped, 4),
        ])
    }

    private func looking(_ path: String) -> FakeAnswer {
        var chance = chance("look \(path)")
        let delay = Int(chance.within(100...900))
        return chance.pick([
            (.ordinary, 89), (.delayed(delay, .ordinary), 4), (.serverError, 3), (.dropped, 2),
            (.throttled(seconds: 1), 2),
        ])
    }

    private func searching(_ path: String) -> FakeAnswer {
        var chance = chance("search \(path)")
        return chance.pick([
            (.ordinary, 77), (.delayed(200, .ordinary), 10), (.serverError, 8), (.dropped, 5),
        ])
    }

    private func cancelling(_ path: String) -> FakeAnswer {
        var chance = chance("cancel \(path)")
        return chance.pick([(.ordinary, 90), (.serverError, 5), (.dropped, 5)])
    }

    func script(for request: RawRequest) -> PredictionScript {
        var chance = chance("make \(prompt(of: request))")
        let last: PredictionStep = chance.pick([
            (.succeeded, 93), (.failed("NSFW content detected"), 3), (.failed("E1000 Unknown error"), 4),
        ])
        let delay = chance.happens(0.1) ? chance.within(900...1300) : chance.within(5...400)
        var script = PredictionScript(.starting.delayed(milliseconds: Int(delay)), .processing(), last)
        script.duration = chance.within(0.2...2.5)
        script.signsFiles = true
        script.fileHost = chance.pick([
            (.honest, 84), (.first(1, .truncated), 7), (.first(1, .empty), 3), (.first(1, .notFound), 2),
            (.unavailable(times: 1), 2), (.redirect, 2),
        ])
        return script
    }

    private func prompt(of request: RawRequest) -> String {
        (try? JSON(parsing: request.body))?["input"]?["prompt"]?.string ?? ""
    }
}
