/// PNG files chunk by chunk (PNG specification, third edition, 5 and 11).
enum PNGCopy {
    /// What says how pixels are to be shown or moved, and the signature that C2PA puts there.
    private static let kept: Set<String> = [
        "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "cICP", "mDCV", "cLLI", "bKGD", "hIST", "tRNS", "pHYs", "sPLT", "acTL",
        "fcTL", "fdAT", "caBX",
    ]
    /// Where tools of its kind look for the settings of a picture.
    private static let keyword = "parameters"

    static func make(_ file: FileBytes, text: String?) throws(PictureError) -> PictureCopy {
        var copy = PictureCopy()
        copy.keep(try file.range(from: 0, count: 8))
        var offset = 8
        while true {
            let length = try file.bigEndian(UInt32.self, at: offset)
            let type = try file.text(at: offset + 4, count: 4)
            let chunk = try file.range(from: offset, count: length + 12)
            // A capital is a chunk that no reader can do without (5.4).
            if type.utf8.first.map({ $0 & 0x20 == 0 }) ?? false || kept.contains(type) { copy.keep(chunk) }
            if type == "IHDR", let text { copy.add(PNGText.chunk(keyword: keyword, text: text)) }
            if type == "IEND" { return copy }
            offset = chunk.upperBound
        }
    }
}
