import Glibc

extension Scene {
    /// Space: glowing gas with dark dust, or a spiral galaxy, and planets.
    mutating func nebula() {
        let galaxy = shows(.galaxy, orByChance: 0.2)
        gas(strength: galaxy ? 0.35 : 1)
        starField()
        if galaxy { spiral() }
        if shows(.planet, orByChance: 0.35) { planets() }
        finish.bloom = 0.5
        finish.vignette = 0.3
    }

    /// Dark by nature, also under a light palette.
    private var space: (back: RGB, gas: [RGB], core: RGB) {
        let back = tones.sky[0].scaled(light: tones.isDark ? 0.5 : 0.24).linear
        let source = [tones.accents[0], tones.accents[1], tones.accents[2], tones.sky[tones.sky.count - 2]]
        return (back, source.map { $0.scaled(light: 0.92, chroma: 1.5).linear }, tones.light.linear)
    }

    private mutating func gas(strength: Float) {
        let noise = noise.layer(130)
        let (back, gas, core) = space
        let scale = random.between(1.0, 1.7) / unit
        let turn = direction(random.between(0, .pi))
        let shift = random.between(0, 80)
        let heart = Point(width * random.between(0.3, 0.7), height * random.between(0.3, 0.7))
        sheet.shade { x, y, _ in
            let p = Point(x, y) * scale
            let (u, v) = (p.x * turn.x - p.y * turn.y, p.x * turn.y + p.y * turn.x)
            // Warped twice: gas that has been stirred.
            let warpX = noise.fractal(u + shift, v, octaves: 3)
            let warpY = noise.fractal(u + 5.2, v + shift + 1.3, octaves: 3)
            let (a, b) = (u + warpX * 0.85, v + warpY * 0.85)
            let body = noise.fractal(a * 1.3, b * 1.3, octaves: 5, gain: 0.55)
            let threads = noise.layer(1).ridged(a * 1.6 + 7, b * 1.6, octaves: 4)
            let dust = smoothstep(0.0, 0.6, noise.layer(2).fractal(a * 2 + 3, b * 2 + 8, octaves: 4))
            let off = (Point(x, y) - heart) / unit
            let near = expf(-(off.x * off.x + off.y * off.y) * 2.6)
            let density = smoothstep(-0.3, 0.7, body + near * 0.5 - 0.12)
            let hue = clamp(0.5 + warpX * 0.75)
            // Thin gas is one colour, dense gas another; which two changes from place to place.
            let place = smoothstep(0.3, 0.7, hue)
            let (thin, dense) = (mix(gas[0], gas[2], place), mix(gas[1], gas[3], place))
            let colour = mix(thin, dense, smoothstep(0.35, 0.85, density + warpY * 0.3))
            var light = colour * (density * density * 1.05)
            light += mix(colour, core, 0.45) * (threads * threads * density * 0.6)
            light += core * (near * near * near * density * 0.5)
            light *= 1 - 0.82 * dust * smoothstep(0.15, 0.6, density)
            return back + light * strength
        }
    }

    private func starField() {
        var chance = random.fork(131)
        let area = width * height / (unit * unit)
        for _ in 0..<Int(1300 * area) { star(Point(chance.unit() * width, chance.unit() * height), chance: &chance) }
        // A few near ones, with the cross that a telescope's struts make.
        for _ in 0..<Int(7 * area) {
            let place = Point(chance.unit() * width, chance.unit() * height)
            let size = unit * chance.between(0.02, 0.06)
            let light = mix(RGB(0.8, 0.9, 1.2, 0), tones.light.linear, chance.unit())
            sheet.glow(place, size * 0.24, light * 1.4, sharpness: 2)
            sheet.glow(place, size, light * 0.16, sharpness: 6)
            for arm in 0..<4 {
                let tip = place + direction(Float(arm) * .pi / 2 + 0.12) * size
                sheet.stroke(place, tip, max(0.9, size * 0.045), 0.2, light, alpha: 0.75)
            }
        }
    }

