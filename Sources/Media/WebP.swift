/// The container of WebP files (RFC 9649, 2.5 to 2.7).
enum WebP {
    /// Calls `body` with the parts of a file that has the same pixels, and neither EXIF, XMP nor a colour profile.
    ///
    /// libvips 8.14.1 writes EXIF, and the profile, whatever it is told. `file` is one that it has written.
    static func withoutMetadata(
        _ file: UnsafeRawBufferPointer,
        _ body: ([UnsafeRawBufferPointer]) throws(PictureError) -> Void
    ) throws(PictureError) {
        var parts: [UnsafeRawBufferPointer] = []
        var flags: UInt8 = 0
        var extended: UnsafeRawBufferPointer?
        var offset = 12
        while offset + 8 <= file.count {
            let length = Int(UInt32(littleEndian: file.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)))
            let end = min(file.count, offset + 8 + length + length % 2)
            let chunk = UnsafeRawBufferPointer(rebasing: file[offset..<end])
            switch String(decoding: chunk[..<4], as: UTF8.self) {
            case "ICCP", "EXIF", "XMP ": break
            case "VP8X" where chunk.count == 18:
                // Of what it announces, alpha and animation remain.
                flags = chunk[8] & 0x12
                extended = chunk
            default: parts.append(chunk)
            }
            offset = end
        }
        var head = Array(file[..<12])
        // One still picture without a separate alpha plane needs no announcement.
        if flags != 0, let extended {
            head += extended
            head[20] = flags
        }
        let size = UInt32(head.count - 8 + parts.reduce(0) { $0 + $1.count })
        withUnsafeBytes(of: size.littleEndian) { head.replaceSubrange(4..<8, with: $0) }
        try head.withUnsafeBufferPointer { (head) throws(PictureError) in
            try body([UnsafeRawBufferPointer(head)] + parts)
        }
    }
}
