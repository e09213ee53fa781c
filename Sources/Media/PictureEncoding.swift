import Glibc

/// How pixels are written.
///
/// Measured for drawings of 1024 × 1024, smooth and grained, on one core: `png` 0.3 and 1.4 MB in 15 and 40 ms,
/// `losslessWebP` 0.15 and 1 MB in 45 ms, `webp(quality: 85)` 15 and 100 KB in 17 and 32 ms.
public enum PictureEncoding: Sendable, Equatable {
    case png
    case losslessWebP
    /// Quality 1 to 100.
    case webp(quality: Int)
    /// Quality 1 to 100.
    case jpeg(quality: Int)

    public var format: PictureFormat {
        switch self {
        case .png: .png
        case .losslessWebP, .webp: .webp
        case .jpeg: .jpeg
        }
    }

    /// The longest side the format can hold; what libpng takes by default.
    fileprivate var longestSide: Int {
        switch format {
        case .png: 1_000_000
        case .webp: 16_383
        case .jpeg, .gif: 65_500
        }
    }
}

extension Pictures {
    /// Writes a picture; the same pixels and text give the same bytes.
    ///
    /// `pixels` are rows from the top, three bytes a pixel: red, green, blue in sRGB. `text` goes into a PNG as its text
    /// chunks; the other formats have none and leave it out. A keyword is 1 to 79 letters, digits and single spaces.
    /// A file that stands at `path` is replaced; one that could not be completed is removed.
    public static func encode(
        pixels: [UInt8],
        width: Int,
        height: Int,
        as encoding: PictureEncoding,
        to path: String,
        text: [(keyword: String, text: String)] = []
    ) throws(PictureError) {
        precondition(width > 0 && height > 0 && pixels.count == width * height * 3, "three bytes for each pixel")
        guard max(width, height) <= encoding.longestSide else {
            throw PictureError(
                .tooManyPixels,
                "A \(encoding.format.rawValue) picture is at most \(encoding.longestSide) pixels wide and high."
            )
        }
        try VipsPicture.using { () throws(PictureError) in
            try pixels.withUnsafeBufferPointer { (buffer) throws(PictureError) in
                let size = PictureSize(width: width, height: height)
                guard let picture = VipsPicture(pixels: UnsafeRawBufferPointer(buffer), size: size),
                    let encoded = picture.encoded(as: encoding)
                else { throw PictureError(.io, "The picture could not be made.") }
                switch encoding.format {
                case .png:
                    let chunks = text.flatMap { PNGText.chunk(keyword: $0.keyword, text: $0.text) }
                    try PNGText.inserting(chunks, into: encoded.bytes) { (parts) throws(PictureError) in
                        try write(parts, to: path)
                    }
                case .webp:
                    try WebP.withoutMetadata(encoded.bytes) { (parts) throws(PictureError) in
                        try write(parts, to: path)
                    }
                case .jpeg, .gif:
                    try write([encoded.bytes], to: path)
                }
            }
        }
    }

    /// Writes the parts one after the other; a regular file that could not be completed is removed.
    static func write(_ parts: [UnsafeRawBufferPointer], to path: String) throws(PictureError) {
        guard let file = OpenFile(path, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600) else {
            throw .file("stored", code: errno)
        }
        for part in parts {
            let failure = file.write(part)
            guard failure == 0 else {
                if file.regularSize != nil { unlink(path) }
                throw .file("stored", code: failure)
            }
        }
    }
}
