/// What a check has found wrong.
public struct Finding: Sendable {
    /// In the order of the report's columns.
    public enum Kind: String, CaseIterable, Sendable {
        case lost, doubled, stuck, overpaid, overlap = "overlaps", overLimit = "over limit"
        case rowWithoutFile = "rows without file", fileWithoutRow = "files without row", wrong
    }

    public let kind: Kind
    public let job: String?
    public let words: String

    init(_ kind: Kind, _ job: String? = nil, _ words: String) {
        self.kind = kind
        self.job = job
        self.words = words
    }
}

/// What is wrong, and what is remarkable without being wrong.
public struct Findings: Sendable {
    public private(set) var all: [Finding] = []
    /// How often something happened that the provider's protocol does not let anybody prevent, by its name.
    public private(set) var excused: [String: Int] = [:]

    mutating func add(_ kind: Finding.Kind, _ job: String? = nil, _ words: String) {
        all.append(Finding(kind, job, words))
    }

    mutating func excuse(_ name: String) { excused[name, default: 0] += 1 }

    public func count(_ kind: Finding.Kind) -> Int { all.count { $0.kind == kind } }
}
