import Glibc

/// Ground seen in perspective, drawn from far to near in slices across the view.
///
/// Heights and light are sampled from a square map beforehand; each slice then covers what lies behind it, column by
/// column, with the share of a pixel that the edge leaves.
struct Terrain {
    /// Samples along one side of the map.
    private let side: Int

    /// Depth of the first and last slice, in map widths from the eye.
    var near: Float = 0.07
    var far: Float = 1
    /// Height of the eye and of the greatest relief, in the same length.
    var eye: Float = 0.14
    var relief: Float = 0.1
    /// Width of the view at depth one.
    var breadth: Float = 0.9
    /// Row of the line of sight, in pixels.
    private var horizon: Float = 0
    /// Pixels that a length of one has at depth one.
    private var lens: Float = 1
    /// Direction the light comes from: x across, y towards the eye, z up.
    var light: SIMD3<Float> = [0.6, -0.4, 0.5]

    private var heights: [Float] = []
    private var lights: [Float] = []

    /// What a slice is painted with.
    struct Ground {
        /// Place on the map, 0...1 across and in depth.
        let x: Float
        let z: Float
        /// 0...1 of the relief.
        let height: Float
        /// 0 in the shade, 1 facing the light.
        let light: Float
        /// Vertical rise per length.
        let slope: Float
        /// 0 at the eye, 1 at the far end.
        let distance: Float
    }

    /// A map fine enough for a sheet of that size.
    init(for sheet: Sheet) {
        side = min(640, max(160, max(sheet.width, sheet.height) * 3 / 4))
    }

    /// Aims the eye so that ground of a middling height meets the sky at a row.
    mutating func aim(at skyline: Float, width: Float) {
        lens = width / breadth
        horizon = skyline - (eye - relief * 0.4) / far * lens
    }

    /// Fills the map; the closure gets 0...1 across and in depth and gives 0...1.
    mutating func raise(_ height: (Float, Float) -> Float) {
        heights = [Float](repeating: 0, count: side * side)
        for row in 0..<side {
            for column in 0..<side {
                heights[row * side + column] = height(Float(column) / Float(side - 1), Float(row) / Float(side - 1))
            }
        }
        shine()
        soften()
    }

    /// Light on every place: the angle to the light, and the shadow that falls across the map.
    private mutating func shine() {
        lights = [Float](repeating: 0, count: side * side)
        let norm = (light.x * light.x + light.y * light.y + light.z * light.z).squareRoot()
        let sun = light / norm
        let step = 1 / Float(side)
        // Along a row, from where the light comes: how high the shadow of what was passed still stands.
        let columns = light.x > 0 ? Array(stride(from: side - 1, through: 0, by: -1)) : Array(0..<side)
        let drop = sun.z / max(abs(sun.x), 0.15) * step / relief
        for row in 0..<side {
            var shadow: Float = -1
            for column in columns {
                let here = heights[row * side + column]
                shadow = max(shadow - drop, here)
                let left = heights[row * side + max(0, column - 1)]
                let right = heights[row * side + min(side - 1, column + 1)]
                let above = heights[min(side - 1, row + 1) * side + column]
                let below = heights[max(0, row - 1) * side + column]
                let normal = SIMD3((left - right) * relief, (below - above) * relief, 2 * step)
                let size = (normal * normal).sum().squareRoot()
                let facing = (normal.x * sun.x + normal.y * sun.y + normal.z * sun.z) / size
                let open = smoothstep(0.05, 0, shadow - here)
                lights[row * side + column] = clamp(facing) * mix(0.35, 1, open)
            }
        }
    }

    /// Shadows fall from sample to sample; their steps are blurred away.
    private mutating func soften() {
        let sharp = lights
        for row in 1..<side - 1 {
            for column in 1..<side - 1 {
                let index = row * side + column
                let cross = sharp[index - 1] + sharp[index + 1] + sharp[index - side] + sharp[index + side]
                lights[index] = sharp[index] * 0.28 + cross * 0.18
            }
        }
    }

