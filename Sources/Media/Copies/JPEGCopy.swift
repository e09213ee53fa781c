/// JPEG files segment by segment (ITU-T T.81, B.1.1 and B.2).
enum JPEGCopy {
    static func make(_ file: FileBytes, text: String?) throws(PictureError) -> PictureCopy {
        var copy = PictureCopy()
        copy.keep(try file.range(from: 0, count: 2))
        var offset = 2
        var isOpen = true
        while true {
            let marker = try marker(file, at: offset)
            // The marker of JFIF comes first where there is one; then what is ours.
            if isOpen, marker.code != 0xE0 {
                if let turn = try orientation(file, from: offset) { copy.add(exif(orientation: turn)) }
                if let text { copy.add(segment(0xE1, Array("http://ns.adobe.com/xap/1.0/\0".utf8) + XMP.packet(text))) }
                isOpen = false
            }
            switch marker.code {
            case 0xD9:
                copy.keep(marker.start..<marker.start + 2)
                return copy
            case 0xD0...0xD7, 0x01:
                copy.keep(marker.start..<marker.start + 2)
                offset = marker.start + 2
            default:
                let segment = try segment(file, marker)
                if isKept(marker.code, file, segment) { copy.keep(segment) }
                offset = segment.upperBound
                if marker.code == 0xDA {
                    let pixels = offset..<(try endOfPixels(file, from: offset))
                    copy.keep(pixels)
                    offset = pixels.upperBound
                }
            }
        }
    }

    /// The marker there, without the bytes that fill up before it.
    private static func marker(_ file: FileBytes, at offset: Int) throws(PictureError) -> (start: Int, code: UInt8) {
        guard try file[offset] == 0xFF else { throw .damaged }
        var start = offset
        while try file[start + 1] == 0xFF { start += 1 }
        return (start, try file[start + 1])
    }

    private static func segment(
        _ file: FileBytes,
        _ marker: (start: Int, code: UInt8)
    ) throws(PictureError) -> Range<Int> {
        let length = try file.bigEndian(UInt16.self, at: marker.start + 2)
        guard length >= 2 else { throw .damaged }
        return try file.range(from: marker.start, count: 2 + length)
    }

    private static func isKept(_ code: UInt8, _ file: FileBytes, _ segment: Range<Int>) -> Bool {
        let content = segment.lowerBound + 4
        return switch code {
        case 0xE0: file.has("JFIF\0", at: content)
        // A colour profile; what else stands there are further pictures.
        case 0xE2: file.has("ICC_PROFILE\0", at: content)
        // JUMBF, where C2PA puts a signature; how Adobe's colours are to be read.
        case 0xEB, 0xEE: true
        case 0xE1...0xEF, 0xFE: false
        default: true
        }
    }

    /// Where a marker stands that is not one of the pixels' own: none is within a scan but those of its restarts.
    private static func endOfPixels(_ file: FileBytes, from start: Int) throws(PictureError) -> Int {
        var offset = start
        while true {
            if try file[offset] == 0xFF {
                let next = try file[offset + 1]
                if next != 0, !(0xD0...0xD7).contains(next), next != 0xFF { return offset }
            }
            offset += 1
        }
    }

    // MARK: Which way is up

    /// What Exif says, unless it is that the picture is upright (CIPA DC-008, 4.6.4 and 4.6.5).
    private static func orientation(_ file: FileBytes, from start: Int) throws(PictureError) -> Int? {
        var offset = start
        while true {
            let marker = try marker(file, at: offset)
            guard marker.code >= 0xE0, marker.code <= 0xEF || marker.code == 0xFE else { return nil }
            let segment = try segment(file, marker)
            if marker.code == 0xE1, file.has("Exif\0\0", at: segment.lowerBound + 4) {
                // Whoever cannot read it leaves the picture as it lies.
                return try? orientation(file, ofExif: segment.lowerBound + 10..<segment.upperBound)
            }
            offset = segment.upperBound
        }
    }

    private static func orientation(_ file: FileBytes, ofExif tiff: Range<Int>) throws(PictureError) -> Int? {
        let isBig = file.has("MM", at: tiff.lowerBound)
        func number<Number: FixedWidthInteger>(_ type: Number.Type, _ offset: Int) throws(PictureError) -> Int {
            let place = tiff.lowerBound + offset
            guard place + MemoryLayout<Number>.size <= tiff.upperBound else { throw .damaged }
            return try isBig ? file.bigEndian(type, at: place) : file.littleEndian(type, at: place)
        }
        let directory = try number(UInt32.self, 4)
        for entry in 0..<(try number(UInt16.self, directory)) {
            let offset = directory + 2 + 12 * entry
            guard try number(UInt16.self, offset) == 0x0112 else { continue }
            let value = try number(UInt16.self, offset + 8)
            return (2...8).contains(value) ? value : nil
        }
        return nil
    }

    /// Exif that says nothing else.
    private static func exif(orientation: Int) -> [UInt8] {
        let directory: [UInt8] = [0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, UInt8(orientation), 0, 0, 0, 0, 0, 0]
        return segment(0xE1, Array("Exif\0\0MM\0*".utf8) + [0, 0, 0, 8] + directory)
    }

    private static func segment(_ code: UInt8, _ content: [UInt8]) -> [UInt8] {
        let length = content.count + 2
        return [0xFF, code, UInt8(length >> 8), UInt8(length & 0xFF)] + content
    }
}
