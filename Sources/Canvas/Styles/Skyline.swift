import Glibc

extension Scene {
    /// Towers behind towers, windows lit by the hour, often with a river that mirrors them.
    mutating func skyline() {
        let river = shows(.water, orByChance: 0.65)
        let shore = height * (river ? random.between(0.68, 0.78) : random.between(0.9, 0.96))
        let lamp = sky(horizon: shore)
        var chance = random.fork(120)
        if shows(.mountains, orByChance: 0.15) { ranges(horizon: shore - unit * 0.1, lamp) }
        if shows(.birds, orByChance: 0.3) {
            let place = Point(width * chance.between(0.2, 0.8), shore * chance.between(0.2, 0.4))
            birds(around: place, count: chance.whole(3...7), size: unit * 0.012, tones.ground[0].linear)
        }
        let glow = tones.sky[tones.sky.count - 1].mixed(tones.accents[0], tones.isDark ? 0.4 : 0.15).linear
        sheet.glow(Point(width / 2, shore), max(width, unit) * 0.6, glow * (tones.isDark ? 0.22 : 0.1))
        for layer in 0..<4 { row(layer, shore: shore, lamp, &chance) }
        if river {
            water(from: shore, lamp, ripple: 1.5)
        } else {
            street(from: shore)
        }
        weather(horizon: shore - unit * 0.1)
        finish.bloom = tones.isDark ? 0.6 : 0.3
    }

    /// How much of the light comes from the windows.
    private var evening: Float {
        switch reading.palette {
        case .night, .neon, .ember: 1
        case .dusk: 0.8
        case .sunset, .storm: 0.45
        case .dawn, .sepia: 0.2
        default: 0.04
        }
    }

    private func row(_ layer: Int, shore: Float, _ lamp: Lamp, _ chance: inout Random) {
        let near = Float(layer) / 3
        let body = tones.ground(mix(0.42, 0.08, near)).mixed(tones.haze, powf(1 - near, 1.3) * 0.8)
        let centre = chance.between(0.3, 0.7)
        // Far towers are tall: the middle of the city stands behind.
        let tall = min(shore * 0.86, unit * 0.95) * mix(0.92, 0.34, near)
        var x = -unit * 0.05
        while x < width {
            let wide = unit * mix(0.05, 0.11, near) * chance.between(0.65, 1.5)
            let middle = (x + wide / 2) / width - centre
            let profile = 0.38 + 0.62 * expf(-middle * middle * 9)
            let high = tall * profile * chance.between(0.45, 1.08)
            tower(
                Point(x, shore),
                wide,
                high,
                body.lighter(chance.bell() * 0.025),
                near: near,
                lamp,
                Noise(seed: chance.bits()),
                &chance
            )
            x += wide * chance.between(0.92, near < 0.5 ? 1.1 : 1.35)
        }
        let base = shore - tall * 0.2
        sheet.shade(rows: Int(max(0, base))..<Int(shore)) { _, y, under in
            mix(under, tones.haze.linear, smoothstep(base, shore, y) * (1 - near) * 0.4)
        }
    }

