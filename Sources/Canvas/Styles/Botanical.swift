import Glibc

extension Scene {
    /// A plate from a herbarium: stems with leaves and blossoms over a wash of water colour.
    mutating func botanical() {
        paper()
        wash()
        let stems = random.whole(3...5)
        let foot = Point(width * random.between(0.44, 0.56), height * 0.95)
        let reach = min(height * 0.84, width * 1.3)
        let order = (0..<stems).map { ($0, abs(Float($0) - Float(stems - 1) / 2)) }.sorted { $0.1 > $1.1 }
        for (index, out) in order {
            let fan = stems == 1 ? 0 : Float(index) / Float(stems - 1) - 0.5
            let plant = Plant(scene: &self)
            let root = foot + Point(fan * unit * 0.06, 0)
            let tall = reach * (1 - out * 0.13) * random.between(0.82, 1)
            stem(plant, from: root, angle: -.pi / 2 + fan * min(0.95, 0.85 * width / height), length: tall)
        }
        finish.tooth = 0.07
        finish.bloom = tones.isDark ? 0.25 : 0
        finish.vignette = 0.1
    }

    private func paper() {
        let noise = noise.layer(200)
        let plain = tones.paper.linear, aged = tones.paper.scaled(light: tones.isDark ? 1.25 : 0.965).linear
        let scale = 1 / unit
        sheet.shade { x, y, _ in mix(plain, aged, clamp(0.5 + noise.fractal(x * scale * 2, y * scale * 2, octaves: 4)))
        }
    }

    /// Blots of thin colour, darker where the water dried at the rim.
    private mutating func wash() {
        for index in 0..<random.whole(2...4) {
            let noise = noise.layer(UInt32(201 + index))
            let centre = Point(width * random.between(0.25, 0.75), height * random.between(0.22, 0.68))
            let radius = unit * random.between(0.18, 0.36)
            let colour = random.pick(tones.accents).mixed(tones.paper, 0.35).linear
            let scale = 1 / unit
            sheet.shade(from: centre - radius * 1.7, to: centre + radius * 1.7) { x, y, under in
                let p = (Point(x, y) - centre) / radius
                let rough = noise.fractal(x * scale * 3, y * scale * 3, octaves: 5)
                let edge = 1 - length(p) + rough * 0.5
                let body = smoothstep(0, 0.05, edge)
                let rim = smoothstep(0.12, 0.02, edge) * body
                let cloud = 0.2 + 0.1 * noise.fractal(x * scale * 7 + 4, y * scale * 7, octaves: 3)
                return mix(under, colour, clamp(body * cloud + rim * 0.16))
            }
        }
    }

    private mutating func stem(_ plant: Plant, from root: Point, angle start: Float, length tall: Float) {
        var place = root
        var angle = start
        // Stems bow outwards at most a little, so that none leaves the plate.
        let bend = random.bell() * 0.25
        let segments = 34
        let pairs = plant.spacing
        var leaves: [(place: Point, angle: Float, size: Float)] = []
        for segment in 0..<segments {
            let t = Float(segment) / Float(segments)
            angle += bend / Float(segments) + random.bell() * 0.02
            let next = place + direction(angle) * (tall / Float(segments))
            let wide = unit * 0.0095 * (1 - t * 0.75)
            sheet.stroke(place, next, wide, wide * 0.97, plant.stalk)
            place = next
            guard t > 0.14, segment % pairs == 0 else { continue }
            // Small at the tip, largest below the middle.
            let size =
                tall * plant.leafLength * (0.35 + 0.65 * sinf(min(1, (1.06 - t) * 1.25) * .pi / 2))
                * random.between(0.85, 1.12)
            let spread = plant.spread * mix(1.1, 0.7, t)
            if plant.alternates {
                let side: Float = (segment / pairs).isMultiple(of: 2) ? 1 : -1
                leaves.append((place, angle + side * spread, size))
            } else {
                leaves.append((place, angle - spread, size))
                leaves.append((place, angle + spread, size * random.between(0.9, 1.05)))
            }
        }
        for leaf in leaves {
            plant.leaf(on: sheet, at: leaf.place, angle: leaf.angle + random.bell() * 0.12, length: leaf.size, &random)
        }
        if plant.blooms, reading.allows(.flowers) {
            plant.blossom(on: sheet, at: place, size: unit * random.between(0.06, 0.1), angle: angle, &random)
        } else {
            plant.leaf(on: sheet, at: place, angle: angle, length: tall * plant.leafLength * 0.5, &random)
        }
    }
}

/// One species: the form of its leaves, where they stand, its blossom.
private struct Plant {
    let leafLength: Float
    let spread: Float
    let spacing: Int
    let alternates: Bool
    let blooms: Bool
    let stalk: RGB
    private let breadth: Float
    /// Where along the leaf it is widest.
    private let belly: Float
    private let green: Oklab
    private let petal: Oklab
    private let heart: Oklab
    private let petals: Int

