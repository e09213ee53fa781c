/// Chance that is the same for the same seed: SplitMix64 (Steele, Lea, Flood, 2014).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    /// For one of many things that are decided independently, in whatever order they come.
    public init(seed: UInt64, _ subject: String, _ number: Int = 0) {
        // FNV-1a, because the library's own hashes differ from run to run.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in subject.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        self.init(seed: seed ^ hash &+ UInt64(bitPattern: Int64(number)) &* 0xD6E8_FEB8_6659_FD93)
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    public mutating func happens(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &self) < probability
    }

    public mutating func within(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &self) }

    /// One of several, by their weights, of which one must be above zero.
    public mutating func pick<Choice>(_ choices: [(choice: Choice, weight: Double)]) -> Choice {
        var rest = within(0...choices.reduce(0) { $0 + $1.weight })
        for (choice, weight) in choices.dropLast() {
            rest -= weight
            if rest < 0 { return choice }
        }
        guard let last = choices.last else { preconditionFailure("nothing to pick from") }
        return last.choice
    }
}
