import Glibc

extension Scene {
    /// Still water from a row to the bottom: what stands above it, mirrored, darkened and rippled.
    func water(from shore: Float, _ lamp: Lamp, ripple: Float = 1) {
        let noise = noise.layer(71)
        let deep = tones.sky[0].mixed(tones.ground(0), 0.5).linear
        let depth = max(1, height - shore)
        let light = lamp.colour
        let stretch = min(1, shore / depth * 0.95)
        sheet.shade(rows: Int(shore)..<sheet.height) { x, y, _ in
            let down = y - shore
            let near = down / depth
            // Ripples grow towards the eye; far ones are mere lines.
            let size = unit * mix(0.012, 0.06, near)
            let wave = noise.fractal(x / (size * 5) + 40, down / size * 1.4, octaves: 3)
            let bend = wave * unit * mix(0.004, 0.03, near) * ripple
            let source = sheet.colour(at: x + bend * 0.8, shore - down * stretch - abs(bend) * 1.2 - 1)
            let gloss = smoothstep(0.25, 0.8, wave) * 0.06
            let edge = smoothstep(unit * 0.006, 0, down) * 0.35
            let colour = mix(source * 0.86, deep, 0.12 + 0.3 * near)
            return colour + light * (gloss * (1 - near * 0.5)) + colour * edge
        }
    }
}
