/// The kinds of pictures that are read; all but `gif` are written too.
public enum PictureFormat: String, Sendable, CaseIterable {
    case png, jpeg, webp, gif

    public var fileExtension: String { self == .jpeg ? "jpg" : rawValue }

    public var mediaType: String { "image/\(rawValue)" }

    public init?(fileExtension: some StringProtocol) {
        guard let format = Self.allCases.first(where: { $0.fileExtension == fileExtension }) else { return nil }
        self = format
    }
}

/// What the first bytes of a file say it is; its name and what a sender called it do not count.
enum FileSignature: Equatable {
    case picture(PictureFormat)
    /// Recognised, in words fit for "This is …".
    case other(String)
    case unknown

    /// How many bytes are looked at.
    static let length = 1024

    init(_ head: [UInt8]) {
        func starts(_ prefix: String, at offset: Int = 0) -> Bool {
            head.dropFirst(offset).starts(with: prefix.utf8)
        }
        self =
            if head.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
                .picture(.png)
            } else if head.starts(with: [0xFF, 0xD8, 0xFF]) {
                .picture(.jpeg)
            } else if starts("RIFF"), starts("WEBP", at: 8) {
                .picture(.webp)
            } else if starts("GIF87a") || starts("GIF89a") {
                .picture(.gif)
            } else if starts("ftyp", at: 4) {
                Self.isoMedia(brand: String(decoding: head.dropFirst(8).prefix(4), as: UTF8.self))
            } else if let found = Self.others.first(where: { head.starts(with: $0.prefix) }) {
                .other(found.name)
            } else if starts("BM"), head.dropFirst(6).starts(with: [0, 0, 0, 0]) {
                .other("a BMP picture")
            } else if Self.isVectorDrawing(head) {
                .other("an SVG drawing")
            } else {
                .unknown
            }
    }

    private static let others: [(prefix: [UInt8], name: String)] = [
        (Array("%PDF-".utf8), "a PDF document"),
        (Array("%!PS".utf8), "a PostScript document"),
        (Array("II*\0".utf8), "a TIFF picture"),
        (Array("MM\0*".utf8), "a TIFF picture"),
        (Array("8BPS".utf8), "a Photoshop file"),
        ([0xFF, 0x0A], "a JPEG XL picture"),
        ([0, 0, 0, 12] + Array("JXL ".utf8), "a JPEG XL picture"),
    ]

    private static func isoMedia(brand: String) -> FileSignature {
        switch brand {
        case "avif", "avis": .other("an AVIF picture")
        case "heic", "heix", "mif1", "msf1", "hevc": .other("a HEIC picture")
        default: .other("a video")
        }
    }

    /// Whether an `<svg` stands among the first bytes of something that begins as markup does.
    private static func isVectorDrawing(_ head: [UInt8]) -> Bool {
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let markup = head.starts(with: byteOrderMark) ? head.dropFirst(3) : head[...]
        let text = String(decoding: markup.drop { $0 <= 0x20 }, as: UTF8.self)
        return text.hasPrefix("<") && text.lowercased().contains("<svg")
    }
}
