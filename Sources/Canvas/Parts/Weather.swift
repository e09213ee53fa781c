import Glibc

/// What falls or hangs before everything else.
extension Scene {
    /// Draws what the words asked for over the finished place.
    func weather(horizon: Float, fogged: Bool = false) {
        if reading.has(.fog), !fogged { fog(from: horizon - unit * 0.12, to: horizon + unit * 0.3) }
        if reading.has(.rain) { rainfall() }
        if reading.has(.snow) { snowfall() }
        if reading.has(.fireflies) { fireflies(above: horizon) }
    }

    /// A bank of fog between two rows, thin at both edges.
    func fog(from top: Float, to bottom: Float, strength: Float = 0.75) {
        let noise = noise.layer(51)
        let colour = tones.haze.lighter(tones.isDark ? 0.04 : 0.08).linear
        let middle = (top + bottom) / 2, half = max(1, (bottom - top) / 2)
        let scale = 2 / unit
        sheet.shade(rows: Int(max(0, top - half))..<max(0, Int(bottom + half))) { x, y, under in
            let body = 1 - abs(y - middle) / (half * 2)
            let wisp = 0.7 + 0.5 * noise.fractal(x * scale, y * scale * 3.2, octaves: 4)
            return mix(under, colour, clamp(smoothstep(0, 0.8, body) * wisp * strength))
        }
    }

    func rainfall() {
        var chance = random.fork(52)
        let slant = chance.between(-0.3, 0.3)
        let colour = tones.haze.lighter(0.2).linear
        let area = width * height / (unit * unit)
        for _ in 0..<Int(720 * area) {
            let near = chance.unit()
            let from = Point(chance.between(-0.2, 1.2) * width, chance.between(-0.1, 1) * height)
            let length = unit * mix(0.025, 0.085, near)
            let wide = max(0.7, unit * mix(0.0008, 0.0024, near))
            sheet.stroke(from, from + Point(slant, 1) * length, wide * 0.4, wide, colour, alpha: mix(0.14, 0.36, near))
        }
    }

    func snowfall() {
        var chance = random.fork(53)
        let colour = (tones.isDark ? tones.light.scaled(light: 0.9) : Oklab(0xFDFEFF)).linear
        let area = width * height / (unit * unit)
        for _ in 0..<Int(900 * area) {
            let near = powf(chance.unit(), 3)
            let place = Point(chance.unit() * width, chance.unit() * height)
            let size = unit * mix(0.0016, 0.0105, near)
            sheet.disc(place, size, colour, alpha: mix(0.75, 0.5, near), soft: max(1, size * mix(0.5, 1.6, near)))
        }
    }

    func fireflies(above horizon: Float) {
        var chance = random.fork(54)
        let colour = Oklab(0xE8FF7A).linear
        for _ in 0..<Int(70 * width * height / (unit * unit)) {
            let place = Point(chance.unit() * width, mix(horizon * 0.8, height, chance.unit()))
            let size = unit * chance.between(0.0025, 0.006)
            sheet.glow(place, size * 7, colour * 0.28, sharpness: 5)
            sheet.disc(place, size * 0.5, colour * 1.6)
        }
    }
}
