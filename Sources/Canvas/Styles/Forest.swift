import Glibc

extension Scene {
    /// Tree behind tree, each row paler, with mist between them.
    mutating func forest() {
        let horizon = height * random.between(0.6, 0.68)
        // Night in a wood is green rather than blue.
        if tones.isDark { tones.sky = tones.sky.map { $0.tinted(Oklab(0x1B5A55), 0.38) } }
        let lamp = sky(horizon: horizon, low: false)
        var chance = random.fork(110)
        if shows(.mountains, orByChance: 0.35) { ranges(horizon: horizon - unit * 0.08, lamp) }
        if shows(.birds, orByChance: 0.4) {
            let place = Point(width * chance.between(0.2, 0.8), horizon * chance.between(0.25, 0.5))
            birds(
                around: place,
                count: chance.whole(3...7),
                size: unit * 0.013,
                tones.ground[0].mixed(tones.haze, 0.2).linear
            )
        }
        let firs = reading.groundPalette != .autumn && reading.groundPalette != .spring || chance.chance(0.25)
        let layers = 6
        for layer in 0..<layers {
            if layer == layers - 2 { beams(lamp) }
            row(layer, of: layers, horizon: horizon, firs: firs, lamp, &chance)
        }
        if reading.has(.houses) {
            let foot = Point(width * chance.between(0.35, 0.65), height * 0.87)
            house(
                at: foot,
                size: unit * 0.13,
                roof: tones.ground(0.1).linear,
                wall: tones.ground(0.35).linear,
                side: tones.ground(0.22).linear,
                lit: true
            )
        }
        undergrowth(&chance)
        weather(horizon: horizon, fogged: true)
    }

    private func row(_ layer: Int, of layers: Int, horizon: Float, firs: Bool, _ lamp: Lamp, _ chance: inout Random) {
        let near = Float(layer) / Float(layers - 1)
        let dark = tones.ground(mix(0.3, 0.0, near))
        let air = powf(1 - near, 1.25) * 0.9
        let colour = dark.mixed(tones.haze, air)
        let base = mix(horizon, height * 1.02, powf(near, 1.3))
        let tall = unit * mix(0.1, 0.62, powf(near, 1.5)) * (height > width ? 1.25 : 1)
        let noise = noise.layer(111 + UInt32(layer))
        let scale = 1.7 / unit
        func ground(_ x: Float) -> Float {
            base + noise.fractal(x * scale, 1, octaves: 3) * unit * mix(0.035, 0.06, near)
        }
        let snow = reading.groundPalette == .winter || reading.has(.snow)
        let white = (tones.isDark ? Oklab(0x6F88A8) : Oklab(0xEEF3F8)).mixed(tones.haze, air * 0.8).linear
        // The middle stays open near by, so that one looks into the wood.
        let gap = width * mix(0, 0.42, near * near)
        let middle = width * chance.between(0.42, 0.58)
        var x = -tall * 0.2
        while x < width + tall * 0.2 {
            let foot = Point(x, ground(x) + unit * 0.012)
            let size = tall * chance.between(0.62, 1.2)
            x += tall * (firs ? chance.between(0.1, 0.32) : chance.between(0.2, 0.5))
            if abs(foot.x - middle) < gap / 2 { continue }
            if firs {
                let shade = colour.lighter(chance.bell() * 0.02)
                fir(
                    at: foot,
                    height: size,
                    shade.linear,
                    lit: shade.mixed(tones.light, 0.3).linear,
                    snow: snow && near > 0.3 ? white : nil,
                    chance: &chance
                )
            } else if reading.groundPalette == .winter {
                bareTree(at: foot, height: size * 1.15, colour.linear, snow: snow ? white : nil, chance: &chance)
            } else {
                let leaf =
                    reading.groundPalette == .autumn || chance.chance(0.2)
                    ? chance.pick(Array(tones.accents.prefix(3))) : tones.ground(chance.between(0.3, 0.7))
                broadleaf(
                    at: foot,
                    height: size * 0.95,
                    crown: leaf.scaled(light: mix(1, 0.72, near)).mixed(tones.haze, air),
                    bark: colour.linear,
                    towards: lamp.place.x > foot.x ? 1 : -1,
                    chance: &chance
                )
            }
        }
        let top = snow ? white : colour.mixed(tones.ground(0.45), 0.25 * (1 - air)).linear
        let deep = snow ? mix(white, colour.linear, 0.55) : colour.scaled(light: 0.8).linear
        ridge(from: base - unit * 0.08, to: layer == layers - 1 ? height : base + unit * 0.5, line: ground) { y in
            mix(top, deep, smoothstep(0, unit * 0.16, y - base))
        }
        if layer < layers - 1 {
            let strength: Float = (reading.has(.fog) ? 0.85 : 0.5) * mix(1, 0.4, near)
            if reading.allows(.fog) { fog(from: base - tall * 0.35, to: base + unit * 0.05, strength: strength) }
        }
    }

    /// Light that falls through the trees from the lamp.
    private func beams(_ lamp: Lamp) {
        guard lamp.isVisible, reading.allows(.sun) else { return }
        let noise = noise.layer(118)
        let strength: Float = lamp.isMoon ? 0.05 : tones.isDark ? 0.08 : 0.15
        sheet.shade { x, y, under in
            let (dx, dy) = (x - lamp.place.x, y - lamp.place.y)
            guard dy > 0 else { return under }
            let angle = dx / (dy + unit * 0.12)
            let rays = smoothstep(0.05, 0.7, noise.fractal(angle * 4.2, 2, octaves: 3))
            let distance = length(Point(dx, dy)) / unit
            let fall = smoothstep(0, 0.2, distance) * expf(-distance * 1.7)
            return under + lamp.colour * (rays * fall * strength)
        }
    }

    /// Grass and ferns along the lower edge.
    private func undergrowth(_ chance: inout Random) {
        let snow = reading.groundPalette == .winter || reading.has(.snow)
        guard !snow else { return }
        for _ in 0..<Int(260 * width / unit) {
            let near = chance.unit()
            let foot = Point(chance.unit() * width, height * mix(0.955, 1.02, near))
            let tall = unit * chance.between(0.02, 0.07) * (0.6 + near)
            let lean = chance.bell() * 0.5
            let colour = tones.ground(chance.between(0, 0.2) + 0.12 * (1 - near)).linear
            let bend = foot + Point(lean * 0.35, -0.6) * tall
            let wide = max(0.8, unit * 0.004)
            sheet.stroke(foot, bend, wide, wide * 0.7, colour)
            sheet.stroke(bend, foot + Point(lean, -1) * tall, wide * 0.7, wide * 0.2, colour)
        }
        if reading.has(.flowers) {
            for _ in 0..<Int(60 * width / unit) {
                let place = Point(chance.unit() * width, height * chance.between(0.92, 0.99))
                sheet.disc(place, unit * chance.between(0.003, 0.007), chance.pick(tones.accents).lighter(0.1).linear)
            }
        }
    }
}
