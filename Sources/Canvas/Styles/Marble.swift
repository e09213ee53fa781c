import Glibc

extension Scene {
    /// Inks that have been poured and stirred, with a vein of metal.
    mutating func marble() {
        let noise = noise.layer(170)
        let scale = random.between(0.9, 1.6) / unit
        let shift = Point(random.between(0, 70), random.between(0, 70))
        let turn = direction(random.between(0, .pi))
        let stretch = random.between(1, 2.2)
        let accents = tones.accents
        let ramp = Ramp([tones.ink, accents[4], accents[0], tones.paper, accents[1], accents[2], accents[3], tones.ink])
        let metal = Oklab(0xE8C271).tinted(tones.light, 0.3).linear
        let bands = random.between(1.1, 1.9)
        let lustre: Float = tones.isDark ? 0.7 : 1
        sheet.shade { x, y, _ in
            let p = (Point(x, y) - Point(width, height) / 2) * scale
            let u = (p.x * turn.x + p.y * turn.y) + shift.x
            let v = (p.y * turn.x - p.x * turn.y) * stretch + shift.y
            let qx = noise.fractal(u, v, octaves: 4), qy = noise.fractal(u + 5.2, v + 1.3, octaves: 4)
            let rx = noise.fractal(u + 2.4 * qx + 1.7, v + 2.4 * qy + 9.2, octaves: 4)
            let ry = noise.fractal(u + 2.4 * qx + 8.3, v + 2.4 * qy + 2.8, octaves: 3)
            let flow = noise.fractal(u + 1.9 * rx, v + 1.9 * ry, octaves: 4)
            let place = 0.5 + flow * 0.55 + qx * 0.22
            let fine = sinf((flow * 3 + rx * 2 + qy) * 11 * bands)
            var colour = ramp[place + fine * 0.018] * (0.88 + 0.18 * ry + 0.05 * fine)
            // Thin veins where one pool ends.
            let vein = abs(rx + 0.3 * flow - 0.12)
            let thin = smoothstep(0.03, 0.006, vein) * smoothstep(0.0, 0.5, qy + 0.35)
            let spark = 0.55 + 0.9 * max(0, noise.fractal(u * 14, v * 14, octaves: 2))
            colour = mix(colour, metal * (spark * lustre), thin * 0.85)
            return colour
        }
        finish.bloom = 0.15
        finish.vignette = 0.18
    }
}
