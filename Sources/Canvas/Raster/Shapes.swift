/// Shapes whose edges are smoothed by the distance to the outline.
extension Sheet {
    /// A filled ellipse, turned by `angle`; `soft` is the width of its edge in pixels.
    func ellipse(
        _ centre: Point,
        _ radii: Point,
        angle: Float = 0,
        _ colour: RGB,
        alpha: Float = 1,
        soft: Float = 1
    ) {
        let radii = Point(max(radii.x, 0.35), max(radii.y, 0.35))
        let reach = max(radii.x, radii.y) + soft
        let axis = angle == 0 ? Point(1, 0) : direction(angle)
        shade(from: centre - reach, to: centre + reach) { x, y, under in
            let (dx, dy) = (x - centre.x, y - centre.y)
            let (u, v) = ((dx * axis.x + dy * axis.y) / radii.x, (dy * axis.x - dx * axis.y) / radii.y)
            let norm = (u * u + v * v).squareRoot()
            let (gu, gv) = (u / radii.x, v / radii.y)
            let slope = (gu * gu + gv * gv).squareRoot()
            // First-order distance to the outline; in the middle the shorter radius will do.
            let distance = norm < 0.01 ? -min(radii.x, radii.y) : (norm - 1) * norm / slope
            return mix(under, colour, alpha * clamp(0.5 - distance / soft))
        }
    }

    func disc(_ centre: Point, _ radius: Float, _ colour: RGB, alpha: Float = 1, soft: Float = 1) {
        let reach = radius + soft
        // Thinner than a pixel: as faint as it is small.
        let strength = alpha * min(1, radius * 2)
        shade(from: centre - reach, to: centre + reach) { x, y, under in
            let distance = length(Point(x, y) - centre) - max(radius, 0.5)
            return mix(under, colour, strength * clamp(0.5 - distance / soft))
        }
    }

    /// Adds light that falls off smoothly to nothing at `radius`.
    func glow(_ centre: Point, _ radius: Float, _ colour: RGB, sharpness: Float = 0) {
        let scale = 1 / (radius * radius)
        shade(from: centre - radius, to: centre + radius) { x, y, under in
            let (dx, dy) = (x - centre.x, y - centre.y)
            let fall = max(0, 1 - (dx * dx + dy * dy) * scale)
            let plain = fall * fall
            return under + colour * (sharpness == 0 ? plain : plain / (1 + sharpness * (1 - fall)))
        }
    }

    /// A line with round ends that may taper; widths are whole widths in pixels.
    func stroke(_ from: Point, _ to: Point, _ start: Float, _ end: Float, _ colour: RGB, alpha: Float = 1) {
        let along = to - from
        let squared = max(along.x * along.x + along.y * along.y, 1e-6)
        let reach = max(start, end) / 2 + 1
        let low = Point(min(from.x, to.x), min(from.y, to.y)) - reach
        let high = Point(max(from.x, to.x), max(from.y, to.y)) + reach
        shade(from: low, to: high) { x, y, under in
            let p = Point(x, y) - from
            let t = clamp((p.x * along.x + p.y * along.y) / squared)
            let half = mix(start, end, t) / 2
            let cover = clamp(half - length(p - along * t) + 0.5) * min(1, half * 2)
            return mix(under, colour, alpha * cover)
        }
    }

    /// A filled box with exact edges.
    func rectangle(_ low: Point, _ high: Point, _ colour: RGB, alpha: Float = 1) {
        shade(from: low, to: high) { x, y, under in
            let across = min(x + 0.5, high.x) - max(x - 0.5, low.x)
            let down = min(y + 0.5, high.y) - max(y - 0.5, low.y)
            return mix(under, colour, alpha * max(0, across) * max(0, down))
        }
    }
}
