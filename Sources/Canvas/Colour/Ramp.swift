/// A gradient through several colours, mixed in Oklab and looked up in linear light.
struct Ramp {
    private static let steps = 512
    private let table: [RGB]

    /// Stops lie at equal distances; one stop is a plain colour.
    init(_ stops: [Oklab]) {
        table = (0...Self.steps).map { step in
            let place = Float(step) / Float(Self.steps) * Float(stops.count - 1)
            let index = min(Int(place), max(0, stops.count - 2))
            let next = min(index + 1, stops.count - 1)
            // Smoothed a little, so that no stop shows as an edge.
            let t = place - Float(index)
            return stops[index].mixed(stops[next], mix(t, smoothstep(0, 1, t), 0.4)).linear
        }
    }

    /// Clamped to 0...1.
    @inline(__always)
    subscript(_ place: Float) -> RGB {
        table[Int(clamp(place) * Float(Self.steps))]
    }
}
