/// What a model wrote while it ran: the only place that tells its progress and, mostly, its seed.
struct PredictionLogs: Sendable {
    let text: String

    /// How far the last progress bar is, 0 … 1, as tqdm draws it: ` 42%|████  | 21/50`.
    var progress: Double? {
        for line in text.split(whereSeparator: \.isNewline).reversed() {
            let words = line.split(separator: "%", maxSplits: 1)
            guard words.count == 2, let percent = Int(words[0].trimmingSpaces), (0...100).contains(percent),
                words[1].trimmingSpaces.hasPrefix("|")
            else { continue }
            return Double(percent) / 100
        }
        return nil
    }

    /// As most models log it: `Using seed: 1234`.
    var seed: Int? {
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.lowercased()
            guard let words = line.firstRange(of: "using seed:") else { continue }
            return Int(line[words.upperBound...].trimmingSpaces.prefix { $0.isASCII && $0.isNumber })
        }
        return nil
    }
}
