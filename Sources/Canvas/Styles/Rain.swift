import Glibc

extension Scene {
    /// A street through a wet window: lamps out of focus, and drops that show it upside down.
    mutating func rain() {
        backdrop()
        bokeh()
        let lens = Lens(sheet)
        if reading.allows(.rain) {
            mistOnGlass(lens)
            drops(lens)
        }
        finish.bloom = 0.4
        finish.vignette = 0.3
    }

    private func backdrop() {
        let noise = noise.layer(190)
        let ramp = Ramp(tones.sky + [tones.haze, tones.ground(0.3), tones.ground[0], tones.ground(0.15)])
        let scale = 1 / unit
        sheet.shade { x, y, _ in
            let blur = noise.fractal(x * scale * 1.6, y * scale * 0.8, octaves: 2)
            return ramp[y / height * 0.94 + blur * 0.1] * (0.85 + 0.35 * noise.at(x * scale * 2.6, 7))
        }
    }

    /// Lamps out of focus: discs with a slightly brighter rim, their light doubled on the wet street.
    private mutating func bokeh() {
        let dark = tones.isDark || reading.palette == .dusk || reading.palette == .sunset
        let strength: Float = dark ? 1 : 0.5
        let street = height * random.between(0.6, 0.7)
        let area = width * height / (unit * unit)
        for index in 0..<Int((dark ? 78 : 48) * area) {
            let near = powf(random.unit(), 1.6)
            let radius = unit * mix(0.014, 0.075, near)
            let up = random.unit() * random.unit()
            let place = Point(random.unit() * width, street - up * unit * 0.52)
            let hue = random.pick(tones.accents.prefix(4) + [tones.light, Oklab(0xFFC873)])
            let light = hue.scaled(light: 1.05).linear * (strength * random.between(0.3, 0.85))
            lamp(place, radius, light)
            if index.isMultiple(of: 2), reading.allows(.water) {
                let mirrored = Point(place.x, street + (street - place.y) * 0.55 + unit * 0.06)
                let low = mirrored - Point(radius * 1.2, radius * 3.5),
                    high = mirrored + Point(radius * 1.2, radius * 5)
                sheet.shade(from: low, to: high) { x, y, under in
                    let u = (x - mirrored.x) / (radius * 0.9),
                        v = (y - mirrored.y) / (radius * (y > mirrored.y ? 4.6 : 3))
                    let fall = max(0, 1 - u * u - v * v)
                    return under + light * (fall * fall * 0.5)
                }
            }
        }
    }

    private func lamp(_ place: Point, _ radius: Float, _ light: RGB) {
        let soft = max(1.5, radius * 0.14)
        sheet.shade(from: place - (radius + soft), to: place + (radius + soft)) { x, y, under in
            let r = length(Point(x, y) - place)
            let cover = smoothstep(radius + soft * 0.5, radius - soft * 0.5, r)
            let rim = 0.72 + 0.42 * smoothstep(radius * 0.6, radius, r)
            return under + light * (cover * rim * 0.62)
        }
        sheet.glow(place, radius * 3, light * 0.1, sharpness: 2)
    }

    /// Breath on the pane: greyer and softer than what lies behind.
    private func mistOnGlass(_ lens: Lens) {
        let noise = noise.layer(191)
        let tint = tones.haze.linear
        let scale = 1 / unit
        sheet.shade { x, y, under in
            let beads = noise.at(x * scale * 85, y * scale * 85)
            let veil = 0.16 + 0.12 * noise.fractal(x * scale * 2, y * scale * 2, octaves: 3)
            let speck = smoothstep(0.35, 0.6, beads) * 0.12
            return mix(under, tint, veil) * (1 + speck)
        }
    }

