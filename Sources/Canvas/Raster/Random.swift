/// PCG32 (O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms"): small, and the same
/// sequence everywhere.
struct Random {
    private var state: UInt64
    private let increment: UInt64

    /// Equal seeds with different streams give unrelated sequences.
    init(seed: UInt64, stream: UInt64 = 0) {
        increment = stream << 1 | 1
        state = 0
        _ = bits()
        state &+= seed
        _ = bits()
    }

    mutating func bits() -> UInt32 {
        let old = state
        state = old &* 6_364_136_223_846_793_005 &+ increment
        let shifted = UInt32(truncatingIfNeeded: ((old >> 18) ^ old) >> 27)
        let rotation = UInt32(truncatingIfNeeded: old >> 59)
        return shifted >> rotation | shifted << ((~rotation &+ 1) & 31)
    }

    /// In 0..<1.
    mutating func unit() -> Float { Float(bits() >> 8) * 0x1p-24 }

    mutating func between(_ low: Float, _ high: Float) -> Float { low + (high - low) * unit() }

    mutating func whole(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int((UInt64(bits()) * UInt64(range.count)) >> 32)
    }

    mutating func chance(_ probability: Float) -> Bool { unit() < probability }

    /// Bell-shaped around nought, within ±1: the mean of three draws.
    mutating func bell() -> Float { (unit() + unit() + unit()) * (2.0 / 3) - 1 }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[whole(0...elements.count - 1)] }

    /// A generator of its own for one part of the picture, so that adding a bird does not move the hills.
    func fork(_ part: UInt64) -> Random {
        Random(seed: state ^ part &* 0x9E37_79B9_7F4A_7C15, stream: increment >> 1 &+ part)
    }
}
