/// A finished picture: three bytes a pixel (red, green, blue in sRGB), rows from the top, no padding.
public struct Pixels: Sendable {
    public let width: Int
    public let height: Int
    public let bytes: [UInt8]

    init(width: Int, height: Int, bytes: [UInt8]) {
        self.width = width
        self.height = height
        self.bytes = bytes
    }
}
