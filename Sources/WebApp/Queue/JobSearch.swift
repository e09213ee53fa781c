import Jobs
import Postgres

/// What somebody looks for among the jobs, typed in one line: `state:failed model:atelier/canvas "two boats"`.
///
/// Different qualifiers must all hold; of one qualifier's values, separated by commas or given again, any may. Words
/// without a qualifier are looked for in the prompt.
struct JobSearch: Sendable {
    static let longest = 500

    /// As it was typed.
    let text: String
    private(set) var states: [Generation.State]?
    private(set) var models: [String]?
    private(set) var queues: [String]?
    private(set) var kinds: [String]?
    private(set) var owners: [String]?
    /// Beginnings of names.
    private(set) var workers: [String]?
    /// Words of the error, all of them.
    private(set) var errors: [String] = []
    /// Words of the prompt, all of them.
    private(set) var words: [String] = []
    private(set) var ids: ClosedRange<JobID>?
    private(set) var olderThan: Duration?
    private(set) var youngerThan: Duration?
    private(set) var attempts = 0...Int(Int32.max)
    /// One sentence for each word that cannot be followed; such a search finds nothing.
    private(set) var problems: [String] = []

    static let qualifiers = [
        "state", "model", "queue", "kind", "owner", "worker", "age", "attempts", "error", "id",
    ]

    var isEmpty: Bool { text.allSatisfy(\.isWhitespace) }

    init(_ text: String) {
        self.text = text
        guard text.utf8.count <= Self.longest else {
            problems = ["A search has at most \(Self.longest) characters."]
            return
        }
        for word in SearchWord.split(text) { add(word) }
    }

    /// The same search among jobs of these states only.
    func among(_ states: [Generation.State]) -> JobSearch {
        var search = self
        search.states = states.filter { self.states?.contains($0) ?? true }
        return search
    }

    private mutating func add(_ word: SearchWord) {
        guard let name = word.qualifier else {
            if !word.value.isEmpty { words.append(word.value) }
            return
        }
        guard Self.qualifiers.contains(name) else {
            return refuse(
                word,
                "\(name) is not known; known are \(Self.qualifiers.joined(separator: ", ")). In quotation marks it is"
                    + " looked for in the prompt"
            )
        }
        guard !word.values.isEmpty else { return refuse(word, "a value is missing after \(name):") }
        switch name {
        case "state": addStates(word)
        case "model": models = (models ?? []) + word.values
        case "queue": queues = (queues ?? []) + word.values
        case "kind": kinds = (kinds ?? []) + word.values
        case "owner": owners = (owners ?? []) + word.values
        case "worker": workers = (workers ?? []) + word.values
        case "age": addAge(word)
        case "attempts": addAttempts(word)
        case "error": errors.append(word.value)
        default: addID(word)
        }
    }

    private mutating func addStates(_ word: SearchWord) {
        for value in word.values {
            guard let state = Generation.State(rawValue: value.lowercased()) else {
                let known = Generation.State.allCases.map(\.rawValue).joined(separator: ", ")
                refuse(word, "the states are \(known)")
                continue
            }
            states = (states ?? []) + [state]
        }
    }

    private mutating func addAge(_ word: SearchWord) {
        switch (word.value.first, SearchWord.duration(word.value.dropFirst())) {
        case (">", let age?): olderThan = max(olderThan ?? age, age)
        case ("<", let age?): youngerThan = min(youngerThan ?? age, age)
        default: refuse(word, "write age:>1h for older or age:<10m for younger, in s, m, h, d or w")
        }
    }

    private mutating func addAttempts(_ word: SearchWord) {
        guard let range = SearchWord.range(word.value) else {
            return refuse(word, "write attempts:2, attempts:>2 or attempts:<2")
        }
        // Nothing is in two ranges that do not touch; -1 is no number of attempts.
        attempts = attempts.overlaps(range) ? attempts.clamped(to: range) : -1 ... -1
    }

    private mutating func addID(_ word: SearchWord) {
        guard ids == nil, let range = JobID.range(startingWith: word.value) else {
            return refuse(word, ids == nil ? "an id is hexadecimal; its first 4 digits are enough" : "one id at a time")
        }
        ids = range
    }

    private mutating func refuse(_ word: SearchWord, _ reason: String) {
        problems.append("“\(word.text)”: \(reason).")
    }
}

extension JobID {
    static let lowest = JobID(rawValue: .zero)
    static let highest = JobID("ffffffff-ffff-ffff-ffff-ffffffffffff") ?? lowest

    /// The ids that begin with these 4 to 36 characters, hyphens where they belong; `nil` when none can.
    static func range(startingWith text: String) -> ClosedRange<JobID>? {
        guard (4...36).contains(text.utf8.count), text.utf8.allSatisfy({ $0 < 0x80 }),
            let first = JobID(text + lowest.description.dropFirst(text.utf8.count)),
            let last = JobID(text + highest.description.dropFirst(text.utf8.count))
        else { return nil }
        return first...last
    }
}
