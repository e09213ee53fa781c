import CZlib
import Media
import Testing

/// Pictures that tests need, made here so that each byte has a reason.
enum Samples {
    /// Soft colours with some grain; the same for the same size.
    static func pixels(_ width: Int, _ height: Int) -> [UInt8] {
        var grain = RandomBytes(seed: 1)
        var pixels: [UInt8] = []
        pixels.reserveCapacity(width * height * 3)
        for y in 0..<height {
            for x in 0..<width {
                let noise = Int(grain.next() & 7)
                pixels.append(UInt8((x * 200 / width + noise) & 255))
                pixels.append(UInt8((y * 200 / height + noise) & 255))
                pixels.append(UInt8(((x + y) * 100 / (width + height) + 40 + noise) & 255))
            }
        }
        return pixels
    }

    static func encoded(_ encoding: PictureEncoding, width: Int = 64, height: Int = 48) throws -> [UInt8] {
        let scratch = try Scratch()
        let path = "\(scratch.path)/sample"
        try Pictures.encode(
            pixels: pixels(width, height),
            width: width,
            height: height,
            as: encoding,
            to: path
        )
        return try contents(of: path)
    }

    /// A PNG whose compressed pixels are whatever is given, right or wrong.
    static func png(width: UInt32, height: UInt32, colourType: UInt8 = 2, compressed: [UInt8]) -> [UInt8] {
        let header = bigEndian(width) + bigEndian(height) + [8, colourType, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", header) + chunk("IDAT", compressed) + chunk("IEND", [])
    }

    static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + content
        return bigEndian(UInt32(content.count)) + body
            + bigEndian(UInt32(crc32(0, body, UInt32(body.count))))
    }

    static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var count = compressBound(UInt(bytes.count))
        var result = [UInt8](repeating: 0, count: Int(count))
        compress2(&result, &count, bytes, UInt(bytes.count), 9)
        return Array(result[..<Int(count)])
    }

    /// Two frames of one pixel each: red, then green.
    static let animation: [UInt8] =
        Array("GIF89a".utf8) + [1, 0, 1, 0, 0x80, 0, 0, 255, 0, 0, 0, 255, 0]
        + [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 0x01, 0]
        + [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4C, 0x01, 0] + [0x3B]

    /// The same JPEG with an EXIF block that says how it must be turned (TIFF tag 0x0112).
    static func jpeg(_ bytes: [UInt8], orientation: UInt8) -> [UInt8] {
        let tag: [UInt8] = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]
        let exif = Array("Exif\0\0MM\0*".utf8) + [0, 0, 0, 8, 0, 1] + tag + [0, 0, 0, 0]
        let segment: [UInt8] = [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif
        return bytes[..<2] + segment + bytes[2...]
    }

    static func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
}

/// The same bytes for the same seed (xorshift64).
struct RandomBytes {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// A text with control characters, which a test's name shows as they are written.
struct Escaped: ExpressibleByStringLiteral, CustomTestStringConvertible {
    let text: String

    init(stringLiteral text: String) { self.text = text }

    var testDescription: String { text.debugDescription }
}