    private func tower(
        _ foot: Point,
        _ wide: Float,
        _ high: Float,
        _ body: Oklab,
        near: Float,
        _ lamp: Lamp,
        _ cells: Noise,
        _ chance: inout Random
    ) {
        let top = foot.y - high
        let lit = body.mixed(tones.light, tones.isDark ? 0.04 : 0.16).linear, shade = body.scaled(light: 0.86).linear
        let sunward: Float = lamp.place.x > foot.x ? 1 : 0
        roof(foot, wide, top, shade, near: near, &chance)
        let rows = Int(max(3, high / (unit * mix(0.008, 0.0125, near))))
        let columns = Int(max(2, wide / (unit * mix(0.007, 0.0095, near))))
        let cell = Point(wide / Float(columns), high / Float(rows))
        let share = evening * chance.between(0.12, 0.58)
        let ribbon = chance.chance(0.25)
        let warm = Oklab(0xFFCF7D).mixed(tones.accents[0], reading.palette == .neon ? 0.7 : 0.08)
        let lamps = [warm, warm.lighter(0.08), chance.pick(tones.accents).mixed(warm, 0.3).lighter(0.08)].map {
            $0.linear * mix(0.35, 1.15, near) * (0.45 + 0.75 * evening)
        }
        let pane = body.mixed(tones.sky[1], 0.5).lighter(0.03).linear
        let low = Point(foot.x, top), end = Point(foot.x + wide, foot.y)
        sheet.shade(from: low, to: end) { x, y, under in
            let cover =
                clamp(min(x + 0.5, end.x) - max(x - 0.5, low.x)) * clamp(min(y + 0.5, end.y) - max(y - 0.5, low.y))
            let across = (x - low.x) / wide
            var colour = mix(shade, lit, smoothstep(0.2, 0.8, sunward == 1 ? across : 1 - across))
            let (u, v) = ((x - low.x) / cell.x, (y - low.y) / cell.y)
            let column = Int32(max(0, u)), row = Int32(max(0, v))
            guard row > 0 else { return mix(under, colour, cover) }
            let (fx, fy) = (u - Float(column), v - Float(row))
            // Panes fade into a mean where a cell is hardly a pixel.
            let edgeX = ribbon ? 1 : clamp((0.3 - abs(fx - 0.5)) * cell.x + 0.5)
            let edgeY = clamp((0.27 - abs(fy - 0.5)) * cell.y + 0.5)
            let draw = cells.cell(ribbon ? column / 4 : column, row)
            let isLit = draw < share
            let bright = lamps[Int(draw * 977) % 3] * (0.55 + 0.45 * cells.cell(row, column))
            colour = mix(colour, isLit ? bright : pane, edgeX * edgeY * (isLit ? 0.95 : 0.45))
            return mix(under, colour, cover)
        }
        sign(foot, wide, high, near: near, &chance)
    }

    private func roof(_ foot: Point, _ wide: Float, _ top: Float, _ colour: RGB, near: Float, _ chance: inout Random) {
        let left = foot.x, right = foot.x + wide, middle = (left + right) / 2
        let step = unit * 0.02 * chance.between(0.6, 1.6)
        switch chance.whole(0...7) {
        case 0, 1:
            sheet.rectangle(Point(left + wide * 0.18, top - step), Point(right - wide * 0.18, top + 1), colour)
            sheet.rectangle(
                Point(left + wide * 0.34, top - step * 2),
                Point(right - wide * 0.34, top - step + 1),
                colour
            )
        case 2:
            sheet.fill(
                [
                    Point(left, top + 1), Point(left, top - step * 2), Point(right, top - step * 0.2),
                    Point(right, top + 1),
                ],
                colour
            )
        case 3:
            sheet.fill([Point(left, top + 1), Point(middle, top - step * 2.6), Point(right, top + 1)], colour)
        case 4:
            sheet.ellipse(Point(middle, top), Point(wide * 0.42, step * 1.6), colour)
        default: break
        }
        guard chance.chance(0.42) else { return }
        let tip = top - unit * chance.between(0.05, 0.11)
        sheet.stroke(Point(middle, top), Point(middle, tip), max(0.9, unit * 0.004), max(0.6, unit * 0.0015), colour)
        if evening > 0.4 { sheet.glow(Point(middle, tip), unit * 0.012, Oklab(0xFF4A3D).linear * 1.6, sharpness: 3) }
    }

    /// A lit sign on the wall, where the night is neon.
    private func sign(_ foot: Point, _ wide: Float, _ high: Float, near: Float, _ chance: inout Random) {
        guard near > 0.3, chance.chance(reading.palette == .neon ? 0.55 : evening > 0.7 ? 0.12 : 0) else { return }
        let colour = chance.pick(Array(tones.accents.prefix(3))).linear * 1.5
        let top = foot.y - high * chance.between(0.45, 0.85)
        if chance.chance(0.5) {
            let x = foot.x + wide * chance.between(0.1, 0.8)
            let length = high * chance.between(0.15, 0.35)
            sheet.rectangle(Point(x, top), Point(x + unit * 0.012, top + length), colour)
            sheet.glow(Point(x, top + length / 2), length * 1.1, colour * 0.16, sharpness: 3)
        } else {
            sheet.stroke(
                Point(foot.x + wide * 0.12, top),
                Point(foot.x + wide * 0.88, top),
                unit * 0.007,
                unit * 0.007,
                colour
            )
            sheet.glow(Point(foot.x + wide / 2, top), wide * 0.9, colour * 0.14, sharpness: 3)
        }
    }

    private func street(from shore: Float) {
        let top = tones.ground(0.1).linear, bottom = tones.ground(0).linear
        sheet.shade(rows: Int(shore)..<sheet.height) { _, y, _ in
            mix(top, bottom, (y - shore) / max(1, height - shore))
        }
    }
}
