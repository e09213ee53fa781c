import JSON

/// A prediction as Replicate's HTTP API describes it; what may be missing or null there is optional here.
struct Prediction: Sendable {
    enum Status: Sendable, Hashable {
        case starting, processing, succeeded, failed, canceled
        /// The deadline passed before it started; not charged.
        case aborted
        /// A word that the API did not have when this was written: waited for like `processing`.
        case unknown(String)

        init(_ word: String) {
            self =
                switch word {
                case "starting": .starting
                case "processing": .processing
                case "succeeded": .succeeded
                case "failed": .failed
                case "canceled", "cancelled": .canceled
                case "aborted": .aborted
                default: .unknown(word)
                }
        }

        var isTerminal: Bool {
            switch self {
            case .succeeded, .failed, .canceled, .aborted: true
            case .starting, .processing, .unknown: false
            }
        }
    }

    let id: String
    let status: Status
    let input: JSON
    let output: JSON
    let error: String?
    let logs: String
    /// Input, output and files are removed an hour after a prediction made by the API.
    let isDataRemoved: Bool
    let predictTime: Double?

    /// `nil` when it is no prediction: without an id of Replicate's alphabet, or without a status.
    init?(_ json: JSON) {
        guard let id = json["id"]?.string, (1...100).contains(id.utf8.count),
            id.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
            }),
            let status = json["status"]?.string
        else { return nil }
        self.id = id
        self.status = Status(status)
        input = json["input"] ?? .null
        output = json["output"] ?? .null
        error = json["error"].flatMap { $0.isNull ? nil : $0.string ?? $0.text }
        logs = json["logs"]?.string ?? ""
        isDataRemoved = json["data_removed"]?.bool ?? false
        predictTime = json["metrics"]?["predict_time"]?.double
    }

    /// With `Prefer: wait` the answer comes as soon as all output is there, usually still `processing`.
    var hasOutput: Bool { !output.isNull && !isDataRemoved }

    /// How far the last progress bar in the logs is, 0 … 1: ` 42%|████  | 21/50`.
    var progress: Double? {
        for line in logs.split(whereSeparator: { $0 == "\n" || $0 == "\r" }).reversed() {
            let words = line.split(separator: "%", maxSplits: 1)
            guard words.count == 2, let percent = Int(words[0].trimmingSpaces), (0...100).contains(percent),
                words[1].trimmingSpaces.hasPrefix("|")
            else { continue }
            return Double(percent) / 100
        }
        return nil
    }

    /// The seed as most models log it: `Using seed: 1234`.
    var loggedSeed: Int? {
        for line in logs.split(whereSeparator: { $0 == "\n" || $0 == "\r" }) {
            guard let words = line.lowercased().firstRange(of: "using seed:") else { continue }
            let digits = line.lowercased()[words.upperBound...].trimmingSpaces.prefix { $0.isASCII && $0.isNumber }
            return Int(digits)
        }
        return nil
    }

    /// Every file in the output, whatever its shape: a string, a list, an object; as URLs of http, https or data.
    var files: [String] {
        var found: [String] = []
        collect(output, into: &found, depth: 0)
        return found
    }

    private func collect(_ value: JSON, into found: inout [String], depth: Int) {
        guard found.count < ReplicateProvider.mostFiles, depth < 8 else { return }
        switch value {
        case .string(let text):
            let isFile = ["https:", "http:", "data:"].contains { text.hasPrefix($0) }
            if isFile, !found.contains(text) { found.append(text) }
        case .array(let elements):
            for element in elements { collect(element, into: &found, depth: depth + 1) }
        case .object(let object):
            for member in object { collect(member.value, into: &found, depth: depth + 1) }
        default:
            break
        }
    }
}