    private mutating func spiral() {
        let noise = noise.layer(132)
        let (_, gas, core) = space
        let centre = Point(width * random.between(0.42, 0.58), height * random.between(0.42, 0.58))
        let tilt = random.between(0.4, 0.75), turn = random.between(0, .pi)
        let size = unit * random.between(0.4, 0.5), wind = random.between(2.6, 4) * (random.chance(0.5) ? 1 : -1)
        let axis = direction(turn)
        let arms = Float(random.whole(2...3))
        sheet.shade(from: centre - size * 1.3, to: centre + size * 1.3) { x, y, under in
            let p = (Point(x, y) - centre) / size
            let (u, v) = (p.x * axis.x + p.y * axis.y, (p.y * axis.x - p.x * axis.y) / tilt)
            let r = (u * u + v * v).squareRoot()
            guard r < 1.35 else { return under }
            let rough = noise.fractal(u * 4, v * 4, octaves: 4)
            let angle = atan2f(v, u) + logf(r + 0.06) * wind + rough * 0.55
            let arm = 0.5 + 0.5 * cosf(angle * arms)
            let lane = 0.5 + 0.5 * cosf(angle * arms + 0.9)
            let fade = smoothstep(1.3, 0.25, r)
            let stars = smoothstep(0.25, 0.9, noise.layer(3).fractal(u * 26, v * 26, octaves: 2))
            let disc = arm * arm * arm * fade * (0.55 + 0.55 * rough)
            let hue = mix(gas[1], gas[0], smoothstep(0.1, 0.85, r + rough * 0.2))
            var light = hue * (max(0, disc) * 1.3 + fade * fade * 0.12)
            light += core * (expf(-r * r * 26) * 1.7 + expf(-r * r * 5) * 0.32)
            light += (hue + 0.35) * (stars * arm * fade * 0.55)
            let dust = smoothstep(0.72, 1, lane) * smoothstep(0.1, 0.3, r) * fade * clamp(0.55 + rough)
            return (under + light) * (1 - 0.62 * dust)
        }
    }

    private mutating func planets() {
        var chance = random.fork(133)
        let count = reading.has(.planet) ? chance.whole(1...3) : 1
        let first = chance.whole(0...3)
        for index in 0..<count {
            let radius = unit * (index == 0 ? chance.between(0.13, 0.24) : chance.between(0.025, 0.06))
            // Each in a corner of its own.
            let corner = (first + index) % 4
            let off = Point(chance.between(0.15, 0.38), chance.between(0.18, 0.38))
            let place =
                Point(corner < 2 ? off.x : 1 - off.x, corner % 3 == 0 ? off.y : 1 - off.y) * Point(width, height)
            planet(place, radius, ringed: index == 0 && chance.chance(reading.has(.planet) ? 0.8 : 0.45), &chance)
        }
    }

    private func planet(_ centre: Point, _ radius: Float, ringed: Bool, _ chance: inout Random) {
        let ramp = Ramp([
            chance.pick(tones.accents), tones.ground(0.7), chance.pick(tones.accents).lighter(0.15), tones.light,
        ])
        let tilt = direction(chance.between(-0.6, 0.6)), sun = direction(chance.between(0, 2 * .pi))
        let noise = Noise(seed: chance.bits())
        let banded = chance.chance(0.6)
        let rim = tones.sky[tones.sky.count - 1].linear
        let ringColour = tones.light.mixed(tones.accents[0], 0.3).linear
        /// Behind the planet (-1) or before it (1).
        func ring(_ side: Float) {
            sheet.shade(from: centre - radius * 2.4, to: centre + radius * 2.4) { x, y, under in
                let p = (Point(x, y) - centre) / radius
                let (u, v) = (p.x * tilt.x + p.y * tilt.y, (p.y * tilt.x - p.x * tilt.y))
                guard v * side > 0 else { return under }
                let r = (u * u + v * v * 11).squareRoot()
                let body = smoothstep(1.3, 1.36, r) * smoothstep(2.25, 2.15, r)
                guard body > 0 else { return under }
                let grooves = 0.5 + 0.5 * noise.fractal(r * 13, 4, octaves: 3)
                return mix(under, ringColour * (0.3 + 0.6 * grooves), body * (0.3 + 0.6 * grooves))
            }
        }
        if ringed { ring(-1) }
        sheet.shade(from: centre - radius * 1.25, to: centre + radius * 1.25) { x, y, under in
            let p = (Point(x, y) - centre) / radius
            let r = length(p)
            let lightwards = p.x * sun.x + p.y * sun.y
            let air = max(0, 1 - (r - 1) / 0.2) * (r > 1 ? 1 : 0)
            var result = under + rim * (air * air * air * 0.35 * smoothstep(-0.4, 0.8, lightwards))
            let cover = clamp((1 - r) * radius + 0.5)
            guard cover > 0 else { return result }
            let z = max(0, 1 - r * r).squareRoot()
            let (u, v) = (p.x * tilt.x + p.y * tilt.y, p.y * tilt.x - p.x * tilt.y)
            // On the sphere, so that the pattern is drawn together at the limb.
            let pattern =
                banded
                ? noise.fractal(
                    u / (z + 0.7) * 0.5,
                    v * 5 + noise.fractal(u * 1.4, v * 3, octaves: 3) * 0.7,
                    octaves: 3
                )
                : noise.fractal(u * 1.7 / (z + 0.8), v * 1.7 / (z + 0.8), octaves: 5)
            let day = smoothstep(-0.15, 0.9, lightwards * 0.8 + z * 0.45)
            let surface = ramp[0.5 + pattern * 0.6] * (0.015 + 1.05 * day)
            let limb = (1 - z) * (1 - z) * (1 - z) * day
            result = mix(result, surface + rim * (limb * 0.8), cover)
            return result
        }
        if ringed { ring(1) }
    }
}
