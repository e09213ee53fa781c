import Glibc

extension Scene {
    /// A poster of simple shapes on a grid.
    mutating func geometric() {
        let paper = tones.paper.linear
        sheet.shade { _, _, _ in paper }
        let margin = unit * 0.055
        let inner = Point(width, height) - margin * 2
        let cell = min(inner.x, inner.y) / Float(random.whole(3...6))
        let columns = max(1, Int(inner.x / cell)), rows = max(1, Int(inner.y / cell))
        // Cells are square; what is left over becomes margin.
        let origin = (Point(width, height) - Point(Float(columns), Float(rows)) * cell) / 2
        var taken = [Bool](repeating: false, count: columns * rows)
        for row in 0..<rows {
            for column in 0..<columns where !taken[row * columns + column] {
                var size = 1
                let fits = column + 1 < columns && row + 1 < rows && !taken[row * columns + column + 1]
                if fits, random.chance(0.3) { size = 2 }
                for y in 0..<size { for x in 0..<size { taken[(row + y) * columns + column + x] = true } }
                let low = origin + Point(Float(column), Float(row)) * cell
                tile(low, cell * Float(size), splits: size == 2 ? 0 : 1)
            }
        }
        finish.tooth = 0.07
        finish.bloom = 0
        finish.vignette = 0.1
    }

    private mutating func tile(_ low: Point, _ size: Float, splits: Int) {
        if splits > 0, random.chance(0.2) {
            for part in 0..<4 {
                tile(low + Point(Float(part % 2), Float(part / 2)) * (size / 2), size / 2, splits: splits - 1)
            }
            return
        }
        let colours = contrast()
        sheet.rectangle(low, low + size, colours.0.linear)
        motif(low, size, colours.0, colours.1, colours.2)
    }

    /// Three colours of which the first two are well apart.
    private mutating func contrast() -> (Oklab, Oklab, Oklab) {
        let all = tones.accents + [tones.paper.scaled(light: tones.isDark ? 1.4 : 0.95), tones.ink]
        let first = random.pick(all)
        let apart = all.sorted { distance($0, first) > distance($1, first) }
        let second = apart[random.whole(0...2)]
        let third = apart.first { $0 != second && distance($0, second) > 0.12 } ?? tones.ink
        return (first, second, third)
    }

    private func distance(_ a: Oklab, _ b: Oklab) -> Float {
        let d = SIMD3(a.l - b.l, a.a - b.a, a.b - b.b)
        return (d * d).sum().squareRoot()
    }

    private mutating func motif(_ low: Point, _ size: Float, _ ground: Oklab, _ first: Oklab, _ second: Oklab) {
        let middle = low + size / 2
        let (a, b, back) = (first.linear, second.linear, ground.linear)
        let turn = random.whole(0...3)
        /// Within the tile, 0...1, turned by quarters.
        func at(_ x: Float, _ y: Float) -> Point {
            let p = Point(x - 0.5, y - 0.5)
            let quarters = [p, Point(-p.y, p.x), Point(-p.x, -p.y), Point(p.y, -p.x)]
            return middle + quarters[turn] * size
        }
        func sector(_ x: Float, _ y: Float, _ radius: Float, from: Float, to: Float) -> [Point] {
            (0...48).map { step in
                let angle = mix(from, to, Float(step) / 48) * 2 * .pi
                return at(x + cosf(angle) * radius, y + sinf(angle) * radius)
            }
        }
        switch random.whole(0...11) {
        case 0:
            sheet.fill([at(0, 0)] + sector(0, 0, 1, from: 0, to: 0.25), a)
            sheet.fill([at(0, 0)] + sector(0, 0, 0.5, from: 0, to: 0.25), b)
        case 1:
            for (index, radius) in [Float(1), 0.75, 0.5, 0.25].enumerated() {
                sheet.fill([at(0, 0)] + sector(0, 0, radius, from: 0, to: 0.25), index.isMultiple(of: 2) ? a : back)
            }
        case 2:
            sheet.fill(sector(0.5, 0.5, 0.42, from: 0, to: 1), a)
            if random.chance(0.6) { sheet.fill(sector(0.5, 0.5, 0.42, from: 0, to: 0.5), b) }
        case 3:
            for (index, radius) in [Float(0.44), 0.31, 0.18].enumerated() {
                sheet.fill(sector(0.5, 0.5, radius, from: 0, to: 1), [a, back, b][index])
            }
        case 4:
            sheet.fill([at(0, 0), at(1, 0), at(0, 1)], a)
        case 5:
            sheet.fill([at(0, 1), at(0.5, 0), at(1, 1)], a)
            sheet.fill([at(0.25, 1), at(0.5, 0.5), at(0.75, 1)], b)
        case 6:
            for stripe in 0..<4 {
                let y = Float(stripe) / 4
                sheet.fill([at(0, y), at(1, y), at(1, y + 0.125), at(0, y + 0.125)], a)
            }
        case 7:
            sheet.fill([at(0, 0.5)] + sector(0.5, 0.5, 0.5, from: 0.5, to: 1), a)
            sheet.fill(sector(0.5, 1, 0.5, from: 0.5, to: 1), b)
        case 8:
            // A leaf: two quarter circles overlap.
            sheet.fill(sector(0, 1, 1, from: 0.75, to: 1) + sector(1, 0, 1, from: 0.25, to: 0.5), a)
            sheet.stroke(at(0.06, 0.06), at(0.94, 0.94), size * 0.02, size * 0.02, b)
        case 9:
            let dots = 4
            for index in 0..<dots * dots {
                let place = at((Float(index % dots) + 0.5) / Float(dots), (Float(index / dots) + 0.5) / Float(dots))
                sheet.disc(place, size * 0.075, index % 5 == turn ? b : a)
            }
        case 10:
            sheet.fill(sector(0, 0.5, 0.5, from: -0.25, to: 0.25), a)
            sheet.fill(sector(1, 0.5, 0.5, from: 0.25, to: 0.75), b)
        default:
            sheet.fill([at(0.5, 0), at(1, 0.5), at(0.5, 1), at(0, 0.5)], a)
            sheet.fill(sector(0.5, 0.5, 0.2, from: 0, to: 1), b)
        }
    }
}
