import Glibc

/// What is seen in the dark: stars, northern lights.
extension Scene {
    func stars(horizon: Float, dense: Bool) {
        var chance = random.fork(21)
        let area = width * horizon / (unit * unit)
        if dense { milkyWay(horizon: horizon, angle: chance.between(-0.9, 0.9)) }
        for _ in 0..<Int(area * (dense ? 1100 : 420)) {
            let place = Point(chance.unit() * width, chance.unit() * horizon)
            star(place, chance: &chance, dim: smoothstep(1.02, 0.55, place.y / horizon))
        }
    }

    /// One star; few are bright, and those are a little blue or orange.
    func star(_ place: Point, chance: inout Random, dim: Float = 1) {
        let magnitude = chance.unit()
        let rare = powf(magnitude, 14)
        let size = unit * (0.0011 + 0.0024 * rare)
        let warmth = chance.bell()
        let tint = RGB(1 + warmth * 0.25, 1, 1 - warmth * 0.3, 0)
        let light = tint * (0.12 + 0.5 * magnitude * magnitude + 1.6 * rare) * dim
        if size > 0.8 {
            sheet.glow(place, size * 1.6, light)
        } else {
            // Smaller than a pixel: the same light, spread over one.
            sheet.glow(place, 1.25, light * min(1, size * size * 1.6 + 0.25))
        }
        if rare > 0.6 { sheet.glow(place, size * 5, light * 0.045, sharpness: 4) }
    }

    private func milkyWay(horizon: Float, angle: Float) {
        let noise = noise.layer(22)
        let axis = direction(angle + 1.1)
        let centre = Point(width * 0.5, horizon * 0.45)
        let colour = tones.sky[tones.sky.count - 1].lighter(0.14).linear
        let warm = tones.light.linear
        let scale = 1 / unit
        sheet.shade(rows: 0..<Int(horizon)) { x, y, under in
            let p = (Point(x, y) - centre) * scale
            let across = p.x * axis.y - p.y * axis.x
            let wander = noise.at(p.x * 2, p.y * 2) * 0.08
            let band = expf(-(across + wander) * (across + wander) * 26)
            guard band > 0.02 else { return under }
            let cloud = noise.fractal(p.x * 5, p.y * 5, octaves: 4)
            let dust =
                smoothstep(-0.1, 0.5, noise.fractal(p.x * 4 + 9, p.y * 4, octaves: 3)) * expf(-across * across * 160)
            let light = max(0, 0.35 + cloud * 0.8) * band * (1 - 0.8 * dust)
            return under + (colour * 0.5 + warm * (0.12 * band)) * (light * 0.7)
        }
    }

    /// Curtains of light: folded lines that fade upwards.
    func aurora(horizon: Float) {
        let noise = noise.layer(24)
        var chance = random.fork(24)
        let green = tones.accents[3].mixed(Oklab(0x4BFFB0), 0.7).linear
        let violet = tones.accents[2].mixed(Oklab(0x9A5BFF), 0.5).linear
        for curtain in 0..<3 {
            let base = horizon * chance.between(0.45, 0.82)
            let tall = horizon * chance.between(0.4, 0.75)
            let offset = Float(curtain) * 7.3
            let strength = chance.between(0.8, 1.5)
            sheet.shade(rows: 0..<Int(horizon)) { x, y, under in
                let u = x / unit
                let edge = base + noise.fractal(u * 1.3 + offset, offset, octaves: 3) * horizon * 0.2
                let up = (edge - y) / tall
                guard up > -0.08, up < 1 else { return under }
                let foot = smoothstep(-0.08, 0.05, up)
                let fold = u * 9 + noise.at(u * 2.3, offset) * 5
                let rays = 0.55 + 0.45 * noise.fractal(fold, up * 0.35 + offset, octaves: 3)
                let fall = (1 - up) * (1 - up) * foot * max(0, rays)
                let patch = smoothstep(-0.35, 0.4, noise.at(u * 0.9 + 3, offset * 1.7))
                return under + mix(green, violet, smoothstep(0.05, 0.75, up)) * (fall * strength * patch)
            }
        }
    }
}
