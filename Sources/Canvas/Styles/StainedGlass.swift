import Glibc

extension Scene {
    /// Leaded glass: a picture of sun, sky and hills cut into panes, in an arch or a rose window where one is asked for.
    mutating func stainedGlass() {
        let arch = reading.has(.window) || random.chance(0.4)
        let panes = Panes(scene: &self, cells: random.between(10, 15))
        let pattern = GlassPattern(scene: &self)
        let noise = noise.layer(150)
        let scale = 1 / unit
        let lead = tones.isDark ? RGB(0.012, 0.012, 0.018, 0) : RGB(0.02, 0.018, 0.018, 0)
        let stone = tones.ground(0.1).scaled(chroma: 0.35).linear
        let frame = arch ? ArchFrame(width: width, height: height, unit: unit) : nil
        sheet.shade { x, y, _ in
            let inside = frame?.depth(x, y) ?? 1
            let grain = noise.fractal(x * scale * 30, y * scale * 30, octaves: 3)
            if inside < -0.001 {
                // The wall, brightest where the glass throws its light on the reveal.
                let reveal = expf(inside * 38)
                let near = panes.colour(at: x, y, pattern)
                return stone * (0.7 + 0.25 * grain) + near * (reveal * 0.16)
            }
            let (border, pane) = panes.nearest(x, y)
            let edge = min(border, inside * unit)
            let glass = pattern.colour(pane.centre, pane.chance)
            // Hand-made glass: streaks, and a middle that lets more through.
            let streak = noise.fractal((x + pane.chance * 900) * scale * 5, y * scale * 16, octaves: 3)
            let depth = smoothstep(0, unit * 0.035, edge)
            let light = (0.62 + 0.45 * depth + 0.24 * streak + 0.06 * grain)
            let thick = unit * 0.0052
            let cover = clamp(thick - edge + 0.5)
            // The lead is round: a thin line of light along its ridge.
            let ridge = smoothstep(thick * 0.7, thick * 0.1, edge) * 0.05
            return mix(glass * (light * 1.12), lead + ridge, cover)
        }
        finish.bloom = 0.45
        finish.vignette = 0.3
        finish.grain = 1.5
    }
}

/// The picture in the glass, asked for a pane at a time.
private struct GlassPattern {
    private let sky: [Oklab]
    private let hills: [Oklab]
    private let accents: [Oklab]
    private let light: Oklab
    private let sun: Point
    private let radius: Float
    private let horizon: Float
    private let unit: Float
    private let height: Float
    private let noise: Noise
    private let rose: Bool

    init(scene: inout Scene) {
        let tones = scene.tones
        sky = tones.sky.map { $0.scaled(light: 0.92, chroma: 1.3) }
        hills = [0.25, 0.5, 0.75].map { tones.ground($0).scaled(chroma: 1.35) }
        accents = tones.accents.map { $0.scaled(chroma: 1.15) }
        light = tones.light
        unit = scene.unit
        height = scene.height
        rose = scene.reading.has(.window) || scene.random.chance(0.3)
        let middle = Point(scene.width * 0.5, scene.height * 0.4)
        sun =
            rose
            ? middle
            : Point(scene.width * scene.random.between(0.25, 0.75), scene.height * scene.random.between(0.22, 0.5))
        radius = scene.unit * scene.random.between(0.09, 0.14)
        horizon = scene.height * scene.random.between(0.58, 0.72)
        noise = scene.noise.layer(151)
    }

