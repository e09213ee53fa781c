import Glibc

/// Trees, from a distance and from near.
extension Scene {
    /// A fir: tiers of boughs, each hanging over the one below.
    func fir(at foot: Point, height: Float, _ colour: RGB, lit: RGB, snow: RGB?, chance: inout Random) {
        let half = height * chance.between(0.17, 0.25)
        let tiers = height < 14 ? 4 : min(15, 5 + Int(height / 22))
        let trunk = max(0.8, height * 0.03)
        sheet.stroke(foot, foot - Point(0, height * 0.5), trunk, trunk * 0.7, colour * 0.8)
        var left = [foot - Point(0, height)]
        var right: [Point] = []
        for tier in 0..<tiers {
            let next = Float(tier + 1) / Float(tiers)
            for side in 0..<2 {
                let reach = half * powf(next, 0.85) * chance.between(0.78, 1.12)
                let sign: Float = side == 0 ? -1 : 1
                let tip = foot + Point(sign * reach, -height * (0.94 - next * 0.86) + height * 0.02 * chance.bell())
                let inner = foot + Point(sign * reach * 0.42, -height * (0.985 - next * 0.86))
                if side == 0 { left += [tip, inner] } else { right += [tip, inner] }
            }
        }
        sheet.fill(left + right.reversed(), colour)
        guard height > 16 else { return }
        guard let snow else {
            sheet.fill(right + [foot - Point(0, height * 0.1), foot - Point(0, height)], lit, alpha: 0.22)
            return
        }
        for tier in 0..<tiers {
            // Snow on the boughs of every tier.
            let t = Float(tier + 1) / Float(tiers)
            let reach = half * powf(t, 0.85)
            let place = foot + Point(chance.bell() * reach * 0.3, -height * (0.985 - t * 0.86))
            let lying = Point(reach * chance.between(0.45, 0.7), height * 0.016)
            sheet.ellipse(place, lying, snow, alpha: 0.75, soft: max(1, height * 0.012))
        }
    }

    /// A broad-leaved tree: a heap of leaf clusters, lit from above left or right.
    func broadleaf(at foot: Point, height: Float, crown: Oklab, bark: RGB, towards: Float, chance: inout Random) {
        let trunk = max(0.9, height * 0.07)
        sheet.stroke(foot, foot - Point(0, height * 0.55), trunk, trunk * 0.6, bark)
        let dark = crown.scaled(light: 0.62).linear, lit = crown.lighter(0.13).linear
        let shape = Point(chance.between(0.28, 0.38), chance.between(0.27, 0.33)) * height
        let centre = foot - Point(0, height * 0.64)
        let boughs = height < 14 ? 4 : height < 70 ? 8 : 15
        for bough in 0..<boughs {
            let t = Float(bough) / Float(boughs)
            let spread = direction((Float(bough) * 2.4 + chance.unit()) * 1.0) * (0.35 + 0.65 * chance.unit())
            // From the dark inside below to the lit outside above.
            let place = centre + Point(spread.x, spread.y * 0.8 + mix(0.25, -0.3, t)) * shape * 0.75
            let size = height * mix(0.19, 0.12, t) * chance.between(0.8, 1.15)
            sheet.disc(place, size, mix(dark, lit, t * 0.35), soft: max(1, size * 0.2))
            let leaves = Int(min(90, max(3, size * size * 0.12)))
            for leaf in 0..<leaves {
                let u = Float(leaf) / Float(leaves)
                let off = direction(chance.unit() * 2 * .pi) * chance.unit().squareRoot()
                let dab = place + Point(off.x + towards * 0.2 * u, off.y - 0.25 * u) * size
                let light = clamp(0.35 + 0.5 * u + off.x * towards * 0.25 - off.y * 0.3 + chance.bell() * 0.2)
                let high = clamp(0.6 - (place.y - centre.y) / shape.y * 0.3)
                sheet.disc(dab, max(0.8, size * mix(0.26, 0.12, u)), mix(dark, lit, light * high * 1.25), alpha: 0.9)
            }
        }
    }

    /// A tree without leaves, branch by branch.
    func bareTree(at foot: Point, height: Float, _ colour: RGB, snow: RGB?, chance: inout Random) {
        branch(
            foot,
            angle: -.pi / 2 + chance.bell() * 0.08,
            length: height * 0.3,
            width: height * 0.05,
            7,
            colour,
            snow,
            &chance
        )
    }

    private func branch(
        _ from: Point,
        angle: Float,
        length: Float,
        width: Float,
        _ depth: Int,
        _ colour: RGB,
        _ snow: RGB?,
        _ chance: inout Random
    ) {
        let middle = from + direction(angle) * length * 0.55
        let end = middle + direction(angle + chance.bell() * 0.25) * length * 0.45
        sheet.stroke(from, middle, max(0.5, width), max(0.45, width * 0.82), colour)
        sheet.stroke(middle, end, max(0.45, width * 0.82), max(0.4, width * 0.66), colour)
        if let snow, width > 1.2, abs(cosf(angle)) > 0.4 {
            sheet.stroke(
                from - Point(0, width * 0.4),
                end - Point(0, width * 0.35),
                width * 0.4,
                width * 0.3,
                snow,
                alpha: 0.8
            )
        }
        guard depth > 0, length > 1.4 else { return }
        let count = chance.chance(0.25) ? 3 : 2
        for child in 0..<count {
            let spread = (Float(child) / Float(count - 1) - 0.5) * chance.between(0.7, 1.25)
            let next = angle + spread + chance.bell() * 0.18
            // Twigs strive upwards.
            let lifted = next + (-.pi / 2 - next) * 0.08
            branch(
                end,
                angle: lifted,
                length: length * chance.between(0.68, 0.88),
                width: width * 0.64,
                depth - 1,
                colour,
                snow,
                &chance
            )
        }
    }
}
