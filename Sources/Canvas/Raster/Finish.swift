import Glibc

/// What is done to the whole picture at the end.
struct Finish {
    /// How far bright light spills over, 0...1.
    var bloom: Float = 0.25
    /// How much darker the corners are, 0...1.
    var vignette: Float = 0.22
    /// Film grain, in steps of 1/255.
    var grain: Float = 2
    /// Depth of the tooth of the paper, 0...1.
    var tooth: Float = 0
    var exposure: Float = 1
}

extension Sheet {
    /// Develops the light into bytes; `nil` when drawing was stopped.
    func finished(_ finish: Finish) -> Pixels? {
        guard !isStopped else { return nil }
        let spill = finish.bloom > 0 ? Bloom(self) : nil
        let curve = Self.curve
        let noise = Noise(seed: 0x5EED)
        let (w, h) = (Float(width), Float(height))
        let toothScale = 300 / min(w, h)
        var grain = UInt32(truncatingIfNeeded: width &* 7919 &+ height)
        let bytes = [UInt8](unsafeUninitializedCapacity: width * height * 3) { bytes, filled in
            var index = 0
            for row in 0..<height {
                let dy = (Float(row) + 0.5) / h - 0.5
                for column in 0..<width {
                    let dx = (Float(column) + 0.5) / w - 0.5
                    var light = pixels[row * width + column]
                    if let spill { light += spill.at(column, row) * finish.bloom }
                    var level = finish.exposure * (1 - finish.vignette * smoothstep(0.08, 0.55, dx * dx + dy * dy))
                    if finish.tooth > 0 {
                        let fibre = noise.fractal(Float(column) * toothScale, Float(row) * toothScale, octaves: 2)
                        level *= 1 + finish.tooth * fibre
                    }
                    light *= level
                    // Two draws make a triangle: grain, and the dither that keeps gradients from banding.
                    grain = grain &* 1_664_525 &+ 1_013_904_223
                    let speck = (Float(grain >> 16 & 0xFF) + Float(grain >> 24) - 255) / 255 * (0.5 + finish.grain)
                    for lane in 0..<3 {
                        let value = Self.shoulder(light[lane]).squareRoot()
                        let level = curve[Int(min(value, 1) * 2047)]
                        bytes[index] = UInt8(clamp(level + speck + 0.5, 0, 255))
                        index += 1
                    }
                }
            }
            filled = index
        }
        return conclude() ? Pixels(width: width, height: height, bytes: bytes) : nil
    }

    /// Bends what is brighter than paper towards white instead of cutting it off.
    @inline(__always)
    private static func shoulder(_ light: Float) -> Float {
        let knee: Float = 0.72
        guard light > knee else { return max(0, light) }
        let over = (light - knee) / (1 - knee)
        return knee + (1 - knee) * over / (1 + over) * 1.35
    }

    /// sRGB levels 0...255 by the square root of linear light, which spreads the steps evenly.
    private static let curve: [Float] = (0...2047).map { step in
        let root = Float(step) / 2047
        let linear = root * root
        return 255 * (linear <= 0.003_130_8 ? linear * 12.92 : 1.055 * powf(linear, 1 / 2.4) - 0.055)
    }
}

/// Light that spills over from bright places: a small, blurred copy of what exceeds white.
private struct Bloom {
    private static let scale = 8
    private let columns: Int
    private let rows: Int
    private let light: [RGB]

    init(_ sheet: Sheet) {
        let scale = Self.scale
        columns = sheet.width / scale + 2
        rows = sheet.height / scale + 2
        var light = [RGB](repeating: .zero, count: columns * rows)
        for row in 0..<sheet.height {
            for column in 0..<sheet.width {
                let pixel = sheet.pixels[row * sheet.width + column]
                let peak = max(pixel.x, max(pixel.y, pixel.z))
                if peak > 0.6 {
                    let over = min(peak - 0.6, 4) / peak
                    light[(row / scale) * columns + column / scale] += pixel * (over / Float(scale * scale))
                }
            }
        }
        let reach = max(1, min(sheet.width, sheet.height) / 256)
        for _ in 0..<3 {
            light = Self.blurred(light, columns, rows, reach, step: 1)
            light = Self.blurred(light, columns, rows, reach, step: columns)
        }
        self.light = light
    }

    /// A box blur along one direction; three of them look like a bell.
    private static func blurred(_ light: [RGB], _ columns: Int, _ rows: Int, _ reach: Int, step: Int) -> [RGB] {
        var result = light
        let (length, lines) = step == 1 ? (columns, rows) : (rows, columns)
        let across = step == 1 ? columns : 1
        let share = 1 / Float(2 * reach + 1)
        for line in 0..<lines {
            var sum = RGB.zero
            func at(_ place: Int) -> RGB { light[line * across + min(max(place, 0), length - 1) * step] }
            for place in -reach...reach { sum += at(place) }
            for place in 0..<length {
                result[line * across + place * step] = sum * share
                sum += at(place + reach + 1) - at(place - reach)
            }
        }
        return result
    }

    @inline(__always)
    func at(_ column: Int, _ row: Int) -> RGB {
        let x = max(0, (Float(column) + 0.5) / Float(Self.scale) - 0.5)
        let y = max(0, (Float(row) + 0.5) / Float(Self.scale) - 0.5)
        let (left, top) = (Int(x), Int(y))
        let (u, v) = (x - Float(left), y - Float(top))
        let index = top * columns + left
        let upper = mix(light[index], light[index + 1], u)
        let lower = mix(light[index + columns], light[index + columns + 1], u)
        return mix(upper, lower, v)
    }
}