    init(scene: inout Scene) {
        let fern = scene.random.chance(0.3)
        leafLength = fern ? scene.random.between(0.13, 0.2) : scene.random.between(0.13, 0.22)
        breadth = fern ? scene.random.between(0.12, 0.2) : scene.random.between(0.26, 0.56)
        belly = scene.random.between(0.32, 0.55)
        spread = scene.random.between(0.65, 1.1)
        spacing = fern ? 1 : scene.random.whole(2...4)
        alternates = !fern && scene.random.chance(0.5)
        blooms = !fern && scene.random.chance(scene.reading.has(.flowers) ? 1 : 0.6)
        let tones = scene.tones
        let leafy =
            tones.isDark ? tones.accents[3].mixed(tones.ink, 0.1) : tones.ground(scene.random.between(0.25, 0.62))
        green = leafy.mixed(scene.random.pick(tones.accents), scene.random.between(0.05, 0.3))
        stalk = green.scaled(light: tones.isDark ? 0.85 : 0.72).linear
        // A blossom in the green of its leaves would not be seen.
        let green = self.green
        let apart = tones.accents.filter {
            abs($0.a - green.a) + abs($0.b - green.b) > 0.12 || tones.accents[0].chroma < 0.03
        }
        petal = scene.random.pick(apart.isEmpty ? tones.accents : apart)
        heart = tones.isDark ? tones.light : Oklab(0xE6B53C).mixed(tones.accents[1], 0.3)
        petals = scene.random.whole(5...9)
    }

    /// Two halves, of which one lies in the light, with midrib and veins.
    func leaf(on sheet: Sheet, at root: Point, angle: Float, length long: Float, _ random: inout Random) {
        let curl = random.bell() * 0.5
        let tint = green.lighter(random.bell() * 0.05).turned(random.bell() * 0.12)
        let steps = max(6, min(22, Int(long / 3)))
        var spine: [Point] = [root], left: [Point] = [], right: [Point] = []
        var place = root, heading = angle
        for step in 1...steps {
            let t = Float(step) / Float(steps)
            heading += curl / Float(steps)
            place += direction(heading) * (long / Float(steps))
            spine.append(place)
            let u = t < belly ? t / belly * 0.5 : 0.5 + (t - belly) / (1 - belly) * 0.5
            let half = sinf(u * .pi) * long * breadth / 2
            let normal = Point(-sinf(heading), cosf(heading))
            left.append(place + normal * half)
            right.append(place - normal * half)
        }
        let lit = tint.lighter(0.055).linear, shade = tint.scaled(light: 0.86).linear
        sheet.fill([root] + left + spine.reversed().dropLast(), shade, alpha: 0.94)
        sheet.fill([root] + right + spine.reversed().dropLast(), lit, alpha: 0.94)
        guard long > 18 else { return }
        let vein = tint.lighter(0.14).linear
        let thin = max(0.6, long * 0.009)
        for index in 1..<spine.count {
            sheet.stroke(spine[index - 1], spine[index], thin * 1.4, thin * 1.2, vein, alpha: 0.7)
        }
        for index in stride(from: 2, to: steps - 2, by: 2) {
            let ahead = min(index + 1, left.count - 1)
            sheet.stroke(spine[index], mix(spine[index], left[ahead], 0.82), thin, thin * 0.3, vein, alpha: 0.4)
            sheet.stroke(spine[index], mix(spine[index], right[ahead], 0.82), thin, thin * 0.3, vein, alpha: 0.4)
        }
    }

    func blossom(on sheet: Sheet, at centre: Point, size: Float, angle: Float, _ random: inout Random) {
        let turn = random.unit() * 2 * .pi
        for ring in 0..<2 {
            let out = size * (ring == 0 ? 1 : 0.66)
            for index in 0..<petals {
                let heading = turn + (Float(index) + Float(ring) * 0.5) / Float(petals) * 2 * .pi
                let tint = petal.lighter(random.bell() * 0.04 + Float(ring) * 0.06)
                var outline: [Point] = []
                for step in 0...18 {
                    let t = Float(step) / 18
                    // Narrow at the heart, broad and notched at the end.
                    let side: Float = t < 0.5 ? 1 : -1
                    let u = t < 0.5 ? t * 2 : 2 - t * 2
                    let half = sinf(powf(u, 0.8) * .pi * 0.86) * 0.3
                    outline.append(
                        centre + turned(Point(u * (1 - 0.07 * smoothstep(0.85, 1, u)), half * side) * out, heading)
                    )
                }
                sheet.fill(outline, tint.linear, alpha: 0.93)
                let tip = centre + direction(heading) * out * 0.7
                sheet.stroke(centre, tip, max(0.6, size * 0.03), 0.3, tint.scaled(light: 0.82).linear, alpha: 0.5)
            }
        }
        sheet.disc(centre, size * 0.17, heart.linear)
        for _ in 0..<16 {
            let place = centre + direction(random.unit() * 2 * .pi) * size * random.between(0.1, 0.25)
            sheet.disc(place, max(0.5, size * 0.022), heart.scaled(light: 0.72).linear)
        }
    }
}
