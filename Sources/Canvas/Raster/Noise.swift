/// Gradient noise from hashed lattice points: smooth, seeded, without tables.
struct Noise {
    let seed: UInt32

    init(seed: UInt32) { self.seed = seed }

    /// Another, unrelated noise.
    func layer(_ number: UInt32) -> Noise { Noise(seed: (seed ^ number &* 0x9E37_79B1) &* 0x85EB_CA6B &+ number) }

    /// About -1...1, nought on lattice points; features one unit apart. `x` and `y` within ±2^30.
    @inline(__always)
    func at(_ x: Float, _ y: Float) -> Float {
        // Truncate and step down when negative: a floor without a library call.
        let column = Int32(x) &- (x < 0 ? 1 : 0)
        let row = Int32(y) &- (y < 0 ? 1 : 0)
        let dx = x - Float(column)
        let dy = y - Float(row)
        let (left, top) = (UInt32(bitPattern: column), UInt32(bitPattern: row))
        let hashes = Self.hash(
            SIMD4(left, left &+ 1, left, left &+ 1),
            SIMD4(top, top, top &+ 1, top &+ 1),
            seed
        )
        let slopeX = Self.centred(hashes)
        let slopeY = Self.centred(hashes &>> 9)
        let corners = slopeX * SIMD4(dx, dx - 1, dx, dx - 1) + slopeY * SIMD4(dy, dy, dy - 1, dy - 1)
        let u = dx * dx * dx * (dx * (dx * 6 - 15) + 10)
        let v = dy * dy * dy * (dy * (dy * 6 - 15) + 10)
        let upper = corners[0] + (corners[1] - corners[0]) * u
        let lower = corners[2] + (corners[3] - corners[2]) * u
        return (upper + (lower - upper) * v) * 2.4
    }

    /// Octaves of ever finer noise, about -1...1.
    @inline(__always)
    func fractal(_ x: Float, _ y: Float, octaves: Int, gain: Float = 0.5) -> Float {
        var (x, y, amplitude, sum, total): (Float, Float, Float, Float, Float) = (x, y, 1, 0, 0)
        for _ in 0..<octaves {
            sum += at(x, y) * amplitude
            total += amplitude
            amplitude *= gain
            // Turned by 37 degrees an octave, so that the lattices do not line up.
            (x, y) = (1.6 * x - 1.2 * y + 17.3, 1.2 * x + 1.6 * y + 9.1)
        }
        return sum / total * 1.25
    }

    /// Sharp crests where the noise crosses nought, 0...1: mountain ridges, marble veins.
    @inline(__always)
    func ridged(_ x: Float, _ y: Float, octaves: Int) -> Float {
        var (x, y, amplitude, sum, total, carry): (Float, Float, Float, Float, Float, Float) = (x, y, 1, 0, 0, 1)
        for _ in 0..<octaves {
            let crest = max(0, 1 - abs(at(x, y)) * 1.35)
            let sharp = crest * crest * carry
            sum += sharp * amplitude
            total += amplitude
            carry = min(1, sharp * 1.6)
            amplitude *= 0.5
            (x, y) = (1.6 * x - 1.2 * y + 17.3, 1.2 * x + 1.6 * y + 9.1)
        }
        return sum / total
    }

    /// A fixed random number in 0..<1 for a cell.
    @inline(__always)
    func cell(_ x: Int32, _ y: Int32) -> Float {
        let hash = Self.hash(SIMD4(repeating: UInt32(bitPattern: x)), SIMD4(repeating: UInt32(bitPattern: y)), seed)
        return Float(hash[0] >> 8) * 0x1p-24
    }

    @inline(__always)
    private static func hash(_ x: SIMD4<UInt32>, _ y: SIMD4<UInt32>, _ seed: UInt32) -> SIMD4<UInt32> {
        var hash = (x &* 0x9E37_79B1) ^ (y &* 0x85EB_CA77) ^ SIMD4(repeating: seed)
        hash = (hash ^ (hash &>> 15)) &* 0x2C1B_3C6D
        hash = (hash ^ (hash &>> 12)) &* 0x297A_2D39
        return hash ^ (hash &>> 15)
    }

    /// The low 23 bits as a number within ±0.5.
    @inline(__always)
    private static func centred(_ hash: SIMD4<UInt32>) -> SIMD4<Float> {
        let bits = (hash & 0x7F_FFFF) | 0x3F80_0000
        return SIMD4(
            Float(bitPattern: bits[0]),
            Float(bitPattern: bits[1]),
            Float(bitPattern: bits[2]),
            Float(bitPattern: bits[3])
        ) - 1.5
    }
}
