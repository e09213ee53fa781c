import CVips

/// Pictures from outside are checked here; our own are written and made smaller.
///
/// Everything blocks its thread and may be called from several at once. libvips is loaded by the first call that
/// needs it, so that a process which sees no picture does not carry it.
public enum Pictures {
    /// To be called before the process has other threads, because libvips reads its environment; costs nothing.
    ///
    /// `concurrency` is how many threads may work on one picture. Callers on several threads need no more than one.
    public static func start(concurrency: Int = 1) {
        cvips_prepare(Int32(concurrency))
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
    /// A file that stands at `target` is replaced; one that could not be completed is removed.
    @discardableResult
    public static func thumbnail(
        of source: String,
        fitting box: PictureSize,
        to target: String,
        quality: Int = 80,
        limits: PictureLimits = PictureLimits()
    ) throws(PictureError) -> PictureSize {
        precondition(box.width > 0 && box.height > 0, "a box without room")
        let file = try PictureFile(source, limits: limits)
        return try VipsPicture.using { () throws(PictureError) in
            let full = try file.open(limits: limits).size
            let size = full.shrunk(toFit: box)
            let shrink = file.format == .jpeg ? jpegShrink(from: full, to: size) : 1
            guard let picture = VipsPicture(file.file, format: file.format, allFrames: false, shrink: shrink),
                let encoded = picture.thumbnail(size: size)?.encoded(as: .webp(quality: quality))
            else { throw .damaged }
            try WebP.withoutMetadata(encoded.bytes) { (parts) throws(PictureError) in try write(parts, to: target) }
            return size
        }
    }

    /// How much of the shrinking the decoder may do: at least half of it is left to the better filter.
    private static func jpegShrink(from full: PictureSize, to size: PictureSize) -> Int {
        let factor = min(full.width / size.width, full.height / size.height)
        return [8, 4, 2].first { $0 * 2 <= factor } ?? 1
    }
}
