import Glibc

extension Scene {
    /// Thousands of strokes that follow one invisible current.
    mutating func flowField() {
        let back = tones.paper
        let noise = noise.layer(140)
        let wash = noise.layer(1)
        let tint = back.mixed(tones.accents[0], tones.isDark ? 0.14 : 0.1).linear, plain = back.linear
        let scale = 1 / unit
        sheet.shade { x, y, _ in
            mix(plain, tint, clamp(0.5 + wash.fractal(x * scale * 1.3, y * scale * 1.3, octaves: 2)))
        }
        let field = Current(random: &random, noise: noise, centre: Point(width, height) / 2, unit: unit)
        let ramp = Ramp(strokeColours())
        let area = width * height / (unit * unit)
        // Broad strokes first, fine ones over them.
        for (count, wide) in [(500, Float(0.013)), (1100, 0.006), (1500, 0.0026)] {
            for _ in 0..<Int(Float(count) * area) { stroke(field, ramp, wide: wide * unit) }
        }
        finish.tooth = tones.isDark ? 0.02 : 0.05
        finish.bloom = tones.isDark ? 0.35 : 0
        finish.vignette = 0.12
    }

    private func strokeColours() -> [Oklab] {
        let accents = tones.accents
        let edge = tones.isDark ? tones.ink : tones.paper.scaled(light: 0.92)
        return [accents[4], accents[2], accents[0], accents[1], edge, accents[3]]
    }

    private mutating func stroke(_ field: Current, _ ramp: Ramp, wide: Float) {
        var place = Point(random.between(-0.05, 1.05) * width, random.between(-0.05, 1.05) * height)
        let start = place
        let steps = random.whole(14...46)
        let step = unit * 0.0125
        let hue = field.hue(start) + random.bell() * 0.13
        let colour = ramp[hue] * random.between(0.82, 1.15)
        let width = wide * random.between(0.5, 1.3)
        for index in 0..<steps {
            let next = place + field.direction(at: place) * step
            // Swells and thins like a brush.
            let (t, u) = (Float(index) / Float(steps), Float(index + 1) / Float(steps))
            let from = width * smoothstep(0, 0.25, t) * smoothstep(1, 0.55, t)
            let to = width * smoothstep(0, 0.25, u) * smoothstep(1, 0.55, u)
            sheet.stroke(place, next, from, to, colour)
            place = next
        }
    }
}

/// The current: noise, bent around a few eddies.
private struct Current {
    private let noise: Noise
    private let unit: Float
    private let scale: Float
    private let turn: Float
    private let eddies: [(place: Point, strength: Float)]

    init(random: inout Random, noise: Noise, centre: Point, unit: Float) {
        self.noise = noise
        self.unit = unit
        scale = random.between(0.8, 1.9) / unit
        turn = random.between(0, 2 * .pi)
        eddies = (0..<random.whole(0...3)).map { _ in
            (
                centre * Point(random.between(0.2, 1.8), random.between(0.2, 1.8)),
                random.between(0.5, 1.6) * (random.chance(0.5) ? 1 : -1)
            )
        }
    }

    func direction(at place: Point) -> Point {
        let p = place * scale
        let angle = turn + noise.fractal(p.x, p.y, octaves: 2, gain: 0.35) * 3.4
        var heading = Point(cosf(angle), sinf(angle))
        for eddy in eddies {
            let off = (place - eddy.place) / (unit * 0.3)
            let squared = off.x * off.x + off.y * off.y
            let pull = eddy.strength * 1.7 * expf(-squared * 0.7)
            let around = Point(-off.y, off.x) / (squared.squareRoot() + 0.05)
            heading += around * pull
        }
        let size = length(heading)
        return size > 1e-4 ? heading / size : Point(1, 0)
    }

    /// Colour follows place and current, so that neighbours agree.
    func hue(_ place: Point) -> Float {
        let p = place * scale * 0.8
        return clamp(0.5 + 0.75 * noise.layer(9).fractal(p.x + 3, p.y, octaves: 2))
    }
}
