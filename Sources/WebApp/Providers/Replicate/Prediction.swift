import JSON
import Postgres

/// A prediction as Replicate's HTTP API describes it; what may be missing or null there is optional here.
struct Prediction: Sendable {
    enum Status: Sendable, Hashable {
        case starting, processing, succeeded, failed, canceled
        /// The deadline passed before it started; not charged.
        case aborted
        /// A word that the API did not have when this was written.
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
    }

    let id: String
    let status: Status
    /// `owner/name`
    let model: String?
    /// 64 hexadecimal digits, or a word such as `hidden`.
    let version: String?
    let input: JSON
    let output: JSON
    let error: String?
    let logs: PredictionLogs
    /// Input, output and files are removed an hour after a prediction made by the API.
    let isDataRemoved: Bool
    /// What it used, once it has ended; Replicate adds names to them.
    let metrics: JSONObject
    let createdAt: Timestamp?
    let completedAt: Timestamp?
    /// When Replicate cancels it by itself.
    let deadline: Timestamp?

    /// `nil` when it is no prediction: without an id of Replicate's alphabet, or without a status.
    init?(_ json: JSON) {
        guard let id = json["id"]?.string, Self.isID(id), let status = json["status"]?.string else { return nil }
        self.id = id
        self.status = Status(status)
        model = json["model"]?.string
        version = json["version"]?.string
        input = json["input"] ?? .null
        output = json["output"] ?? .null
        error = json["error"].flatMap { $0.isNull ? nil : $0.string ?? $0.text }
        logs = PredictionLogs(text: json["logs"]?.string ?? "")
        isDataRemoved = json["data_removed"]?.bool ?? false
        metrics = json["metrics"]?.object ?? [:]
        createdAt = json["created_at"]?.string.flatMap { Timestamp($0) }
        completedAt = json["completed_at"]?.string.flatMap { Timestamp($0) }
        deadline = json["deadline"]?.string.flatMap { Timestamp($0) }
    }

    /// Letters and digits, so that it can stand in a path.
    static func isID(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
            }
    }

    /// Nothing more will come. A status of an unknown word ends with the time that says so.
    var hasEnded: Bool {
        switch status {
        case .succeeded, .failed, .canceled, .aborted: true
        case .starting, .processing, .unknown: completedAt != nil
        }
    }

    var hasSucceeded: Bool {
        switch status {
        case .succeeded: true
        case .failed, .canceled, .aborted: false
        case .starting, .processing, .unknown: hasEnded && hasOutput
        }
    }

    var hasOutput: Bool { !output.isNull && !isDataRemoved }

    /// Seconds of computing.
    var predictTime: Double? { metrics["predict_time"]?.double.flatMap { $0 >= 0 ? $0 : nil } }

    /// How many pictures it made; `nil` when that is not to be seen any more.
    var pictureCount: Int? {
        if let count = metrics["image_count"]?.int, count >= 0 { return count }
        return isDataRemoved ? nil : files.count
    }

    /// Whether it can lead nowhere any more, so that another one is needed: it was stopped, or what it made is removed.
    var isLost: Bool { status == .canceled || status == .aborted || hasSucceeded && isDataRemoved }

    /// Whether Replicate cancelled it because of the deadline that it was created with.
    var ranOutOfTime: Bool {
        guard status == .canceled, let deadline, let completedAt else { return status == .aborted }
        return completedAt >= deadline - .seconds(1)
    }

    /// Every file in the output, whatever its shape: a string, a list, an object; as URLs of http, https or data.
    var files: [String] {
        var found: [String] = []
        collect(output, into: &found, depth: 0)
        return found
    }

    private func collect(_ value: JSON, into found: inout [String], depth: Int) {
        guard found.count < OutputFiles.most, depth < 8 else { return }
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
