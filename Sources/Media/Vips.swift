import CVips

/// A picture inside libvips, released when it goes out of scope.
struct VipsPicture: ~Copyable {
    private let image: OpaquePointer

    /// Reads the header only; the pixels come when they are asked for, once, from the top.
    init?(_ file: borrowing OpenFile, format: PictureFormat, allFrames: Bool = true, shrink: Int = 1) {
        guard let image = cvips_open(file.descriptor, format.vips, allFrames, Int32(shrink)) else { return nil }
        self.image = image
    }

    private init(_ image: OpaquePointer) { self.image = image }

    /// Upright, in sRGB, of exactly that size. Its pixels are taken from this one's.
    func thumbnail(size: PictureSize) -> VipsPicture? {
        cvips_thumbnail(image, Int32(size.width), Int32(size.height)).map { VipsPicture($0) }
    }

    /// Three bytes a pixel, which must outlive this.
    init?(pixels: UnsafeRawBufferPointer, size: PictureSize) {
        guard let image = cvips_from_pixels(pixels.baseAddress, Int32(size.width), Int32(size.height)) else {
            return nil
        }
        self.image = image
    }

    deinit { cvips_release(image) }

    var size: PictureSize {
        let width = Int(cvips_width(image))
        let height = Int(cvips_height(image))
        return cvips_is_sideways(image)
            ? PictureSize(width: height, height: width) : PictureSize(width: width, height: height)
    }
    var frames: Int { Int(cvips_frames(image)) }
    var hasAlpha: Bool { cvips_has_alpha(image) }

    /// Whether all pixels are there and sound.
    func decodes() -> Bool { cvips_decode(image) }

    /// `nil` when a pixel cannot be had, or the format cannot hold it.
    func encoded(as encoding: PictureEncoding) -> VipsBytes? {
        let encoded =
            switch encoding {
            case .png: cvips_encode(image, cvips_png, 0, false)
            case .jpeg(let quality): cvips_encode(image, cvips_jpeg, Int32(quality), false)
            case .webp(let quality): cvips_encode(image, cvips_webp, Int32(quality), false)
            case .losslessWebP: cvips_encode(image, cvips_webp, 0, true)
            }
        return encoded.bytes == nil ? nil : VipsBytes(encoded)
    }

    /// Runs `work` with libvips loaded, and gives back afterwards what it keeps for this thread.
    static func using<Value>(_ work: () throws(PictureError) -> Value) throws(PictureError) -> Value {
        if let problem = cvips_start() {
            throw PictureError(.unavailable, "Pictures cannot be read here: \(String(cString: problem)).")
        }
        defer { cvips_finish() }
        return try work()
    }
}

/// A file's content made by libvips, freed when it goes out of scope.
struct VipsBytes: ~Copyable {
    private let encoded: cvips_encoded

    init(_ encoded: cvips_encoded) { self.encoded = encoded }

    deinit { cvips_free(encoded) }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: encoded.bytes, count: encoded.count) }
}

extension PictureFormat {
    fileprivate var vips: cvips_format {
        switch self {
        case .png: cvips_png
        case .jpeg: cvips_jpeg
        case .webp: cvips_webp
        case .gif: cvips_gif
        }
    }
}
