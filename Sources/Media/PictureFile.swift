import Glibc

/// A file whose first bytes and size are those of a picture; nothing more is known yet.
struct PictureFile: ~Copyable {
    let file: OpenFile
    let format: PictureFormat
    let bytes: Int

    init(_ path: String, limits: PictureLimits) throws(PictureError) {
        // O_NONBLOCK: a named pipe must not hold the thread.
        guard let file = OpenFile(path, flags: O_RDONLY | O_NONBLOCK) else { throw .file("read", code: errno) }
        guard let bytes = file.regularSize else { throw PictureError(.io, "This is not a file.") }
        guard bytes > 0 else { throw PictureError(.truncated, "The file is empty.") }
        guard bytes <= limits.maximumBytes else {
            throw PictureError(.tooManyBytes, "The file is larger than \(Self.mebibytes(limits.maximumBytes)) MiB.")
        }
        switch try FileSignature(file.head()) {
        case .picture(let format): self.format = format
        case .other(let name):
            throw PictureError(.unsupportedFormat, "This is \(name). PNG, JPEG, WebP and GIF can be used.")
        case .unknown: throw PictureError(.notAPicture, "This is not a picture.")
        }
        self.file = file
        self.bytes = bytes
    }

    /// Reads the header and holds it against the limits.
    func open(limits: PictureLimits) throws(PictureError) -> VipsPicture {
        switch format {
        case .jpeg: try file.refuseManyScans()
        case .png: try file.requireEndOfPNG()
        case .webp, .gif: break
        }
        guard let picture = VipsPicture(file, format: format) else { throw .damaged }
        let (size, frames) = (picture.size, picture.frames)
        guard frames <= limits.maximumFrames else {
            throw PictureError(.tooManyPixels, "The animation has more than \(limits.maximumFrames) frames.")
        }
        // Both are at most 2^31, and frames at most maximumFrames: no overflow below 2^63 for any sensible limit.
        guard size.width * size.height <= limits.maximumPixels / max(1, frames) else {
            throw PictureError(
                .tooManyPixels,
                "The picture has \(size.width) × \(size.height) pixels"
                    + (frames > 1 ? " in \(frames) frames" : "")
                    + "; at most \(limits.maximumPixels / 1_000_000) million in all can be used."
            )
        }
        return picture
    }

    private static func mebibytes(_ bytes: Int) -> Int { max(1, bytes / (1024 * 1024)) }
}

extension OpenFile {
    fileprivate func head() throws(PictureError) -> [UInt8] {
        var failure: Int32 = 0
        let head = [UInt8](unsafeUninitializedCapacity: FileSignature.length) { buffer, count in
            count = read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
            if count < 0 { (failure, count) = (errno, 0) }
        }
        guard failure == 0 else { throw .file("read", code: failure) }
        return head
    }

    /// A progressive JPEG of a few bytes a scan makes its decoder go over all its pixels once a scan.
    ///
    /// Cameras and encoders write about ten. FF DA is a scan's beginning wherever it stands outside of metadata,
    /// because FF is followed by 00 within the compressed pixels (ITU-T T.81, B.1.1.5).
    fileprivate func refuseManyScans() throws(PictureError) {
        let maximumScans = 100
        var scans = 0
        var last: UInt8 = 0
        try forEachByte { byte in
            if last == 0xFF, byte == 0xDA { scans += 1 }
            last = byte
            return scans <= maximumScans
        }
        guard scans <= maximumScans else {
            throw PictureError(.tooManyPixels, "The JPEG repeats its pixels more than \(maximumScans) times.")
        }
    }

    /// The decoder stops at the last pixel and does not miss what should follow. Other data may stand behind the end.
    fileprivate func requireEndOfPNG() throws(PictureError) {
        let end = Array("IEND".utf8) + [0xAE, 0x42, 0x60, 0x82]
        var matched = 0
        try forEachByte { byte in
            matched = byte == end[matched] ? matched + 1 : byte == end[0] ? 1 : 0
            return matched < end.count
        }
        guard matched == end.count else { throw .damaged }
    }

    /// From the first byte to the last, or until `body` answers `false`.
    private func forEachByte(_ body: (UInt8) -> Bool) throws(PictureError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 8)
        defer { buffer.deallocate() }
        var offset = 0
        while true {
            let count = read(into: buffer, at: offset)
            guard count >= 0 else { throw .file("read", code: errno) }
            for byte in buffer[..<count] where !body(byte) { return }
            if count < buffer.count { return }
            offset += count
        }
    }
}

extension PictureError {
    static var damaged: PictureError { PictureError(.truncated, "The picture is cut short or damaged.") }
}
