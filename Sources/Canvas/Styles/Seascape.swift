import Glibc

extension Scene {
    /// The sea under a wide sky: glitter below the lamp, boats, headlands, sometimes a beach.
    mutating func seascape() {
        let horizon = (height * random.between(0.44, 0.6)).rounded() + 0.5
        let lamp = sky(horizon: horizon, low: random.chance(0.5))
        var chance = random.fork(101)
        if shows(.mountains, orByChance: 0.5) { headlands(horizon: horizon, &chance) }
        sea(horizon: horizon, lamp)
        if reading.has(.lighthouse) { lighthouse(horizon: horizon, &chance) }
        boats(horizon: horizon, lamp, &chance)
        let colour = tones.isDark ? tones.ground[0] : tones.ground[0].mixed(tones.haze, 0.15)
        if shows(.birds, orByChance: 0.6) {
            let place = Point(width * chance.between(0.15, 0.85), horizon * chance.between(0.3, 0.75))
            birds(around: place, count: chance.whole(3...9), size: unit * 0.015, colour.linear)
        }
        if shows(.beach, orByChance: 0.3) { beach(lamp, &chance) }
        weather(horizon: horizon)
    }

    private func headlands(horizon: Float, _ chance: inout Random) {
        let noise = noise.layer(102)
        for layer in 0..<3 {
            let nearness = Float(layer) / 2
            let colour = tones.haze.mixed(tones.ground(0.18), 0.25 + 0.3 * nearness)
            let foot = tones.haze.mixed(colour, 0.65).linear
            let body = colour.linear
            let side: Float = chance.chance(0.5) ? 0 : 1
            let reach = chance.between(0.3, 0.6)
            let tall = unit * chance.between(0.06, 0.14) * (reading.has(.mountains) ? 1.6 : 1)
            let scale = 2.6 / unit
            ridge(from: horizon - tall * 2, to: horizon) { x in
                let inland = side == 0 ? x / width : 1 - x / width
                let slope = smoothstep(reach, reach * 0.3, inland)
                let rough = 0.7 + 0.55 * noise.fractal(x * scale, Float(layer) * 9, octaves: 5)
                return horizon + 1 - tall * slope * rough
            } colour: { y in
                mix(body, foot, smoothstep(horizon - tall, horizon, y))
            }
        }
    }

    /// Every pixel of water mirrors the sky at an angle that its wave decides.
    private func sea(horizon: Float, _ lamp: Lamp) {
        let ramp = tones.skyRamp
        let waves = noise.layer(103)
        let deep = tones.sky[0].mixed(tones.ground(reading.groundPalette == .ocean ? 0.3 : 0.12), 0.6)
        let near = deep.scaled(light: 0.82).linear, far = deep.mixed(tones.haze, 0.3).linear
        let depth = height - horizon
        let storm: Float = reading.palette == .storm ? 1.9 : 1
        let light = lamp.colour * (lamp.isMoon ? 0.55 : storm > 1 ? 0.22 : 0.8)
        let spread = lamp.isMoon ? 0.05 : mix(0.16, 0.055, smoothstep(horizon - unit * 0.5, horizon, lamp.place.y))
        let foam = tones.light.mixed(tones.haze, 0.4).linear
        sheet.shade(rows: Int(horizon)..<sheet.height) { x, y, _ in
            let down = (y - horizon) / depth
            // Perspective: distance falls off with the rows below the horizon.
            let distance = 1 / (down + 0.035)
            let u = (x - width / 2) / unit * distance * 2.2
            let v = distance * 9
            let swell = waves.fractal(u * 0.6, v * 0.85, octaves: 4, gain: 0.6)
            let chop = waves.fractal(u * 2.6 + 31, v * 3.1, octaves: 2)
            let wave = (swell * 0.75 + chop * 0.4) * storm
            // Flat to the eye far off, so the horizon's light; steeper near by, so the zenith's.
            let mirrored = ramp[1 - clamp(down * 0.75 + wave * 0.2 + 0.04)]
            let body = mix(far, near, smoothstep(0, 0.8, down))
            let gloss = clamp(0.62 - down * 0.38 + wave * 0.34)
            var colour = mix(body, mirrored * 0.92, gloss)
            let off = (x - lamp.place.x) / unit
            let reach = spread * (0.75 + down * 2.2)
            let column = expf(-off * off / (reach * reach))
            let sparkle = smoothstep(0.12 + down * 0.12, 0.6, chop * 0.8 + swell * 0.55 + column * 0.34)
            colour += light * (column * (0.08 + sparkle * 1.1))
            if storm > 1 { colour = mix(colour, foam, smoothstep(0.62, 0.95, wave) * 0.7) }
            return mix(colour, ramp[1], smoothstep(0.02, 0, down) * 0.35)
        }
    }

    private func boats(horizon: Float, _ lamp: Lamp, _ chance: inout Random) {
        guard shows(.boats, orByChance: 0.65) else { return }
        let count = reading.has(.boats) ? chance.whole(2...4) : chance.whole(1...2)
        let depths = (0..<count).map { _ in powf(chance.unit(), 1.5) * 0.32 + 0.02 }.sorted()
        for down in depths {
            let size = unit * mix(0.045, 0.3, down / 0.34)
            let place = Point(width * chance.between(0.12, 0.88), horizon + (height - horizon) * down)
            // Against the light a sail is a silhouette.
            let against = smoothstep(0.35, 0.05, abs(place.x - lamp.place.x) / width)
            let dark = tones.ground[0].mixed(tones.haze, 0.25 * (1 - down))
            let cloth =
                tones.isDark
                ? tones.ground(0.9) : tones.light.mixed(chance.pick(tones.accents), chance.chance(0.3) ? 0.8 : 0.06)
            let sail = cloth.mixed(dark, against * 0.75).mixed(tones.haze, 0.2 * (1 - down))
            boat(at: place, size: size * 0.7, leaning: chance.bell() * 0.12, sail: sail.linear, hull: dark.linear)
        }
    }

