import Glibc
import Support

extension Checker {
    /// All that is known of a job, a line for each event.
    public func story(of job: String) -> String {
        var lines: [(time: Double, words: String)] = []
        for move in moves[job, default: []] {
            let lease = move.lease.map { " lease \($0.prefix(8))" } ?? ""
            lines.append((move.time, "\(move.from ?? "·") → \(move.to), attempt \(move.attempt)\(lease)"))
        }
        for attempt in attempts[job, default: []] {
            let name = "attempt \(attempt.number) by \(attempt.worker)"
            lines.append((attempt.startedAt, "\(name) begins"))
            let words = [attempt.outcome, attempt.reference, attempt.error].compactMap { $0 }.joined(separator: ", ")
            if let end = attempt.endedAt { lines.append((end, "\(name) ends: \(words)")) }
        }
        let prompt = jobs[job]?.prompt ?? ""
        var told: Set<String> = Set(attempts[job, default: []].compactMap(\.reference))
        told.formUnion(predictionsOfPrompt[prompt, default: []].map(\.id))
        for prediction in told.compactMap({ predictions[$0] }) {
            lines.append((prediction.createdAt, "\(prediction.id) is created by \(prediction.client)"))
            if let end = prediction.endedAt { lines.append((end, "\(prediction.id) ends: \(prediction.status)")) }
        }
        let clients = Set(evidence.uses.filter { told.contains($0.prediction) }.map(\.client))
        for use in evidence.uses where told.contains(use.prediction) && use.kind != .create {
            lines.append((use.time, "\(use.kind) of \(use.prediction) by \(use.client)"))
        }
        for freeze in evidence.freezes where clients.contains(freeze.client) {
            lines.append((freeze.start, "\(freeze.client) is frozen"))
            lines.append((freeze.end, "\(freeze.client) is thawed"))
        }
        let first = lines.map(\.time).min() ?? 0
        let last = (moves[job]?.last?.time ?? .infinity) + 5
        let shown = lines.filter { (first...last).contains($0.time) }.sorted { $0.time < $1.time }
        let state = jobs[job].map { "\($0.queue), \($0.state)\($0.error.map { ": \($0)" } ?? "")" } ?? "unknown"
        return (["job \(job) “\(prompt)” \(state)"] + shown.map { "  \(clock($0.time))  \($0.words)" })
            .joined(separator: "\n")
    }
}

/// The time of day, to the millisecond.
func clock(_ time: Double) -> String {
    var whole = time_t(time)
    var parts = tm()
    gmtime_r(&whole, &parts)
    func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let milliseconds = Int((time - Double(whole)) * 1000)
    return [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }.joined(separator: ":")
        + "." + padded(milliseconds, 3)
}
