import Glibc

/// Clouds and what else the weather hangs into the sky.
extension Scene {
    /// `cover` of 0...1 of the sky, lit from the lamp's side.
    func clouds(horizon: Float, cover: Float, _ lamp: Lamp) {
        let noise = noise.layer(31)
        var chance = random.fork(31)
        let scale = chance.between(1, 1.7)
        let drift = chance.between(0, 50)
        let dark = tones.isDark
        let lowSun = lamp.place.y > horizon * 0.62
        let shade = tones.haze.mixed(tones.sky[0], 0.45).scaled(light: dark ? 0.75 : 0.92).linear
        let glow = tones.sky[tones.sky.count - 1].mixed(tones.light, 0.5)
        let lit = glow.linear * (dark ? 0.3 : lowSun ? 1.05 : 1.0)
        let threshold = mix(0.45, -0.35, cover)
        sheet.shade(rows: 0..<Int(horizon)) { x, y, under in
            // A flat layer seen from below: crowded towards the horizon, where it sinks into the haze.
            let down = y / horizon
            let depth = 1 / (1.3 - down)
            let u = (x - width / 2) / unit * depth * scale * 1.5 + drift
            let v = depth * scale * 3.2
            let density = noise.fractal(u, v, octaves: 5, gain: 0.5)
            let cover = smoothstep(threshold, threshold + 0.42, density)
            guard cover > 0.004 else { return under }
            let side = lamp.place.x > x ? Float(0.22) : -0.22
            let towards = noise.fractal(
                u + side * min(1, abs(lamp.place.x - x) / unit * 3),
                v + (lowSun ? 0.16 : -0.2),
                octaves: 3
            )
            let light = clamp(0.5 + (density - towards) * 1.3 + (0.35 - cover) * 0.4)
            let fade = smoothstep(1.0, 0.7, down)
            return mix(under, mix(shade, lit, light), cover * fade * 0.88)
        }
    }

    func rainbow(horizon: Float, _ lamp: Lamp) {
        let centre = Point(lamp.place.x < width / 2 ? width * 0.72 : width * 0.28, horizon + unit * 0.1)
        let radius = unit * 0.55
        let band = unit * 0.055
        let hues = Ramp([0x7A5BE6, 0x3F8EE8, 0x3CC878, 0xF3E14C, 0xF59A3B, 0xE8484C].map { Oklab($0) })
        sheet.shade(from: centre - (radius + band), to: Point(centre.x + radius + band, horizon)) { x, y, under in
            let place = (length(Point(x, y) - centre) - radius) / band + 0.5
            guard place > 0, place < 1 else { return under }
            let strength = smoothstep(0, 0.25, place) * smoothstep(1, 0.75, place)
            return mix(under, under + hues[place] * 0.5, strength * 0.6)
        }
    }

    func lightning(horizon: Float) {
        var chance = random.fork(33)
        let colour = RGB(1.5, 1.6, 2.2, 0)
        var branches = [(Point(width * chance.between(0.2, 0.8), 0), Float(1), horizon)]
        while let (start, strength, floor) = branches.popLast() {
            var place = start
            while place.y < floor {
                let next = place + Point(chance.bell() * 0.05, chance.between(0.015, 0.045)) * unit
                let width = unit * 0.005 * strength
                sheet.stroke(place, next, width, width, colour * strength)
                sheet.glow(next, unit * 0.12 * strength, colour * (0.03 * strength), sharpness: 4)
                if strength > 0.4, chance.chance(0.3) {
                    branches.append((next, strength * 0.5, next.y + unit * chance.between(0.08, 0.25)))
                }
                place = next
            }
        }
    }
}