    private func lighthouse(horizon: Float, _ chance: inout Random) {
        let side: Float = chance.chance(0.5) ? 0.16 : 0.84
        let foot = Point(width * side, horizon + unit * 0.02)
        let tall = unit * 0.36
        let noise = noise.layer(105)
        let rock = tones.ground[0].mixed(tones.haze, 0.12).linear
        var outline: [Point] = []
        for step in 0...40 {
            let t = Float(step) / 40 * 2 - 1
            let bump = (1 - t * t) * (0.075 + 0.03 * noise.fractal(t * 4, 2, octaves: 3))
            outline.append(foot + Point(t * 0.3, 0.025 - bump) * unit)
        }
        sheet.fill(outline, rock)
        let base = foot - Point(0, unit * 0.045)
        func at(_ x: Float, _ y: Float) -> Point { base + Point(x, -y) * tall }
        let stripes = [Oklab(0xC93A34), Oklab(0xF4EFE6)].map {
            $0.scaled(light: tones.isDark ? 0.5 : 1).tinted(tones.haze, 0.2).linear
        }
        for band in 0..<5 {
            let (low, high) = (Float(band) / 5 * 0.8, Float(band + 1) / 5 * 0.8)
            let (wide, narrow) = (mix(0.11, 0.07, low / 0.8), mix(0.11, 0.07, high / 0.8))
            sheet.fill([at(-wide, low), at(wide, low), at(narrow, high), at(-narrow, high)], stripes[band % 2])
            sheet.fill(
                [at(wide * 0.25, low), at(wide, low), at(narrow, high), at(narrow * 0.25, high)],
                rock,
                alpha: 0.3
            )
        }
        sheet.rectangle(at(-0.095, 0.83), at(0.095, 0.8), rock)
        sheet.rectangle(at(-0.05, 0.92), at(0.05, 0.83), Oklab(0xFFE9A8).linear * 1.6)
        sheet.fill([at(-0.07, 0.92), at(0.07, 0.92), at(0, 1)], rock)
        let lamp = at(0, 0.875)
        sheet.glow(lamp, tall * 0.5, Oklab(0xFFE2A0).linear * 0.4, sharpness: 6)
        if tones.isDark || reading.palette == .dusk {
            let beam: Float = side < 0.5 ? 1 : -1
            let ray = Oklab(0xFFE9B0).linear * 0.22
            let low = Point(beam > 0 ? lamp.x : 0, lamp.y - unit * 0.4)
            sheet.shade(from: low, to: Point(beam > 0 ? width : lamp.x, lamp.y + unit * 0.2)) { x, y, under in
                let out = (x - lamp.x) * beam / width
                let across = ((y - lamp.y) / max(1, (x - lamp.x) * beam) + 0.1) * 13
                return under + ray * (expf(-across * across) * max(0, 1 - out * 1.25) * smoothstep(0, 0.01, out))
            }
        }
    }

    /// A sweep of sand in the foreground with the last line of foam.
    private func beach(_ lamp: Lamp, _ chance: inout Random) {
        let noise = noise.layer(106)
        let side: Float = chance.chance(0.5) ? 1 : -1
        let dry = Oklab(0xE9CFA0).tinted(tones.light, 0.3).scaled(light: tones.isDark ? 0.4 : 0.94).linear
        let wet = Oklab(0x9A7B55).tinted(tones.haze, 0.45).scaled(light: tones.isDark ? 0.36 : 0.9).linear
        let foam = (tones.isDark ? tones.haze.lighter(0.2) : tones.light).linear
        let base = height * chance.between(0.84, 0.9)
        let scale = 1 / unit
        sheet.shade(rows: Int(max(0, base - unit * 0.2))..<sheet.height) { x, y, under in
            let slant = (x / width - 0.5) * side * unit * 0.24
            let line = base + slant + noise.fractal(x * scale * 2.2, 3, octaves: 3) * unit * 0.035
            let inland = (y - line) * scale
            let lace = noise.fractal(x * scale * 26, y * scale * 34, octaves: 3)
            // Foam frays seawards from the last line, and once more where the wave before it broke.
            let last = inland - 0.004 * lace, former = inland + 0.035 + 0.01 * lace
            let fringe =
                smoothstep(-0.02, 0, last) * smoothstep(0.004, 0.001, last)
                + 0.6 * smoothstep(-0.022, 0, former) * smoothstep(0.005, 0, former)
            let grain = noise.at(x * scale * 190, y * scale * 190) * 0.05
            let sand = mix(wet, dry, smoothstep(0.01, 0.085, inland)) * (1 + grain)
            let ground = mix(under, sand, smoothstep(-0.004, 0.006, inland))
            return mix(ground, foam, clamp(fringe * smoothstep(-0.25, 0.3, lace + 0.18 * fringe)))
        }
    }
}
