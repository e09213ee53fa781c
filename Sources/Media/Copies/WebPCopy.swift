/// WebP files chunk by chunk (RFC 9649, 2.5 to 2.7).
enum WebPCopy {
    /// Pixels, how they are to be shown or moved, and the signature that C2PA puts there.
    private static let kept: Set<String> = ["VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP", "C2PA"]

    private static let exif: UInt8 = 0x08
    private static let xmp: UInt8 = 0x04

    static func make(_ file: FileBytes, text: String?) throws(PictureError) -> PictureCopy {
        var body = PictureCopy()
        var extended: [UInt8]?
        var offset = 12
        // What stands behind the end of the container is not part of the picture.
        let end = min(file.count, 8 + (try file.littleEndian(UInt32.self, at: 4)))
        while offset + 8 <= end {
            let type = try file.text(at: offset, count: 4)
            let length = try file.littleEndian(UInt32.self, at: offset + 4)
            let chunk = try file.range(from: offset, count: 8 + length)
            if type == "VP8X" {
                guard length == 10 else { throw .damaged }
                extended = try bytes(file, chunk)
            } else if kept.contains(type) {
                if extended == nil, text != nil { extended = try announcement(file, type, chunk) }
                body.keep(chunk)
                // Each begins at an even place; the byte between belongs to none.
                if length % 2 == 1 { body.add([0]) }
            }
            offset = chunk.upperBound + length % 2
        }
        if let text { body.add(self.chunk("XMP ", XMP.packet(text))) }
        if var announced = extended {
            announced[8] &= ~(exif | xmp)
            if text != nil { announced[8] |= xmp }
            extended = announced
        }
        var copy = PictureCopy()
        let size = 4 + (extended?.count ?? 0) + body.size
        copy.add(Array("RIFF".utf8) + littleEndian(UInt32(size)) + Array("WEBP".utf8) + (extended ?? []))
        copy.add(body)
        return copy
    }

    /// The head of the extended format, for a file of the simple one.
    private static func announcement(
        _ file: FileBytes,
        _ type: String,
        _ chunk: Range<Int>
    ) throws(PictureError) -> [UInt8] {
        let content = chunk.lowerBound + 8
        var flags: UInt8 = 0
        let width: Int
        let height: Int
        if type == "VP8L" {
            // RFC 9649, 3.4: 14 bits each, less one, then whether it has alpha.
            let bits = try file.littleEndian(UInt32.self, at: content + 1)
            (width, height) = (bits & 0x3FFF, bits >> 14 & 0x3FFF)
            if bits >> 28 & 1 == 1 { flags |= 0x10 }
        } else {
            // RFC 6386, 9.1: behind the frame's tag and start code, with two bits that say how it may be enlarged.
            width = (try file.littleEndian(UInt16.self, at: content + 6) & 0x3FFF) - 1
            height = (try file.littleEndian(UInt16.self, at: content + 8) & 0x3FFF) - 1
        }
        guard width >= 0, height >= 0 else { throw .damaged }
        let sizes: [UInt8] = [UInt8(width & 0xFF), UInt8(width >> 8), 0, UInt8(height & 0xFF), UInt8(height >> 8), 0]
        return self.chunk("VP8X", [flags, 0, 0, 0] + sizes)
    }

    private static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
        Array(type.utf8) + littleEndian(UInt32(content.count)) + content + (content.count % 2 == 1 ? [0] : [])
    }

    private static func bytes(_ file: FileBytes, _ range: Range<Int>) throws(PictureError) -> [UInt8] {
        var bytes: [UInt8] = []
        for offset in range { bytes.append(try file[offset]) }
        return bytes
    }

    private static func littleEndian(_ value: UInt32) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
