import Glibc

/// Sun or moon, as far as the rest of the picture is lit by it.
struct Lamp {
    let place: Point
    let radius: Float
    let colour: RGB
    let isMoon: Bool
    /// Whether it can be seen, or only its light.
    let isVisible: Bool
}

extension Scene {
    /// Paints the sky down to `horizon` (in pixels) and hangs into it what the words asked for.
    ///
    /// `low` puts the lamp near the horizon where the hour does not already.
    mutating func sky(horizon: Float, low: Bool = false) -> Lamp {
        let lamp = hangLamp(horizon: horizon, low: low)
        paintAir(horizon: horizon, lamp)
        var chance = random.fork(11)
        let overcast = reading.has(.rain) || reading.has(.snow) || reading.palette == .storm
        let starlit = tones.isDark && !overcast && reading.palette != .ember
        if reading.has(.stars) || starlit && reading.allows(.stars) {
            stars(horizon: horizon, dense: reading.has(.stars))
        }
        if reading.has(.aurora) { aurora(horizon: horizon) }
        if lamp.isVisible { draw(lamp) }
        if reading.allows(.clouds), overcast || reading.has(.clouds) || chance.chance(tones.isDark ? 0.3 : 0.75) {
            let cover: Float = overcast ? 0.8 : reading.has(.clouds) ? 0.62 : chance.between(0.25, 0.5)
            clouds(horizon: horizon, cover: cover, lamp)
        }
        if reading.has(.rainbow) { rainbow(horizon: horizon, lamp) }
        if reading.has(.lightning) { lightning(horizon: horizon) }
        return lamp
    }

    private mutating func hangLamp(horizon: Float, low: Bool) -> Lamp {
        var chance = random.fork(12)
        let lowHour: Set<Palette> = [.sunset, .dawn, .dusk, .neon, .ember, .sepia, .candy]
        let isMoon = reading.has(.moon) || tones.isDark && !reading.has(.sun) && reading.palette == .night
        let isLow = !isMoon && (low || lowHour.contains(reading.palette))
        let rise = isLow ? chance.between(0.04, 0.3) : chance.between(0.5, 0.82)
        let side = chance.chance(0.5) ? chance.between(0.16, 0.42) : chance.between(0.58, 0.84)
        let overcast = reading.palette == .storm || reading.has(.rain) || reading.has(.snow)
        let wanted = isMoon ? reading.has(.moon) : reading.has(.sun)
        let allowed = reading.allows(isMoon ? .moon : .sun)
        let size: Float = isLow ? chance.between(0.05, 0.085) : isMoon ? chance.between(0.035, 0.065) : 0.035
        return Lamp(
            place: Point(width * side, horizon - rise * min(horizon, unit * 0.9)),
            radius: size * unit,
            colour: tones.light.linear * (isMoon ? 1.1 : 1.6),
            isMoon: isMoon,
            isVisible: allowed && (wanted || !overcast)
        )
    }

    private func paintAir(horizon: Float, _ lamp: Lamp) {
        let ramp = tones.skyRamp
        let reach = 1 / (unit * (lamp.isMoon ? 0.45 : 0.75))
        let strength: Float = lamp.isMoon ? 0.08 : tones.isDark ? 0.22 : 0.2
        let noise = noise.layer(3)
        let scale = 1.5 / unit
        let light = lamp.colour
        // A little further than the horizon, for hills that do not reach it.
        sheet.shade(rows: 0..<Int(horizon + unit * 0.12)) { x, y, _ in
            let (dx, dy) = ((x - lamp.place.x) * reach, (y - lamp.place.y) * reach * 1.3)
            let near = 1 / (1 + (dx * dx + dy * dy) * 9)
            // The gradient wavers a little; a plain one looks like a machine's.
            let waver = noise.at(x * scale, y * scale * 3) * 0.03
            return ramp[y / horizon + waver] + light * (near * near * strength)
        }
    }

    private func draw(_ lamp: Lamp) {
        sheet.glow(lamp.place, lamp.radius * 7, lamp.colour * (lamp.isMoon ? 0.16 : 0.2), sharpness: 6)
        sheet.glow(lamp.place, lamp.radius * 2.4, lamp.colour * (lamp.isMoon ? 0.22 : 0.28), sharpness: 3)
        guard lamp.isMoon else {
            sheet.disc(lamp.place, lamp.radius, lamp.colour * 1.25, soft: max(1.5, lamp.radius * 0.06))
            return
        }
        let noise = noise.layer(5)
        var chance = random.fork(13)
        // Full, or waning: a second, shifted disc keeps part of the face in shadow.
        let shadow = chance.chance(0.55) ? chance.between(0.35, 0.9) : 3
        let centre = lamp.place, radius = lamp.radius
        sheet.shade(from: centre - (radius + 1), to: centre + (radius + 1)) { x, y, under in
            let p = (Point(x, y) - centre) / radius
            let cover = clamp((1 - length(p)) * radius + 0.5)
            let lit = smoothstep(-0.12, 0.12, length(p - Point(shadow, -shadow * 0.25)) - 1)
            let seas = smoothstep(-0.1, 0.6, noise.fractal(p.x * 1.6, p.y * 1.6, octaves: 4)) * 0.38
            return mix(under, lamp.colour * (1 - seas), cover * mix(0.05, 1, lit))
        }
    }
}
