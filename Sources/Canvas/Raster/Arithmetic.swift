import Glibc

/// A place on the sheet, in pixels from the top left.
typealias Point = SIMD2<Float>

@inline(__always)
func clamp(_ value: Float, _ low: Float = 0, _ high: Float = 1) -> Float { min(max(value, low), high) }

/// Nought below `from`, one above `to`, and smooth between; `from` may be the larger.
@inline(__always)
func smoothstep(_ from: Float, _ to: Float, _ value: Float) -> Float {
    let t = clamp((value - from) / (to - from))
    return t * t * (3 - 2 * t)
}

@inline(__always)
func mix(_ a: Float, _ b: Float, _ t: Float) -> Float { a + (b - a) * t }

@inline(__always)
func mix(_ a: RGB, _ b: RGB, _ t: Float) -> RGB { a + (b - a) * t }

@inline(__always)
func mix(_ a: Point, _ b: Point, _ t: Float) -> Point { a + (b - a) * t }

@inline(__always)
func length(_ p: Point) -> Float { (p.x * p.x + p.y * p.y).squareRoot() }

@inline(__always)
func direction(_ angle: Float) -> Point { Point(cosf(angle), sinf(angle)) }

@inline(__always)
func turned(_ p: Point, _ angle: Float) -> Point {
    let (c, s) = (cosf(angle), sinf(angle))
    return Point(p.x * c - p.y * s, p.x * s + p.y * c)
}
