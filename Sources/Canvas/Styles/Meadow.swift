import Glibc

extension Scene {
    /// A field of flowers from the blades at one's feet to the trees at its end.
    mutating func meadow() {
        let horizon = height * random.between(0.36, 0.46)
        let lamp = sky(horizon: horizon)
        var chance = random.fork(180)
        if shows(.mountains, orByChance: 0.4) { ranges(horizon: horizon + unit * 0.01, lamp) }
        if reading.has(.balloons) { balloons(horizon: horizon) }
        if shows(.birds, orByChance: 0.4) {
            let place = Point(width * chance.between(0.2, 0.8), horizon * chance.between(0.35, 0.65))
            birds(around: place, count: chance.whole(3...7), size: unit * 0.013, tones.ground[0].linear)
        }
        let far = tones.ground(0.35).mixed(tones.haze, 0.5), noise = noise.layer(181)
        let scale = 1.6 / unit
        func swell(_ x: Float) -> Float { horizon + noise.fractal(x * scale, 4, octaves: 2) * unit * 0.025 }
        let rise = horizon - unit * 0.035, hill = tones.ground(0.6).mixed(tones.haze, 0.6)
        let (crest, dip) = (hill.lighter(0.03).linear, hill.mixed(tones.haze, 0.4).linear)
        ridge(from: rise - unit * 0.12, to: horizon + unit * 0.05) { x in
            rise - noise.fractal(x * scale * 0.6, 9, octaves: 2) * unit * 0.06
        } colour: { y in
            mix(crest, dip, smoothstep(rise - unit * 0.04, horizon, y))
        }
        if reading.allows(.trees) { hedge(along: swell, far, lamp, &chance) }
        ground(swell, horizon: horizon)
        if reading.has(.houses) {
            house(
                at: Point(width * chance.between(0.25, 0.75), horizon + unit * 0.03),
                size: unit * 0.1,
                roof: tones.accents[0].mixed(tones.haze, 0.3).linear,
                wall: tones.light.mixed(tones.haze, 0.3).linear,
                side: tones.haze.linear,
                lit: tones.isDark
            )
        }
        flowers(horizon: horizon, &chance)
        weather(horizon: horizon)
    }

    private func hedge(along line: (Float) -> Float, _ far: Oklab, _ lamp: Lamp, _ chance: inout Random) {
        var x: Float = 0
        while x < width {
            let size = unit * chance.between(0.035, 0.085)
            broadleaf(
                at: Point(x, line(x) + size * 0.2),
                height: size,
                crown: far.lighter(chance.bell() * 0.03),
                bark: far.linear,
                towards: lamp.place.x > x ? 1 : -1,
                chance: &chance
            )
            x += size * (chance.chance(0.12) ? chance.between(2, 5) : chance.between(0.3, 0.7))
        }
    }

    private func ground(_ line: (Float) -> Float, horizon: Float) {
        let noise = noise.layer(182)
        let far = tones.ground(0.8).mixed(tones.haze, 0.35).linear
        let middle = tones.ground(0.5).linear, near = tones.ground(0.08).linear
        let depth = height - horizon
        let lines = (0..<sheet.width).map { line(Float($0)) }
        lines.withUnsafeBufferPointer { lines in
            sheet.shade(from: Point(0, horizon - unit * 0.05), to: Point(width, height)) { x, y, under in
                let cover = clamp(y - lines[Int(x)] + 0.5)
                guard cover > 0 else { return under }
                let down = clamp((y - horizon) / depth)
                let distance = 1 / (down + 0.06)
                let u = (x - width / 2) / unit * distance
                let patch = noise.fractal(u * 0.9, distance * 1.6, octaves: 3)
                let blade = noise.at(u * 26, distance * 9)
                let colour = down < 0.45 ? mix(far, middle, down / 0.45) : mix(middle, near, (down - 0.45) / 0.55)
                return mix(under, colour * (1 + patch * 0.28 + blade * 0.13), cover)
            }
        }
    }

    /// From far to near: dabs of colour, then blossoms, then flowers with petals, stems and grass between.
    private func flowers(horizon: Float, _ chance: inout Random) {
        let kinds = (0..<3).map { _ in Blossom(chance: &chance, tones: tones) }
        let noise = noise.layer(183)
        let depth = height - horizon
        let area = width * depth / (unit * unit)
        let count = Int(5200 * area)
        let blooming: Float = reading.allows(.flowers) ? 1 : 0
        for index in 0..<count {
            // Evenly over the rows of the picture would crowd the front; this thins it out.
            let t = (Float(index) + chance.unit()) / Float(count)
            let down = 1 - powf(1 - t, 0.36)
            let place = Point(chance.between(-0.03, 1.03) * width, horizon + unit * 0.012 + depth * down * 1.12)
            let scale = mix(0.006, 0.12, powf(down, 1.6)) * unit
            let bed = noise.at(place.x / unit / (down + 0.15) * 0.7, 3 / (down + 0.15))
            if chance.unit() > 0.4 * blooming {
                if scale > unit * 0.006 { blade(place, scale * chance.between(0.5, 1.2), down, &chance) }
                continue
            }
            let kind = kinds[bed > 0.12 ? 0 : bed > -0.2 ? 1 : 2]
            let size = scale * chance.between(0.19, 0.32)
            kind.draw(
                on: self,
                foot: place,
                stem: scale * chance.between(0.6, 1.15),
                size: size,
                air: 0.45 * (1 - down),
                &chance
            )
        }
    }

