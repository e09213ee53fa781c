import ChaosCheck
import EventLoop
import HTTPClient
import JSON

/// Somebody who wants pictures: asks until the site says that it has taken the job, and remembers all it was told.
///
/// Confined to its loop.
final class Client: @unchecked Sendable {
    // @unchecked: used on its loop only.

    private let address: String
    private let seed: UInt64
    private let http: HTTPClient
    private let loop: EventLoop
    private(set) var submissions: [Submission] = []
    private(set) var accepted = 0

    init(address: String, seed: UInt64, on loop: EventLoop) {
        self.address = address
        self.seed = seed
        self.loop = loop
        var settings = ClientSettings()
        settings.maximumConnectionsPerHost = 32
        http = HTTPClient(loops: [loop], settings: settings)
    }

    /// Has `jobs` accepted, some evenly over the time and some in bursts. Throws only when cancelled.
    func submit(_ jobs: Int, over span: Double) async throws {
        var chance = SeededGenerator(seed: seed, "arrivals")
        var times: [Double] = []
        while times.count < jobs {
            let time = chance.within(0...span)
            let together = chance.happens(0.1) ? Int.random(in: 10...30, using: &chance) : 1
            times += Array(repeating: time, count: min(together, jobs - times.count))
        }
        let began = MonotonicTime.current
        try await atOnce(Array(times.enumerated()), on: loop) { number, time in
            let rest = began.advanced(by: .seconds(time)) - .current
            try await self.loop.sleep(for: max(rest, .zero))
            try await self.order(number + 1)
        }
    }

    private func order(_ number: Int) async throws {
        var chance = SeededGenerator(seed: seed, "order", number)
        let isCanvas = chance.happens(0.25)
        // Some want the very same as others.
        let isTwin = chance.happens(0.15)
        let words = isTwin ? "the same \(isCanvas ? "canvas" : "picture") \(number % 3)" : "job \(number)"
        let size = chance.happens(0.1) ? 600 : Int.random(in: 64...256, using: &chance)
        var tries = 0
        while true {
            tries += 1
            let prompt = isTwin ? words : "\(words) try \(tries)"
            let place = submissions.count
            submissions.append(Submission(prompt: prompt))
            if let job = await self.job(for: prompt, isCanvas ? size : nil) {
                submissions[place].job = job
                accepted += 1
                if chance.happens(0.04) {
                    try await loop.sleep(for: .seconds(chance.within(0...4)))
                    submissions[place].askedToCancel = true
                    await cancel(job)
                }
                return
            }
            try await loop.sleep(for: .seconds(chance.within(0.05...0.4)))
        }
    }

    /// The job's id; `nil` when the site did not say that it has taken it.
    private func job(for prompt: String, _ canvasSize: Int?) async -> String? {
        var body: JSON = ["prompt": .string(prompt), "model": .string(FaultyProvider.model)]
        if let canvasSize {
            let size = JSON.integer(canvasSize)
            body = [
                "prompt": .string(prompt), "model": "atelier/canvas", "parameters": ["width": size, "height": size],
            ]
        }
        var request = ClientRequest("POST", "\(address)/api/v1/generate", network: .unrestricted)
        request.headers = [("Content-Type", "application/json")]
        request.body = body.serialized()
        request.timeout = .seconds(5)
        guard let response = try? await http.send(request), response.status == 202 else { return nil }
        return (try? JSON(parsing: response.body))?["job_id"]?.string
    }

    /// A few times, until the site says that it was told.
    private func cancel(_ job: String) async {
        for _ in 0..<5 {
            var request = ClientRequest("POST", "\(address)/jobs/\(job)/cancel", network: .unrestricted)
            request.headers = [
                ("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin"),
            ]
            request.timeout = .seconds(5)
            if let response = try? await http.send(request), response.status == 303 { return }
            try? await loop.sleep(for: .milliseconds(300))
        }
    }
}
