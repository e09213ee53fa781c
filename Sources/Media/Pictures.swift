import CVips

/// Pictures from outside are checked here; our own are written and made smaller.
///
/// Everything blocks its thread and may be called from several at once. libvips is loaded by the first call that
/// needs it, so that a process which sees no picture does not carry it.
public enum Pictures {
    /// Sets what libvips reads from the environment; to be called before the process has other threads.
    public static func start() {
        cvips_prepare_environment()
    }

    /// Reads the file to its last pixel. Its first bytes decide what it is, never its name.
    ///
    /// Sizes are compared with `limits` before any pixel is decoded.
    public static func check(
        file path: String,
        limits: PictureLimits = PictureLimits()
    ) throws(PictureError) -> PictureInfo {
        let file = try PictureFile(path, limits: limits)
        return try VipsPicture.using { () throws(PictureError) in
            let picture = try file.open(limits: limits)
            guard picture.decodes() else { throw .damaged }
            return PictureInfo(
                format: file.format,
                width: picture.size.width,
                height: picture.size.height,
                frames: picture.frames,
                bytes: file.bytes,
                hasAlpha: picture.hasAlpha
            )
        }
    }

    /// Writes a WebP of the first frame that fits into `box`: upright, in sRGB, without metadata, never enlarged.
    ///
    /// A file that stands at `target` is replaced; after an error there is none.
    @discardableResult
    public static func thumbnail(
        of source: String,
        fitting box: PictureSize,
        to target: String,
        quality: Int = 80,
        limits: PictureLimits = PictureLimits()
    ) throws(PictureError) -> PictureSize {
        let file = try PictureFile(source, limits: limits)
        return try VipsPicture.using { () throws(PictureError) in
            let size = try file.open(limits: limits).size
            let shrink = file.format == .jpeg ? jpegShrink(from: size, to: box) : 1
            guard let picture = VipsPicture(file.file, format: file.format, allFrames: false, shrink: shrink),
                let small = picture.thumbnail(fitting: box),
                let encoded = small.encoded(as: .webp(quality: quality))
            else { throw .damaged }
            try WebP.withoutMetadata(encoded.bytes) { (parts) throws(PictureError) in try write(parts, to: target) }
            return small.size
        }
    }

    /// How much of the shrinking the decoder may do: at least half of it is left to the better filter.
    private static func jpegShrink(from size: PictureSize, to box: PictureSize) -> Int {
        let factor = max(size.width / box.width, size.height / box.height)
        return [8, 4, 2].first { $0 * 2 <= factor } ?? 1
    }
}
