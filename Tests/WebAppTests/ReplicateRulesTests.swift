import EventLoop
import JSON
import Jobs
import Postgres
import Testing

@testable import WebApp

@Suite("The rules for Replicate")
struct ReplicateRulesTests {
    @Test func `looks are soon at first, then less and less often`() {
        var pace = PollPace()
        let pauses = (1...20).map { _ in pace.next(chance: 0.5) }
        #expect(pauses[0] == .milliseconds(250))
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(pauses.last == .seconds(5))
        var early = PollPace()
        #expect(early.next(chance: 0) < pauses[0])
    }

    @Test func `failures are borne for two minutes, and what is asked for is kept to`() throws {
        let start = MonotonicTime.current
        let failure = JobError.transient("no")
        var pace = PollPace()
        #expect(pace.next(after: failure, at: start, chance: 0) != nil)
        #expect(pace.next(after: failure, at: start.advanced(by: .seconds(119)), chance: 0) != nil)
        #expect(pace.next(after: failure, at: start.advanced(by: .seconds(120)), chance: 0) == nil)
        // One answer in between, and patience begins anew.
        _ = pace.next(chance: 0)
        #expect(pace.next(after: failure, at: start.advanced(by: .seconds(500)), chance: 0) != nil)

        var asked = PollPace()
        let wait = JobError.transient("wait", retryAfter: .seconds(300))
        #expect(asked.next(after: wait, at: start, chance: 0) == .seconds(300))
        #expect(asked.next(after: failure, at: start.advanced(by: .seconds(301)), chance: 0) != nil)
    }

    @Test(arguments: [
        ("", nil), ("Using seed: 7", nil), ("  0%|          | 0/4", 0),
        (" 25%|██▌  | 1/4\r\n 50%|█████ | 2/4\r\n", 0.5),
        ("100%|██████████| 4/4 [00:02]\nsaving", 1), ("900%|x| 9/1", nil), ("loss 3% better | than\n5% of it", nil),
        ("\r  0%| | 0/50\r 42%|████  | 21/50", 0.42),
    ])
    func `progress is the last bar in the logs`(logs: String, progress: Double?) {
        #expect(PredictionLogs(text: logs).progress == progress)
    }

    @Test(arguments: [
        ("Using seed: 41239\r\n  0%|", 41239), ("loading\nusing SEED:7", 7), ("no seed", nil), ("Using seed: ?", nil),
        ("Using seed: 99999999999999999999999", nil),
    ])
    func `a seed is found in the logs`(logs: String, seed: Int?) {
        #expect(PredictionLogs(text: logs).seed == seed)
    }

    @Test(arguments: [
        ("https://b.example/x", "https://b.example/x"), ("HTTPS://b.example", "HTTPS://b.example"),
        ("//b.example/x", "https://b.example/x"), ("/x?y", "https://a.example:8443/x?y"),
        ("x", "https://a.example:8443/dir/x"), ("?z", "https://a.example:8443/dir/file?z"),
        ("", "https://a.example:8443/dir/file"), ("file:///etc/passwd", "file:///etc/passwd"),
        ("/x:y", "https://a.example:8443/x:y"), ("1a:b", "https://a.example:8443/dir/1a:b"),
    ])
    func `a redirect may be relative`(reference: String, resolved: String) {
        #expect(URLReference.resolve(reference, against: "https://a.example:8443/dir/file?q=/a/b#c") == resolved)
    }

    @Test func `a redirect from a bare host stays on it`() {
        #expect(URLReference.resolve("x", against: "https://a.example") == "https://a.example/x")
        #expect(URLReference.resolve("x", against: "https://a.example?q") == "https://a.example/x")
        #expect(URLReference.resolve("x", against: "nonsense") == nil)
    }

    @Test(arguments: [
        ("a\u{0}b\r\n\tc ", "a b c"), ("\u{202E}\u{200B}evil", "evil"), ("👩‍🎨 “é”", "👩‍🎨 “é”"), ("", ""),
        ("12345678901", "1234567890…"), ("1234567890 ", "1234567890"), ("key=r8_x.", "key=•••."),
        ("e" + String(repeating: "\u{301}", count: 5000), "e" + String(repeating: "\u{301}", count: 9) + "…"),
    ])
    func `a provider's words are made fit to be shown`(said: String, shown: String) {
        #expect(said.cleaned(atMost: 10, hiding: Secret(revealed: "r8_x")) == shown)
    }