    private func blade(_ foot: Point, _ tall: Float, _ down: Float, _ chance: inout Random) {
        let lean = chance.bell() * 0.55
        let colour = tones.ground(mix(0.62, 0.22, down) + chance.bell() * 0.16).linear
        let wide = max(0.7, tall * 0.045)
        let bend = foot + Point(lean * 0.3, -0.55) * tall
        sheet.stroke(foot, bend, wide, wide * 0.75, colour)
        sheet.stroke(bend, foot + Point(lean, -1) * tall, wide * 0.75, wide * 0.2, colour)
    }
}

/// One kind of flower.
private struct Blossom {
    private enum Form { case daisy, poppy, tulip, spike }

    private let form: Form
    private let petal: Oklab
    private let heart: Oklab
    private let petals: Int

    init(chance: inout Random, tones: Tones) {
        form = chance.pick([.daisy, .daisy, .poppy, .tulip, .spike])
        // What looks like grass is no flower.
        let grass = tones.ground(0.6)
        let seen = tones.accents.filter { $0.l > 0.4 && ($0.a - grass.a) * ($0.a - grass.a) > 0.008 }
        petal = (seen.isEmpty ? tones.light : chance.pick(seen)).lighter(tones.isDark ? 0 : 0.03)
        heart = Oklab(0xF5C542).mixed(tones.light, 0.15)
        petals = chance.whole(6...11)
    }

    func draw(on scene: Scene, foot: Point, stem: Float, size: Float, air: Float, _ chance: inout Random) {
        let sheet = scene.sheet
        let lean = chance.bell() * 0.22
        let head = foot + Point(lean, -1) * stem
        let base = petal.lighter(chance.bell() * 0.06).turned(chance.bell() * 0.15).mixed(scene.tones.haze, air)
        let colour = base.linear, light = base.lighter(0.08).linear, shade = base.scaled(light: 0.76).linear
        guard size > 2 else {
            sheet.disc(head, max(0.6, size * 1.1), chance.chance(0.5) ? colour : light, alpha: 0.9)
            return
        }
        let green = scene.tones.ground(0.3).mixed(scene.tones.haze, air).linear
        sheet.stroke(foot, head, max(0.7, size * 0.13), max(0.6, size * 0.1), green)
        switch form {
        case .daisy:
            let squash = chance.between(0.45, 0.9), turn = chance.unit()
            for index in 0..<petals {
                let angle = (Float(index) + turn) / Float(petals) * 2 * .pi
                let out = Point(cosf(angle), sinf(angle) * squash)
                sheet.ellipse(
                    head + out * size * 0.62,
                    Point(size * 0.44 * max(0.4, length(out)), size * 0.2),
                    angle: atan2f(out.y, out.x),
                    index.isMultiple(of: 2) ? colour : light
                )
            }
            sheet.ellipse(head, Point(size * 0.27, size * 0.27 * squash), heart.mixed(scene.tones.haze, air).linear)
        case .poppy:
            sheet.ellipse(head - Point(size * 0.3, size * 0.1), Point(size * 0.55, size * 0.5), angle: 0.5, shade)
            sheet.ellipse(head + Point(size * 0.32, -size * 0.12), Point(size * 0.55, size * 0.5), angle: -0.5, colour)
            sheet.ellipse(head + Point(0, size * 0.08), Point(size * 0.62, size * 0.42), light, alpha: 0.92)
            sheet.disc(head - Point(0, size * 0.05), size * 0.15, scene.tones.ground[0].linear)
        case .tulip:
            sheet.ellipse(head - Point(size * 0.22, size * 0.35), Point(size * 0.3, size * 0.6), angle: -0.14, shade)
            sheet.ellipse(head + Point(size * 0.22, -size * 0.35), Point(size * 0.3, size * 0.6), angle: 0.14, colour)
            sheet.ellipse(head - Point(0, size * 0.3), Point(size * 0.3, size * 0.56), light)
        case .spike:
            for index in 0..<9 {
                let t = Float(index) / 9
                let side: Float = index.isMultiple(of: 2) ? 1 : -1
                let place = head + Point(side * size * 0.17 * (1 - t * 0.6), size * (0.7 - t * 2.1))
                sheet.disc(place, size * mix(0.27, 0.12, t), index % 3 == 0 ? light : index % 3 == 1 ? colour : shade)
            }
        }
    }
}
