import Glibc
import Media
import Testing

@Suite("Checking a picture from outside")
struct CheckingPicturesTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func check(_ bytes: [UInt8], _ limits: PictureLimits = PictureLimits()) throws -> PictureInfo {
        try Pictures.check(file: scratch.file("upload", bytes), limits: limits)
    }

    private func code(_ bytes: [UInt8], _ limits: PictureLimits = PictureLimits()) throws -> PictureError.Code? {
        let path = try scratch.file("upload", bytes)
        do throws(PictureError) {
            _ = try Pictures.check(file: path, limits: limits)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(arguments: [PictureEncoding.png, .jpeg(quality: 90), .webp(quality: 80), .losslessWebP])
    func `tells a sound picture's format and size`(encoding: PictureEncoding) throws {
        let bytes = try Samples.encoded(encoding, width: 64, height: 48)
        let info = try check(bytes)
        #expect(info.format == encoding.format)
        #expect((info.width, info.height, info.frames) == (64, 48, 1))
        #expect(info.bytes == bytes.count)
        #expect(!info.hasAlpha)
    }

    @Test func `counts an animation's frames`() throws {
        let info = try check(Samples.animation)
        #expect(info.format == .gif)
        #expect((info.width, info.height, info.frames) == (1, 1, 2))
    }

    @Test func `sees transparency`() throws {
        let rows = Samples.deflated([0, 1, 2, 3, 128])
        #expect(try check(Samples.png(width: 1, height: 1, colourType: 6, compressed: rows)).hasAlpha)
    }

    @Test func `gives the size as it is shown when the picture lies on its side`() throws {
        let flat = try Samples.encoded(.jpeg(quality: 90), width: 64, height: 48)
        let info = try check(Samples.jpeg(flat, orientation: 6))
        #expect((info.width, info.height) == (48, 64))
    }

    @Test func `goes by the content, not by the name`() throws {
        let path = try scratch.file("photo.png", Samples.encoded(.jpeg(quality: 80)))
        #expect(try Pictures.check(file: path).format == .jpeg)
    }

    @Test(
        arguments: [
            "hello, this is text", "BMW is a word too", "\0\0\0\0\0\0\0\0", "\u{89}PNG", "GIF8", "RIFF1234WAVE",
            "<html><body>hello</body></html>",
        ] as [Escaped]
    )
    func `refuses what is no picture`(content: Escaped) throws {
        #expect(try code(Array(content.text.utf8)) == .notAPicture)
    }

    @Test func `takes an empty file for one that was cut short`() throws {
        #expect(try code([]) == .truncated)
    }

    @Test(
        arguments: [
            ("%PDF-1.7\n%....", "a PDF document"),
            ("<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
            ("\u{FEFF}<?xml version='1.0'?>\n<!-- x --><SVG/>", "an SVG drawing"),
            ("\0\0\0\u{1C}ftypavif\0\0\0\0", "an AVIF picture"),
            ("II*\0....", "a TIFF picture"),
            ("BM\u{1}\u{1}\0\0\0\0\0\0", "a BMP picture"),
        ] as [(Escaped, String)]
    )
    func `names the kind of file it cannot use`(content: Escaped, name: String) throws {
        let path = try scratch.file("upload.png", Array(content.text.utf8))
        let error = #expect(throws: PictureError.self) { try Pictures.check(file: path) }
        #expect(error?.code == .unsupportedFormat)
        #expect(error?.message == "This is \(name). PNG, JPEG, WebP and GIF can be used.")
    }

    @Test(arguments: [PictureEncoding.png, .jpeg(quality: 90), .webp(quality: 80), .losslessWebP])
    func `refuses a picture that ends too early, wherever it ends`(encoding: PictureEncoding) throws {
        let whole = try Samples.encoded(encoding, width: 64, height: 48)
        var unnoticed: [Int] = []
        for length in stride(from: 12, to: whole.count, by: 7) + [whole.count - 2, whole.count - 1]
        where try code(Array(whole[..<length])) == nil {
            unnoticed.append(length)
        }
        #expect(unnoticed == [], "of \(whole.count) bytes")
    }

    @Test func `refuses an animation that ends too early`() throws {
        let whole = Samples.animation
        for length in 12..<(whole.count - 17) {
            #expect(try code(Array(whole[..<length])) == .truncated, "\(length) of \(whole.count) bytes")
        }
    }

    @Test func `refuses a damaged PNG by its checksums`() throws {
        var bytes = try Samples.encoded(.png)
        bytes[bytes.count / 2] ^= 0x10
        #expect(try code(bytes) == .truncated)
    }

    @Test func `refuses a bomb by its header, without decoding it`() throws {
        // Its pixels are missing: had they been asked for, it would be damaged.
        let bomb = Samples.png(width: 50_000, height: 50_000, compressed: Samples.deflated([0, 0, 0]))
        #expect(bomb.count < 100)
        #expect(try code(bomb) == .tooManyPixels)
    }

    @Test func `refuses a real bomb, which would decode`() throws {
        // 48 MB of pixels in 50 KB.
        let bomb = Samples.png(
            width: 4000,
            height: 4000,
            compressed: Samples.deflated([UInt8](repeating: 0, count: 4000 * 12_001))
        )
        #expect(bomb.count < 60_000)
        let path = try scratch.file("bomb", bomb)
        let limits = PictureLimits(maximumPixels: 8_000_000)
        let error = #expect(throws: PictureError.self) { try Pictures.check(file: path, limits: limits) }
        #expect(error?.code == .tooManyPixels)
        #expect(error?.message == "The picture has 4000 × 4000 pixels; at most 8 million in all can be used.")
    }

    @Test func `counts the pixels of all frames`() throws {
        #expect(try code(Samples.animation, PictureLimits(maximumPixels: 1)) == .tooManyPixels)
        #expect(try code(Samples.animation, PictureLimits(maximumFrames: 1)) == .tooManyPixels)
        #expect(try code(Samples.animation, PictureLimits(maximumPixels: 2, maximumFrames: 2)) == nil)
    }

    @Test func `refuses a JPEG whose scans never end`() throws {
        let whole = try Samples.encoded(.jpeg(quality: 90))
        let scans = [[UInt8]](repeating: [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0], count: 101).flatMap { $0 }
        #expect(try code(whole.dropLast(2) + scans + whole.suffix(2)) == .tooManyPixels)
    }

    @Test func `refuses a large file before reading it`() throws {
        let bytes = try Samples.encoded(.png)
        #expect(try code(bytes, PictureLimits(maximumBytes: bytes.count - 1)) == .tooManyBytes)
        #expect(try code(bytes, PictureLimits(maximumBytes: bytes.count)) == nil)
    }

    @Test func `says so when there is no such file, or no file at all`() throws {
        let missing = #expect(throws: PictureError.self) { try Pictures.check(file: "\(scratch.path)/missing") }
        #expect(missing?.code == .io)
        #expect(missing?.message == "The picture could not be read: No such file or directory.")
        let folder = #expect(throws: PictureError.self) { try Pictures.check(file: scratch.path) }
        #expect(folder?.message == "This is not a file.")
        let pipe = "\(scratch.path)/pipe"
        mkfifo(pipe, 0o600)
        #expect(throws: PictureError.self) { try Pictures.check(file: pipe) }
    }

    @Test func `survives pictures with bytes changed at random`() throws {
        var random = RandomBytes(seed: 20)
        for encoding in [PictureEncoding.png, .jpeg(quality: 70), .webp(quality: 70), .losslessWebP] {
            let sound = try Samples.encoded(encoding, width: 40, height: 30)
            for _ in 0..<150 { try read(damaged(sound, &random)) }
        }
        for _ in 0..<150 { try read(damaged(Samples.animation, &random)) }
    }

    private func read(_ bytes: [UInt8]) throws {
        let path = try scratch.file("damaged", bytes)
        _ = try? Pictures.check(file: path)
        _ = try? Pictures.thumbnail(
            of: path,
            fitting: PictureSize(width: 9, height: 9),
            to: "\(scratch.path)/small",
            limits: PictureLimits(maximumPixels: 1_000_000)
        )
    }

    private func damaged(_ sound: [UInt8], _ random: inout RandomBytes) -> [UInt8] {
        var bytes = sound
        for _ in 0...random.next(below: 8) {
            // Half of the changes near the beginning, where the structure is.
            let reach = random.next(below: 2) == 0 ? min(64, bytes.count) : bytes.count
            let position = random.next(below: reach)
            switch random.next(below: 4) {
            case 0: bytes[position] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes[position] ^= 1 << UInt8(random.next(below: 8))
            case 2: bytes.removeSubrange(position..<min(bytes.count, position + 1 + random.next(below: 9)))
            default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: position)
            }
            if bytes.count < 16 { break }
        }
        return bytes
    }
}