    func colour(_ place: Point, _ chance: Float) -> RGB {
        let off = place - sun
        let distance = length(off)
        let vary = (chance - 0.5) * 0.16
        if distance < radius { return light.lighter(vary * 0.4).linear * 1.15 }
        let ring = Int((distance - radius) / (unit * 0.085))
        let hill = horizon + noise.at(place.x / unit * 2.2, 1) * unit * 0.12
        if place.y > hill {
            let depth = clamp((place.y - hill) / (height - hill + 1))
            let band = Int(depth * 2.99 + chance * 0.8) % 3
            return (chance > 0.86 ? accents[Int(chance * 50) % accents.count] : hills[2 - band].lighter(vary)).linear
        }
        if ring < (rose ? 3 : 1) || chance > 0.9 {
            return accents[(ring + (chance > 0.6 ? 1 : 0)) % accents.count].lighter(vary).linear
        }
        // Rays: every other sector of the sky is a tone lighter.
        let sector = Int((atan2f(off.y, off.x) + .pi) / (2 * .pi) * 18)
        let height = clamp(place.y / hill)
        let index = min(Int(height * Float(sky.count) + chance * 0.6), sky.count - 1)
        return sky[index].lighter(vary + (sector.isMultiple(of: 2) ? 0.07 : -0.03)).linear
    }
}

/// Irregular panes: the nearest of scattered points, one a cell of a grid.
private struct Panes {
    struct Pane {
        let centre: Point
        let chance: Float
    }

    private let size: Float
    private let noise: Noise

    init(scene: inout Scene, cells: Float) {
        size = scene.unit / cells
        noise = scene.noise.layer(152)
    }

    @inline(__always)
    private func point(_ column: Int32, _ row: Int32) -> Point {
        Point(
            (Float(column) + 0.12 + 0.76 * noise.cell(column, row)) * size,
            (Float(row) + 0.12 + 0.76 * noise.cell(column &+ 911, row &- 377)) * size
        )
    }

    /// Distance to the border of the pane a place lies in, and that pane.
    @inline(__always)
    func nearest(_ x: Float, _ y: Float) -> (border: Float, pane: Pane) {
        let here = Point(x, y)
        let column = Int32(x / size), row = Int32(y / size)
        var best = Point.zero
        var (bestColumn, bestRow, least): (Int32, Int32, Float) = (0, 0, .infinity)
        for dy in Int32(-1)...1 {
            for dx in Int32(-1)...1 {
                let other = point(column + dx, row + dy) - here
                let squared = other.x * other.x + other.y * other.y
                if squared < least { (best, bestColumn, bestRow, least) = (other, column + dx, row + dy, squared) }
            }
        }
        // The border lies half-way to a neighbour, measured along the line between the two points.
        var border = Float.infinity
        for dy in Int32(-2)...2 {
            for dx in Int32(-2)...2 where dx != 0 || dy != 0 {
                let other = point(bestColumn + dx, bestRow + dy) - here
                let between = other - best
                let middle = (best + other) / 2
                let distance = (middle.x * between.x + middle.y * between.y) / length(between)
                border = min(border, distance)
            }
        }
        return (border, Pane(centre: best + here, chance: noise.cell(bestColumn &+ 77, bestRow &+ 31)))
    }

    @inline(__always)
    func colour(at x: Float, _ y: Float, _ pattern: GlassPattern) -> RGB {
        let pane = nearest(x, y).pane
        return pattern.colour(pane.centre, pane.chance)
    }
}

/// Pointed arches that fill the sheet: one, or several side by side on a wide one.
private struct ArchFrame {
    private let half: Float
    private let pitch: Float
    private let spring: Float
    private let bottom: Float
    private let unit: Float

    init(width: Float, height: Float, unit: Float) {
        self.unit = unit
        pitch = width / max(1, (width / height * 1.5).rounded(.down))
        half = min(pitch * 0.44, height * 0.5)
        bottom = height * 0.95
        // Two arcs, each about the other side's foot, meet at the point.
        spring = max(height * 0.05 + half * 1.73, height * 0.3)
    }

    /// How far inside the arch a place lies, in units; negative outside.
    @inline(__always)
    func depth(_ x: Float, _ y: Float) -> Float {
        let across = abs(x - ((x / pitch).rounded(.down) + 0.5) * pitch)
        let side = y > spring ? half - across : half * 2 - length(Point(across + half, y - spring))
        return min(side, bottom - y) / unit
    }
}
