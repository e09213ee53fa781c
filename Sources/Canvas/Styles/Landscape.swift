import Glibc

extension Scene {
    /// Rolling hills with fields, trees and houses.
    mutating func landscape() {
        let horizon = height * random.between(0.42, 0.52)
        let lamp = sky(horizon: horizon)
        if shows(.mountains, orByChance: 0.45) {
            ranges(horizon: horizon, lamp)
        }
        var chance = random.fork(81)
        if reading.has(.balloons) { balloons(horizon: horizon) }
        hills(horizon: horizon, lamp, &chance)
        if shows(.birds, orByChance: 0.45) {
            let place = Point(width * chance.between(0.2, 0.8), horizon * chance.between(0.4, 0.7))
            birds(around: place, count: chance.whole(3...9), size: unit * 0.013, tones.ground[0].linear)
        }
        weather(horizon: horizon)
    }

    private mutating func hills(horizon: Float, _ lamp: Lamp, _ chance: inout Random) {
        let shapes = noise.layer(82)
        let breadth = 0.8 * min(1, 1.2 * width / height)
        var terrain = Terrain(for: sheet)
        terrain.breadth = breadth
        terrain.near = 0.12
        terrain.eye = 0.175
        terrain.relief = 0.15
        terrain.aim(at: horizon + unit * 0.02, width: width)
        terrain.light = [lamp.place.x > width / 2 ? 0.9 : -0.9, -0.15, 0.5]
        let shift = random.between(0, 90)
        terrain.raise { x, z in
            let broad = 0.5 + 0.55 * shapes.fractal(x * 3 + shift, z * 3.6, octaves: 3, gain: 0.4)
            return broad * mix(0.45, 1, smoothstep(0, 0.5, z))
        }
        let paint = FieldPaint(tones: tones, snow: reading.has(.snow) || reading.groundPalette == .winter)
        let fields = noise.layer(83)
        let flowers = reading.has(.flowers)
        let stand = standing(&chance)
        let life = chance
        terrain.draw(on: sheet) { ground in
            paint.colour(ground, fields, flowers: flowers)
        } between: { from, to in
            var placed = life
            for thing in stand where thing.depth <= from && thing.depth > to {
                let (foot, scale) = terrain.place(thing.across, depth: thing.depth, width: width)
                draw(thing, foot, scale: scale, far: thing.depth, lamp, &placed)
            }
        }
    }

    private struct Standing {
        let isHouse: Bool
        let across: Float
        let depth: Float
        let size: Float
        let seed: UInt64
    }

    /// Trees in groups and rows, and a hamlet; far ones first.
    private func standing(_ chance: inout Random) -> [Standing] {
        var things: [Standing] = []
        func add(house: Bool, _ across: Float, _ depth: Float, _ size: Float, _ chance: inout Random) {
            things.append(
                Standing(isHouse: house, across: across, depth: depth, size: size, seed: UInt64(chance.bits()))
            )
        }
        if reading.allows(.trees) {
            for _ in 0..<(reading.has(.trees) ? 26 : 15) {
                let depth = mix(0.24, 0.95, powf(chance.unit(), 0.8))
                let across = chance.between(-0.05, 1.05)
                let count = chance.chance(0.35) ? 1 : chance.whole(3...14)
                let slant = chance.bell() * 0.5
                for tree in 0..<count {
                    let along = (Float(tree) - Float(count) / 2) * 0.012 / depth + chance.bell() * 0.006
                    let back = along * slant * depth
                    add(
                        house: false,
                        across + along,
                        clamp(depth + back, 0.2, 0.99),
                        chance.between(Float(0.016), 0.03),
                        &chance
                    )
                }
            }
            if chance.chance(0.6) { add(house: false, chance.chance(0.5) ? 0.14 : 0.86, 0.2, 0.055, &chance) }
        }
        if shows(.houses, orByChance: 0.55) {
            let (depth, across) = (chance.between(0.4, 0.58), chance.between(0.25, 0.75))
            for _ in 0..<(reading.has(.houses) ? 9 : chance.whole(1...4)) {
                add(house: true, across + chance.bell() * 0.26, depth * chance.between(0.78, 1.3), 0.017, &chance)
            }
        }
        return things.sorted { $0.depth > $1.depth }
    }

