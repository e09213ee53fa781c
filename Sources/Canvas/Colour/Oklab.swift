import Glibc

/// Linear light: red, green, blue, and a fourth lane that is not used. Lamps may be brighter than one.
typealias RGB = SIMD4<Float>

/// A colour where equal steps look equal (Ottosson, "A perceptual color space for image processing", 2020).
struct Oklab: Equatable {
    /// Lightness, 0...1.
    var l: Float
    /// Green to red.
    var a: Float
    /// Blue to yellow.
    var b: Float

    init(l: Float, a: Float, b: Float) {
        self.l = l
        self.a = a
        self.b = b
    }

    /// From sRGB as written on the web: `0xRRGGBB`.
    init(_ hex: UInt32) {
        func linear(_ byte: UInt32) -> Float {
            let value = Float(byte & 0xFF) / 255
            return value <= 0.04045 ? value / 12.92 : powf((value + 0.055) / 1.055, 2.4)
        }
        let (red, green, blue) = (linear(hex >> 16), linear(hex >> 8), linear(hex))
        let long = cbrtf(0.412_221_47 * red + 0.536_332_54 * green + 0.051_445_99 * blue)
        let middle = cbrtf(0.211_903_5 * red + 0.680_699_5 * green + 0.107_396_96 * blue)
        let short = cbrtf(0.088_302_46 * red + 0.281_718_84 * green + 0.629_978_7 * blue)
        l = 0.210_454_26 * long + 0.793_617_8 * middle - 0.004_072_047 * short
        a = 1.977_998_5 * long - 2.428_592_2 * middle + 0.450_593_7 * short
        b = 0.025_904_037 * long + 0.782_771_77 * middle - 0.808_675_77 * short
    }

    /// Colours out of gamut are cut off at black.
    var linear: RGB {
        let long = l + 0.396_337_78 * a + 0.215_803_76 * b
        let middle = l - 0.105_561_346 * a - 0.063_854_17 * b
        let short = l - 0.089_484_18 * a - 1.291_485_5 * b
        let (l3, m3, s3) = (long * long * long, middle * middle * middle, short * short * short)
        return RGB(
            max(0, 4.076_741_7 * l3 - 3.307_711_6 * m3 + 0.230_969_94 * s3),
            max(0, -1.268_438 * l3 + 2.609_757_4 * m3 - 0.341_319_4 * s3),
            max(0, -0.004_196_086 * l3 - 0.703_418_6 * m3 + 1.707_614_7 * s3),
            0
        )
    }

    var chroma: Float { (a * a + b * b).squareRoot() }

    func mixed(_ other: Oklab, _ t: Float) -> Oklab {
        Oklab(l: mix(l, other.l, t), a: mix(a, other.a, t), b: mix(b, other.b, t))
    }

    /// Lightness times `light`, colourfulness times `chroma`.
    func scaled(light: Float = 1, chroma: Float = 1) -> Oklab {
        Oklab(l: min(1, l * light), a: a * chroma, b: b * chroma)
    }

    func lighter(_ amount: Float) -> Oklab { Oklab(l: clamp(l + amount), a: a, b: b) }

    /// Another hue, `angle` in radians.
    func turned(_ angle: Float) -> Oklab {
        let (c, s) = (cosf(angle), sinf(angle))
        return Oklab(l: l, a: a * c - b * s, b: a * s + b * c)
    }

    /// The same lightness in the hue of `other`, as far as `amount` says.
    func tinted(_ other: Oklab, _ amount: Float) -> Oklab {
        Oklab(l: mix(l, other.l, amount * 0.35), a: mix(a, other.a, amount), b: mix(b, other.b, amount))
    }
}