    @inline(__always)
    private func sample(_ map: UnsafePointer<Float>, _ x: Float, _ z: Float) -> Float {
        let (u, v) = (clamp(x) * Float(side - 1), clamp(z) * Float(side - 1))
        let column = min(Int(u), side - 2), row = min(Int(v), side - 2)
        let (fx, fz) = (u - Float(column), v - Float(row))
        let index = row * side + column
        let front = map[index] + (map[index + 1] - map[index]) * fx
        let back = map[index + side] + (map[index + side + 1] - map[index + side]) * fx
        return front + (back - front) * fz
    }

    /// Row on the sheet of a height above the ground at a depth.
    @inline(__always)
    private func row(_ height: Float, _ depth: Float) -> Float {
        horizon + (eye - height * relief) / depth * lens
    }

    /// Where something on the ground stands, and how many pixels a length of one has there.
    func place(_ across: Float, depth: Float, width: Float) -> (place: Point, scale: Float) {
        let x = 0.5 + (across - 0.5) * breadth * depth
        let height = heights.withUnsafeBufferPointer { sample($0.baseAddress.unsafelyUnwrapped, x, zOf(depth)) }
        return (Point(across * width, row(height, depth)), lens / depth)
    }

    private func zOf(_ depth: Float) -> Float { (depth - near) / (far - near) }

    /// Draws; `between` is called before each slice with the depths that lie behind it, for what stands on the ground.
    @inline(__always)
    func draw(
        on sheet: Sheet,
        slices: Int = 420,
        colour: (Ground) -> RGB,
        between: (_ from: Float, _ to: Float) -> Void = { _, _ in }
    ) {
        let width = sheet.width, bottom = Float(sheet.height)
        var rows = [Float](repeating: 0, count: width)
        var colours = [RGB](repeating: .zero, count: width)
        var depth = far
        heights.withUnsafeBufferPointer { heights in
            lights.withUnsafeBufferPointer { lights in
                guard let heightMap = heights.baseAddress, let lightMap = lights.baseAddress else { return }
                let ratio = powf(near / far, 1 / Float(slices))
                for slice in 0...slices {
                    if sheet.isStopped { return }
                    let z = zOf(depth)
                    let distance = clamp((depth - near) / (far - near))
                    var painted = 0
                    for column in 0..<width {
                        let across = (Float(column) + 0.5) / Float(width)
                        let x = 0.5 + (across - 0.5) * breadth * depth
                        let height = sample(heightMap, x, z)
                        let y = row(height, depth)
                        let before = sample(heightMap, x, z - 0.004)
                        let ground = Ground(
                            x: x,
                            z: z,
                            height: height,
                            light: sample(lightMap, x, z),
                            slope: abs(height - before) * relief / 0.004,
                            distance: distance
                        )
                        let shade = colour(ground)
                        if slice > 0 {
                            let top = min(rows[column], bottom)
                            if y > top {
                                painted += sheet.column(column, top, min(y, bottom), colours[column], shade)
                            }
                        }
                        rows[column] = y
                        colours[column] = shade
                    }
                    sheet.count(painted + width / 4)
                    between(depth, depth * ratio)
                    depth *= ratio
                }
                // Below the last slice the ground goes on.
                for column in 0..<width where rows[column] < bottom {
                    sheet.count(sheet.column(column, rows[column], bottom, colours[column], colours[column]))
                }
            }
        }
    }
}

extension Sheet {
    /// A vertical run of one column, blended at its upper end; the lower end is left to whatever covers it next.
    @inline(__always)
    fileprivate func column(_ column: Int, _ top: Float, _ bottom: Float, _ upper: RGB, _ lower: RGB) -> Int {
        let start = max(0, top)
        let first = Int(start)
        let last = min(height - 1, Int(bottom))
        guard first <= last else { return 0 }
        let rate = 1 / max(1, bottom - top)
        for row in first...last {
            let index = row * width + column
            let colour = mix(upper, lower, clamp((Float(row) + 0.5 - top) * rate))
            let cover = row == first ? Float(first + 1) - start : 1
            pixels[index] = mix(pixels[index], colour, cover)
        }
        return last - first + 1
    }
}