    @Test func `a prediction answers an order by model and input, however numbers are written`() throws {
        let version = String(repeating: "0a", count: 32)
        func matches(_ model: String, _ prediction: String) throws -> Bool {
            let order = PredictionOrder(
                model: try #require(ReplicateModelID(model)),
                input: ["prompt": "x", "guidance": 3.0, "sizes": [1, 2.5]]
            )
            let json = try JSON(parsing: #"{"id":"a1","status":"starting","# + prediction + "}")
            return order.matches(try #require(Prediction(json)))
        }
        let input = #""input":{"guidance":3,"sizes":[1.0,2.5],"prompt":"x"}"#
        #expect(try matches("acme/painter", #""model":"Acme/painter","version":"hidden","# + input))
        #expect(try matches("acme/painter:\(version)", #""model":"acme/painter","version":"\#(version)","# + input))
        #expect(try matches(version, #""version":"\#(version)","# + input))
        #expect(try !matches("acme/sculptor", #""model":"acme/painter","version":"hidden","# + input))
        #expect(try !matches(version, #""model":"acme/painter","version":"hidden","# + input))
        #expect(try !matches("acme/painter", #""model":"acme/painter","input":{}"#))
        #expect(try !matches("acme/painter", #""model":"acme/painter","input":{"prompt":"x","guidance":3}"#))
        #expect(try !matches("acme/painter", input))
    }

    @Test(arguments: [
        #"{}"#, #"{"id":"a/../b","status":"starting"}"#, #"{"id":"","status":"starting"}"#, #"{"id":"a1"}"#,
        #"{"id":7,"status":"starting"}"#, "[]", "null",
    ])
    func `what is no prediction is not taken for one`(text: String) throws {
        #expect(Prediction(try JSON(parsing: text)) == nil)
    }

    @Test func `null and absent are the same, and an unknown word ends with its time`() throws {
        func prediction(_ members: String) throws -> Prediction {
            try #require(Prediction(try JSON(parsing: #"{"id":"a1","# + members + "}")))
        }
        let bare = try prediction(#""status":"starting""#)
        let null = try prediction(
            #""status":"starting","logs":null,"metrics":null,"output":null,"error":null,"completed_at":null"#
        )
        for prediction in [bare, null] {
            #expect(!prediction.hasEnded && !prediction.hasOutput)
            #expect(prediction.error == nil && prediction.predictTime == nil && prediction.files.isEmpty)
        }
        #expect(try !prediction(#""status":"uploading""#).hasEnded)
        let ended = #""completed_at":"2026-11-21T09:00:10.123456789Z""#
        #expect(try prediction(#""status":"done","output":"https://a.example","# + ended).hasSucceeded)
        let broken = try prediction(#""status":"exploded","error":{"code":7},"# + ended)
        #expect(broken.hasEnded && !broken.hasSucceeded)
        #expect(JobError(failed: broken) == .permanent(#"{"code":7}"#))
    }

    @Test func `a cancellation by the deadline may be tried again, one by hand not`() throws {
        func failure(completed: String) throws -> JobError {
            let json = try JSON(
                parsing: #"""
                    {"id":"a1","status":"canceled","deadline":"2026-11-21T09:00:10Z","completed_at":"\#(completed)"}
                    """#
            )
            return JobError(failed: try #require(Prediction(json)))
        }
        #expect(try failure(completed: "2026-11-21T09:00:10.2Z").isTransient)
        #expect(try !failure(completed: "2026-11-21T09:00:05Z").isTransient)
    }

    @Test func `what is remembered is read again, and nonsense is nothing`() throws {
        for memory in [.nothing, .creating(.now), .prediction("abc123")] as [PredictionMemory] {
            #expect(PredictionMemory(memory.checkpoint) == memory)
        }
        #expect(PredictionMemory(nil) == .nothing)
        #expect(PredictionMemory(["prediction": "../account"]) == .nothing)
        #expect(PredictionMemory(["creating": "yesterday"]) == .nothing)
    }
}
