/// What is known of a picture that was read to its last pixel.
public struct PictureInfo: Sendable, Equatable {
    public let format: PictureFormat
    /// In pixels, as it is shown: upright, one frame.
    public let width: Int
    public let height: Int
    /// More than one for an animation.
    public let frames: Int
    /// The file's size.
    public let bytes: Int
    public let hasAlpha: Bool
}

public struct PictureSize: Sendable, Equatable {
    public var width: Int
    public var height: Int

    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// The largest size of the same shape within `box` and not above this one; no side is less than 1.
    ///
    /// Not left to libvips: of a very long picture it makes one without height, and ends the process (8.14.1).
    func shrunk(toFit box: PictureSize) -> PictureSize {
        let scale = min(1, Double(box.width) / Double(width), Double(box.height) / Double(height))
        func side(_ length: Int) -> Int { max(1, Int((Double(length) * scale).rounded())) }
        return PictureSize(width: side(width), height: side(height))
    }
}

/// What a picture may cost; all of it is known before a pixel is decoded.
public struct PictureLimits: Sendable {
    public var maximumBytes: Int
    /// Of all frames together. Decoding takes up to 4 bytes of memory for each, a progressive JPEG up to 10.
    public var maximumPixels: Int
    public var maximumFrames: Int

    public init(
        maximumBytes: Int = 64 * 1024 * 1024,
        maximumPixels: Int = 64 * 1024 * 1024,
        maximumFrames: Int = 500
    ) {
        self.maximumBytes = maximumBytes
        self.maximumPixels = maximumPixels
        self.maximumFrames = maximumFrames
    }
}
