import Glibc

/// Small things that live in a picture.
extension Scene {
    /// A loose flock, wings at different beats.
    func birds(around centre: Point, count: Int, size: Float, _ colour: RGB) {
        var chance = random.fork(41)
        let lean = chance.between(-0.4, 0.4)
        for index in 0..<count {
            let rank = Float((index + 1) / 2) * (index.isMultiple(of: 2) ? 1 : -1)
            let offset = Point(rank * 2.6 + chance.bell() * 1.4, abs(rank) * 1.1 + rank * lean + chance.bell() * 1.3)
            let span = size * chance.between(0.6, 1.15)
            bird(centre + offset * size, span, beat: chance.between(-0.25, 0.7), colour)
        }
    }

    private func bird(_ place: Point, _ span: Float, beat: Float, _ colour: RGB) {
        let thick = max(0.9, span * 0.13)
        for side: Float in [-1, 1] {
            let elbow = place + Point(side * span * 0.42, -span * (0.12 + 0.34 * beat))
            let tip = place + Point(side * span, -span * (0.02 + 0.1 * beat))
            sheet.stroke(place, elbow, thick, thick * 0.85, colour)
            sheet.stroke(elbow, tip, thick * 0.85, thick * 0.2, colour)
        }
    }

    /// A sailing boat standing on `place`, with its image in the water.
    func boat(at place: Point, size: Float, leaning: Float, sail: RGB, hull: RGB, water: Bool = true) {
        func at(_ x: Float, _ y: Float) -> Point { place + turned(Point(x, y) * size, leaning) }
        if water {
            for step in 0..<9 {
                let down = Float(step) / 9
                let half = size * (0.42 - 0.3 * down)
                let y = place.y + size * (0.04 + down * 0.8)
                let shift = sinf(Float(step) * 2.3 + place.x) * size * 0.06
                sheet.ellipse(
                    Point(place.x + shift, y),
                    Point(half, max(0.6, size * 0.022)),
                    mix(hull, sail, down * 0.6),
                    alpha: 0.42 * (1 - down)
                )
            }
        }
        sheet.fill([at(-0.5, -0.14), at(0.56, -0.16), at(0.36, 0.04), at(-0.36, 0.04)], hull)
        sheet.stroke(at(0.02, -0.1), at(0.02, -1.24), max(0.8, size * 0.03), max(0.6, size * 0.02), hull)
        var main = [at(0.05, -1.2)]
        for step in 0...6 {
            // The sail is full: its edge bends outwards.
            let t = Float(step) / 6
            main.append(at(0.05 + 0.47 * t + 0.1 * sinf(t * .pi), -1.2 + t))
        }
        main.append(at(0.05, -0.22))
        sheet.fill(main, sail)
        sheet.fill([at(-0.02, -1.08), at(-0.46, -0.22), at(-0.22, -0.24), at(-0.02, -0.3)], mix(sail, hull, 0.22))
    }

    /// A house with a pitched roof; lit windows when it is dark.
    func house(at foot: Point, size: Float, roof: RGB, wall: RGB, side: RGB, lit: Bool) {
        func at(_ x: Float, _ y: Float) -> Point { foot + Point(x, -y) * size }
        sheet.fill([at(-0.5, 0), at(-0.5, 0.55), at(-0.22, 0.95), at(0.06, 0.55), at(0.06, 0)], wall)
        sheet.fill([at(0.06, 0), at(0.06, 0.55), at(0.7, 0.55), at(0.7, 0)], side)
        sheet.fill([at(-0.22, 0.98), at(0.5, 0.98), at(0.76, 0.52), at(0.06, 0.52)], roof)
        sheet.stroke(at(-0.55, 0.5), at(-0.22, 0.98), size * 0.07, size * 0.07, roof)
        sheet.rectangle(at(0.3, 1.14), at(0.4, 0.9), mix(roof, wall, 0.3))
        let pane = lit ? Oklab(0xFFC861).linear * 1.5 : mix(side, .zero, 0.55)
        for x: Float in [-0.3, 0.2, 0.46] { sheet.rectangle(at(x, 0.4), at(x + 0.13, 0.2), pane) }
        if lit { sheet.glow(at(0.1, 0.3), size * 1.1, pane * 0.07, sharpness: 2) }
    }

    /// A hot-air balloon; `place` is the middle of its envelope.
    func balloon(at place: Point, size: Float, _ colours: [RGB]) {
        let stripes = 9
        for stripe in 0..<stripes {
            // Gores of a sphere: evenly spaced in angle, so narrower at the sides.
            func edge(_ number: Int) -> [Point] {
                let across = sinf((Float(number) / Float(stripes) - 0.5) * .pi)
                return (0...14).map { step in
                    let t = Float(step) / 14
                    let half = t < 0.55 ? sinf(t / 0.55 * .pi / 2) : mix(1, 0.16, smoothstep(0.5, 1.02, t))
                    return place + Point(across * half * 0.5, t * 1.15 - 0.5) * size
                }
            }
            let shade = mix(1.1, 0.55, Float(stripe) / Float(stripes))
            sheet.fill(edge(stripe) + edge(stripe + 1).reversed(), colours[stripe % colours.count] * shade)
        }
        let thin = max(0.6, size * 0.008)
        for side: Float in [-1, 1] {
            sheet.stroke(
                place + Point(0.07 * side, 0.65) * size,
                place + Point(0.05 * side, 0.83) * size,
                thin,
                thin,
                colours[0] * 0.2
            )
        }
        sheet.rectangle(place + Point(-0.06, 0.82) * size, place + Point(0.06, 0.93) * size, Oklab(0x5A3A22).linear)
    }
}