    private mutating func drops(_ lens: Lens) {
        let area = width * height / (unit * unit)
        for _ in 0..<Int(1300 * area) {
            let place = Point(random.unit() * width, random.unit() * height)
            drop(place, unit * mix(0.0012, 0.005, powf(random.unit(), 3)), lens)
        }
        for _ in 0..<Int(20 * area) { runnel(lens) }
        for _ in 0..<Int(210 * area) {
            let place = Point(random.unit() * width, random.unit() * height)
            drop(place, unit * mix(0.005, 0.021, powf(random.unit(), 3.2)), lens)
        }
    }

    /// A drop that has run down, and what it left on its way.
    private mutating func runnel(_ lens: Lens) {
        var place = Point(random.unit() * width, random.between(-0.1, 0.6) * height)
        let size = unit * random.between(0.008, 0.015)
        let steps = random.whole(16...60)
        for step in 0..<steps {
            place += Point(random.bell() * size * 0.35, size * 0.75)
            let t = Float(step) / Float(steps)
            if random.chance(0.62) { drop(place, size * mix(0.2, 0.5, t) * random.between(0.6, 1.2), lens) }
        }
        drop(place + Point(0, size * 0.5), size * 1.15, lens)
    }

    private func drop(_ centre: Point, _ radius: Float, _ lens: Lens) {
        let seed = sinf(centre.x * 12.9 + centre.y * 78.2)
        let shape = Point(1 + seed * 0.1, 1.08 - seed * 0.1)
        let size = max(radius, 0.8)
        sheet.shade(from: centre - size * 1.5, to: centre + size * 1.6) { x, y, under in
            let p = (Point(x, y) - centre) / size
            // Heavier below than above.
            let q = Point(p.x * (1 + p.y * -0.12), p.y) / shape
            let r = length(q)
            let cover = clamp((1 - r) * size + 0.5)
            let shadow = smoothstep(1.45, 0.95, length(q - Point(0, 0.14))) * 0.25
            let back = under * (1 - shadow)
            guard cover > 0 else { return back }
            // A drop is a strong lens: a wide view, turned upside down.
            let bulge = 0.55 + 0.9 * r * r
            let view = centre - p * bulge * (size * 5 + unit * 0.05)
            let seen = lens.at(view.x, view.y)
            let edge = 1 - 0.62 * smoothstep(0.62, 1, r)
            let gleam = smoothstep(0.36, 0.12, length(q - Point(-0.34, -0.42)))
            let foot = smoothstep(0.3, 0.95, q.y) * smoothstep(1, 0.7, r) * 0.3
            let colour = seen * (edge * 1.12 + foot) + RGB(repeating: 0.75) * (gleam * 0.75) * (0.3 + seen)
            return mix(back, colour, cover * 0.96)
        }
    }
}

/// A small copy of the picture, for drops to look at.
private struct Lens {
    private let scale: Int
    private let columns: Int
    private let rows: Int
    private let pixels: [RGB]

    init(_ sheet: Sheet) {
        scale = max(1, min(sheet.width, sheet.height) / 128)
        columns = max(1, sheet.width / scale)
        rows = max(1, sheet.height / scale)
        var pixels = [RGB](repeating: .zero, count: columns * rows)
        for row in 0..<rows {
            for column in 0..<columns {
                pixels[row * columns + column] = sheet.colour(
                    at: (Float(column) + 0.5) * Float(scale),
                    (Float(row) + 0.5) * Float(scale)
                )
            }
        }
        self.pixels = pixels
    }

    @inline(__always)
    func at(_ x: Float, _ y: Float) -> RGB {
        let (u, v) = (
            clamp(x / Float(scale) - 0.5, 0, Float(columns - 1)), clamp(y / Float(scale) - 0.5, 0, Float(rows - 1))
        )
        let (left, top) = (Int(u), Int(v))
        let right = min(left + 1, columns - 1), bottom = min(top + 1, rows - 1)
        let (fx, fy) = (u - Float(left), v - Float(top))
        let upper = mix(pixels[top * columns + left], pixels[top * columns + right], fx)
        let lower = mix(pixels[bottom * columns + left], pixels[bottom * columns + right], fx)
        return mix(upper, lower, fy)
    }
}
