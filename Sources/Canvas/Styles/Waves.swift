import Glibc

extension Scene {
    /// Cut paper, sheet over sheet, each with its shadow.
    mutating func waves() {
        let layers = random.whole(9...13)
        let top = height * random.between(0.3, 0.46)
        paperSky(to: top)
        let noise = noise.layer(160)
        let colours = sheets(layers)
        let tooth = noise.layer(1)
        for layer in 0..<layers {
            let t = Float(layer) / Float(layers - 1)
            let base = mix(top, height * 0.97, powf(t, 1.12))
            let swell = unit * mix(0.035, 0.085, t) * random.between(0.75, 1.25)
            let wavelength = unit * mix(0.32, 0.75, t) * random.between(0.8, 1.3)
            let phase = random.between(0, 2 * .pi)
            let line = (0..<sheet.width).map { column in
                let x = Float(column)
                let drift = noise.fractal(x / unit * 1.1, Float(layer) * 5.7, octaves: 2)
                let turn = x / wavelength * 2 * .pi + phase + drift * 2.6
                // Crests are sharper than troughs, and lean.
                let shape = sinf(turn + 0.45 * sinf(turn))
                return base - (shape + 0.25 * shape * shape) * swell + drift * swell * 0.8
            }
            let upper = colours[layer].lighter(0.035).linear, lower = colours[layer].scaled(light: 0.9).linear
            let depth = unit * mix(0.018, 0.05, t), rim = colours[layer].lighter(0.11).linear
            line.withUnsafeBufferPointer { line in
                sheet.shade(from: Point(0, base - swell * 3 - depth), to: Point(width, height)) { x, y, under in
                    let below = y - line[Int(x)]
                    guard below > -0.5 else {
                        let shadow = smoothstep(depth, 0, -below)
                        return below < -depth ? under : under * (1 - 0.42 * shadow * shadow)
                    }
                    let fibre = 1 + 0.05 * tooth.at(x / unit * 150 + Float(layer) * 31, y / unit * 150)
                    let body = mix(upper, lower, smoothstep(0, unit * 0.22, below)) * fibre
                    // The cut edge catches the light.
                    let colour = mix(rim, body, smoothstep(unit * 0.0015, unit * 0.0045, below))
                    return mix(under, colour, clamp(below + 0.5))
                }
            }
            if layer == layers / 3, shows(.boats, orByChance: 0.35) {
                let x = random.between(0.2, 0.8) * width
                boat(
                    at: Point(x, line[min(sheet.width - 1, Int(x))] + unit * 0.015),
                    size: unit * 0.12,
                    leaning: random.bell() * 0.15,
                    sail: tones.light.linear,
                    hull: tones.accents[4].linear,
                    water: false
                )
            }
        }
        finish.bloom = 0.08
        finish.tooth = 0.03
        finish.vignette = 0.15
    }

    private func sheets(_ count: Int) -> [Oklab] {
        let stops =
            tones.isDark
            ? [tones.sky[tones.sky.count - 1], tones.accents[1], tones.accents[2], tones.accents[4], tones.ground[0]]
                .map { $0.scaled(light: 0.72) }
            : [tones.haze.lighter(0.05), tones.accents[1], tones.accents[0], tones.accents[2], tones.accents[4]]
        return (0..<count).map { index in
            let place = Float(index) / Float(count - 1) * Float(stops.count - 1)
            let low = min(Int(place), stops.count - 2)
            return stops[low].mixed(stops[low + 1], place - Float(low))
        }
    }

    private mutating func paperSky(to top: Float) {
        let ramp = tones.skyRamp
        let bottom = top + unit * 0.2
        sheet.shade { _, y, _ in ramp[y / bottom] }
        guard reading.allows(.sun) else { return }
        let centre = Point(width * random.between(0.25, 0.75), top - unit * random.between(0.02, 0.14))
        let radius = unit * random.between(0.1, 0.17)
        let light = tones.light
        for ring in (0..<4).reversed() {
            let size = radius * (1 + 0.36 * Float(ring))
            let paper = light.mixed(tones.sky[max(0, tones.sky.count - 2)], Float(ring) * 0.24).linear
            sheet.disc(centre + Point(0, unit * 0.006), size, .zero, alpha: 0.14, soft: unit * 0.04)
            sheet.disc(centre, size, paper)
        }
        if tones.isDark, reading.allows(.stars) {
            var chance = random.fork(162)
            for _ in 0..<60 { star(Point(chance.unit() * width, chance.unit() * top * 0.8), chance: &chance) }
        }
        if reading.has(.birds) {
            birds(around: centre - Point(unit * 0.1, radius), count: 5, size: unit * 0.016, tones.accents[4].linear)
        }
    }
}