    private func draw(_ thing: Standing, _ foot: Point, scale: Float, far: Float, _ lamp: Lamp, _ chance: inout Random)
    {
        var own = Random(seed: thing.seed)
        let fade = smoothstep(0.25, 1.05, far) * 0.62
        let size = thing.size * scale
        let towards: Float = lamp.place.x > foot.x ? 1 : -1
        if thing.isHouse {
            let tile = Oklab(0xB5553A).mixed(tones.accents[0], 0.25).lighter(own.bell() * 0.06)
            let roof = tile.scaled(light: tones.isDark ? 0.5 : 1).mixed(tones.haze, fade)
            let plaster = tones.isDark ? tones.ground(0.75) : Oklab(0xF1E6D2).tinted(tones.light, 0.3)
            let wall = plaster.mixed(tones.haze, fade)
            house(
                at: foot,
                size: size * 1.25,
                roof: roof.linear,
                wall: wall.linear,
                side: wall.scaled(light: 0.78).linear,
                lit: tones.isDark || reading.palette == .dusk
            )
            return
        }
        let shadow = tones.ground(0).linear
        sheet.ellipse(
            foot + Point(-towards * size * 0.4, 0),
            Point(size * 0.6, size * 0.07),
            shadow,
            alpha: 0.35 * (1 - fade),
            soft: max(1, size * 0.06)
        )
        let crown =
            reading.groundPalette == .autumn || reading.groundPalette == .spring && own.chance(0.25)
            ? own.pick(Array(tones.accents.prefix(3))).mixed(tones.ground(0.4), 0.25)
            : tones.ground(own.between(0.15, 0.42))
        let bark = tones.ground(0.05).mixed(tones.haze, fade).linear
        if reading.groundPalette == .winter {
            bareTree(at: foot, height: size * 1.2, bark, snow: nil, chance: &own)
        } else if own.chance(0.2) {
            // A poplar: narrow and upright, one side in the shade.
            let leaf = tones.ground(0.24).mixed(tones.haze, fade), middle = foot - Point(0, size * 0.7)
            let soft = max(1, size * 0.06)
            sheet.ellipse(middle, Point(size * 0.13, size * 0.7), leaf.scaled(light: 0.78).linear, soft: soft)
            sheet.ellipse(
                middle + Point(towards * size * 0.04, -size * 0.03),
                Point(size * 0.075, size * 0.6),
                leaf.lighter(0.05).linear,
                soft: max(1, size * 0.1)
            )
        } else {
            broadleaf(
                at: foot,
                height: size,
                crown: crown.mixed(tones.haze, fade),
                bark: bark,
                towards: towards,
                chance: &own
            )
        }
    }
}

/// The patchwork of fields on the hills.
private struct FieldPaint {
    let crops: [(shade: RGB, lit: RGB)]
    let haze: RGB
    let blooms: [RGB]
    let hedge: RGB

    init(tones: Tones, snow: Bool) {
        let sky = tones.sky[0]
        let white = tones.isDark ? Oklab(0x8093B5) : Oklab(0xF4F6F8)
        crops = [0.45, 0.6, 0.75, 0.9, 0.52, 0.68].map { (place: Float) in
            let colour = snow ? white.mixed(tones.ground(place), 0.12) : tones.ground(place)
            return (
                shade: colour.scaled(light: snow ? 0.66 : 0.55).mixed(sky, 0.16).linear,
                lit: colour.tinted(tones.light, 0.14).linear * 1.08
            )
        }
        haze = tones.haze.linear
        blooms = tones.accents.prefix(3).map { $0.linear }
        hedge = tones.ground(0.12).linear
    }

    @inline(__always)
    func colour(_ ground: Terrain.Ground, _ noise: Noise, flowers: Bool) -> RGB {
        // Parcels: a warped grid; each has its crop and its direction of furrows.
        let u = ground.x * 9 + noise.at(ground.x * 4, ground.z * 4) * 0.9
        let v = ground.z * 11 + noise.at(ground.x * 4 + 7, ground.z * 4) * 0.9
        let column = u.rounded(.down), row = v.rounded(.down)
        let pick = noise.cell(Int32(column), Int32(row))
        let crop = crops[Int(pick * 5.999)]
        let furrow = sinf((pick < 0.5 ? u : v) * 62) * smoothstep(0.55, 0.1, ground.distance) * 0.07
        let mottle = noise.fractal(ground.x * 60, ground.z * 60, octaves: 2) * 0.1
        let light = clamp(ground.light * 1.15 + furrow + mottle)
        var colour = mix(crop.shade, crop.lit, light)
        let (du, dv) = (u - column, v - row)
        let border = min(min(du, 1 - du), min(dv, 1 - dv))
        colour = mix(colour, hedge, smoothstep(0.05, 0.015, border) * 0.55)
        if flowers, pick > 0.35 {
            let bloom = smoothstep(0.05, 0.35, noise.at(ground.x * 190, ground.z * 190))
            colour = mix(colour, blooms[Int(pick * 37) % blooms.count] * (0.5 + 0.6 * light), bloom * 0.8)
        }
        let air = 1 - expf(-1.5 * ground.distance * ground.distance)
        return mix(colour, haze, air * 0.8)
    }
}
