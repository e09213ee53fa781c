/// GIF files block by block (GIF89a specification, 17 to 27).
enum GIFCopy {
    /// How often an animation is repeated, a colour profile, and the signature that C2PA puts there.
    private static let keptApplications = ["NETSCAPE2.0", "ANIMEXTS1.0", "ICCRGBG1012", "C2PA_GIF"]

    static func make(_ file: FileBytes, text: String?) throws(PictureError) -> PictureCopy {
        var copy = PictureCopy()
        // Comments are known since 89a.
        copy.add(Array("GIF89a".utf8))
        let flags = try file[10]
        let screen = try file.range(from: 6, count: 7 + colourTable(flags))
        copy.keep(screen)
        if let text { copy.add([0x21, 0xFE] + subBlocks(Array(text.utf8))) }
        var offset = screen.upperBound
        while true {
            let start = offset
            switch try file[offset] {
            case 0x3B:
                copy.keep(start..<start + 1)
                return copy
            case 0x2C:
                // A picture: its place and colours, the size of its codes, then its pixels.
                let head = try file.range(from: start, count: 11 + colourTable(try file[start + 9]))
                offset = try endOfSubBlocks(file, from: head.upperBound)
                copy.keep(start..<offset)
            case 0x21:
                offset = try endOfSubBlocks(file, from: start + 2)
                if isKept(try file[start + 1], file, content: start + 3) { copy.keep(start..<offset) }
            default:
                throw .damaged
            }
        }
    }

    private static func isKept(_ label: UInt8, _ file: FileBytes, content: Int) -> Bool {
        switch label {
        // When a frame is shown; text that is part of the picture.
        case 0xF9, 0x01: true
        case 0xFF: keptApplications.contains { file.has($0, at: content) }
        default: false
        }
    }

    private static func colourTable(_ flags: UInt8) -> Int { flags & 0x80 == 0 ? 0 : 3 << (Int(flags & 7) + 1) }

    private static func endOfSubBlocks(_ file: FileBytes, from start: Int) throws(PictureError) -> Int {
        var offset = start
        while true {
            let length = Int(try file[offset])
            offset += 1 + length
            if length == 0 { return offset }
        }
    }

    private static func subBlocks(_ bytes: [UInt8]) -> [UInt8] {
        var blocks: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 255) {
            let block = bytes[start..<min(start + 255, bytes.count)]
            blocks += [UInt8(block.count)] + block
        }
        return blocks + [0]
    }
}
