import EventLoop
import Glibc
import Media

/// A black picture.
func png(_ width: Int, _ height: Int) throws -> [UInt8] {
    let path = "/tmp/atelier-sample-\(UInt64.random(in: 0 ... .max))"
    defer { unlink(path) }
    try Pictures.encode(
        pixels: [UInt8](repeating: 0, count: width * height * 3),
        width: width,
        height: height,
        as: .png,
        to: path
    )
    guard let file = fopen(path, "re") else { throw SystemError("fopen") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return bytes
}

/// The beginning of a PNG of three colours, eight bits each, up to its pixels.
func pngHead(_ width: UInt32, _ height: UInt32) -> [UInt8] {
    [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        + pngChunk("IHDR", bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0])
}

/// With the checksum that a decoder asks for.
func pngChunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + content
    let checksum = ~body.reduce(~UInt32(0)) { checksum, byte in
        (0..<8).reduce(checksum ^ UInt32(byte)) { rest, _ in rest >> 1 ^ (rest & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return bigEndian(UInt32(content.count)) + body + bigEndian(checksum)
}

private func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
