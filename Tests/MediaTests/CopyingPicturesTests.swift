import Media
import Testing

@Suite("Copies with and without settings")
struct CopyingPicturesTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private static let secret = Array("who made it, and where".utf8)
    private static let signature: [UInt8] = Array("jumb signed by its maker".utf8) + Array(0...255)

    /// One of each format, full of metadata, with a signature and more behind its end.
    private static func samples() throws -> [(name: String, bytes: [UInt8])] {
        [
            ("png", try png()), ("jpeg", try jpeg()), ("lossy webp", try webp(.webp(quality: 80))),
            ("lossless webp", try webp(.losslessWebP)), ("gif", gif()),
        ]
    }

    private static func png() throws -> [UInt8] {
        let plain = try Samples.encoded(.png)
        let chunks = ["tEXt", "zTXt", "iTXt", "eXIf", "tIME", "prVt"].flatMap { Samples.chunk($0, secret) }
        let kept = Samples.chunk("gAMA", [0, 0, 0xB1, 0x8F]) + Samples.chunk("caBX", signature)
        return plain[..<33] + chunks + kept + plain[33...] + secret
    }

    private static func jpeg() throws -> [UInt8] {
        let plain = try Samples.encoded(.jpeg(quality: 90))
        func segment(_ code: UInt8, _ content: [UInt8]) -> [UInt8] {
            let length = content.count + 2
            return [0xFF, code, UInt8(length >> 8), UInt8(length & 255)] + content
        }
        let metadata =
            segment(0xE1, Array("http://ns.adobe.com/xap/1.0/\0".utf8) + secret)
            + segment(0xE2, Array("MPF\0".utf8) + secret) + segment(0xED, secret) + segment(0xFE, secret)
        let turned = Samples.jpeg([0xFF, 0xD8], orientation: 6)
        return turned + metadata + segment(0xEB, signature) + plain[2...] + secret
    }

    private static func webp(_ encoding: PictureEncoding) throws -> [UInt8] {
        let plain = try Samples.encoded(encoding, width: 64, height: 48)
        func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
            let length = withUnsafeBytes(of: UInt32(content.count).littleEndian) { Array($0) }
            return Array(type.utf8) + length + content + (content.count % 2 == 1 ? [0] : [])
        }
        // Exif and XMP are announced.
        let head = chunk("VP8X", [0x0C, 0, 0, 0, 63, 0, 0, 47, 0, 0])
        let body =
            head + plain[12...] + chunk("EXIF", secret) + chunk("XMP ", secret) + chunk("ODD ", secret + [1])
            + chunk("C2PA", signature + [7])
        let size = withUnsafeBytes(of: UInt32(body.count + 4).littleEndian) { Array($0) }
        return Array("RIFF".utf8) + size + Array("WEBP".utf8) + body + secret
    }

    private static func gif() -> [UInt8] {
        func blocks(_ bytes: [UInt8]) -> [UInt8] {
            stride(from: 0, to: bytes.count, by: 255).flatMap { start in
                let block = bytes[start..<min(start + 255, bytes.count)]
                return [UInt8(block.count)] + block
            } + [0]
        }
        func application(_ name: String, _ content: [UInt8]) -> [UInt8] {
            [0x21, 0xFF, 11] + Array(name.utf8) + blocks(content)
        }
        let animation = Samples.animation
        let metadata =
            [0x21, 0xFE] + blocks(secret) + application("XMP DataXMP", secret)
            + application("NETSCAPE2.0", [1, 0, 0]) + application("C2PA_GIF\u{1}\0\0", Array(signature[..<200]))
        return animation[..<19] + metadata + animation[19...] + secret
    }

    private func copy(_ bytes: [UInt8], text: String? = nil) throws -> [UInt8] {
        let copy = try Pictures.copy(of: scratch.file("source", bytes), text: text)
        let copied = copy.pieces.flatMap { piece in
            switch piece {
            case .stored(let range): Array(bytes[range])
            case .new(let bytes): bytes
            }
        }
        #expect(copied.count == copy.size)
        return copied
    }

    /// What is seen of it: the same for the same pixels.
    private func look(_ bytes: [UInt8]) throws -> [UInt8] {
        let target = "\(scratch.path)/look"
        try Pictures.thumbnail(
            of: scratch.file("shown", bytes),
            fitting: PictureSize(width: 100, height: 100),
            to: target
        )
        return try contents(of: target)
    }

    @Test func `a clean copy has the pixels, the signature, and nothing else`() throws {
        for (name, bytes) in try Self.samples() {
            #expect(bytes.contains(Self.secret))
            let clean = try copy(bytes)
            #expect(!clean.contains(Self.secret), "\(name)")
            let signature = name == "gif" ? Array(Self.signature[..<200]) : Self.signature
            #expect(clean.contains(signature), "\(name)")
            let (before, after) = (
                try Pictures.check(file: scratch.file("a", bytes)), try Pictures.check(file: scratch.file("b", clean))
            )
            #expect((before.width, before.height, before.frames) == (after.width, after.height, after.frames))
            #expect(try look(clean) == look(bytes), "\(name)")
            #expect(try copy(clean) == clean, "\(name)")
        }
    }

    @Test func `a copy with settings has them, and nothing of before`() throws {
        let text = "a <red> fox & 灯台\nSeed: 7, Model: x/y"
        for (name, bytes) in try Self.samples() {
            let told = try copy(bytes, text: text)
            let expected = name == "png" || name == "gif" ? text : "a &lt;red&gt; fox &amp; 灯台\nSeed: 7, Model: x/y"
            #expect(told.contains(Array(expected.utf8)), "\(name)")
            #expect(!told.contains(Self.secret), "\(name)")
            #expect(try look(told) == look(bytes), "\(name)")
            // Cleaned again it is as if nothing had been written.
            #expect(try look(copy(told)) == look(bytes), "\(name)")
            #expect(try !copy(told).contains(Array("Seed: 7".utf8)), "\(name)")
        }
    }

    @Test func `a simple WebP becomes an extended one, with and without transparency`() throws {
        let rows = Samples.deflated([0, 1, 2, 3, 128])
        let clear = Samples.png(width: 1, height: 1, colourType: 6, compressed: rows)
        for bytes in [
            try Samples.encoded(.webp(quality: 80), width: 63, height: 48), try Samples.encoded(.losslessWebP),
            try look(clear),
        ] {
            let told = try copy(bytes, text: "a fox")
            let info = try Pictures.check(file: scratch.file("told", told))
            let plain = try Pictures.check(file: scratch.file("plain", bytes))
            #expect((info.width, info.height, info.hasAlpha) == (plain.width, plain.height, plain.hasAlpha))
            #expect(told.contains(Array("VP8X".utf8)))
            #expect(try look(told) == look(bytes))
        }
    }

    @Test func `what has nothing to lose stays as it is`() throws {
        for encoding in [PictureEncoding.png, .webp(quality: 80), .losslessWebP] {
            let clean = try copy(Samples.encoded(encoding))
            #expect(try copy(clean) == clean)
        }
    }

    @Test func `a text of any length and content makes a sound file`() throws {
        for text in [
            "", "\0\u{1}\u{FFFE}\r\n\t", String(repeating: "a & b ", count: 30_000),
            String(repeating: "灯", count: 40_000),
        ] {
            for (name, bytes) in try Self.samples() {
                let told = try copy(bytes, text: text)
                #expect(try look(told) == look(bytes), "\(name)")
            }
        }
    }

    @Test func `no damaged file makes it read or write beyond its end`() throws {
        var random = RandomBytes(seed: 5)
        for (_, bytes) in try Self.samples() {
            for _ in 0..<400 {
                var damaged = bytes
                for _ in 0..<random.next(below: 4) {
                    damaged[random.next(below: damaged.count)] = UInt8(truncatingIfNeeded: random.next())
                }
                if random.next(below: 2) == 0 { damaged.removeLast(random.next(below: damaged.count)) }
                guard let copy = try? Pictures.copy(of: scratch.file("damaged", damaged), text: "x") else { continue }
                for case .stored(let range) in copy.pieces { #expect(range.upperBound <= damaged.count) }
            }
        }
    }
}
