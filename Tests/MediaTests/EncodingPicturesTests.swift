import Glibc
import Media
import Testing

@Suite("Writing pictures")
struct EncodingPicturesTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func encode(
        _ encoding: PictureEncoding,
        width: Int = 40,
        height: Int = 30,
        text: [(keyword: String, text: String)] = []
    ) throws -> [UInt8] {
        let path = "\(scratch.path)/written"
        try Pictures.encode(
            pixels: Samples.pixels(width, height),
            width: width,
            height: height,
            as: encoding,
            to: path,
            text: text
        )
        return try contents(of: path)
    }

    @Test(arguments: [PictureEncoding.png, .jpeg(quality: 90), .webp(quality: 80), .losslessWebP])
    func `the same pixels give the same bytes`(encoding: PictureEncoding) throws {
        let text = [(keyword: "prompt", text: "a lighthouse")]
        #expect(try encode(encoding, text: text) == encode(encoding, text: text))
    }

    @Test func `a PNG carries its settings and stays a sound picture`() throws {
        let bytes = try encode(.png, text: [("prompt", "a lighthouse"), ("Title", "été 灯台 🗼")])
        #expect(bytes.contains(Array("tEXtprompt\0a lighthouse".utf8)))
        #expect(bytes.contains(Array("iTXtTitle\0\0\0\0\0été 灯台 🗼".utf8)))
        let info = try Pictures.check(file: "\(scratch.path)/written")
        #expect((info.format, info.width, info.height) == (.png, 40, 30))
    }

    @Test func `a zero byte does not cut a text short`() throws {
        #expect(try encode(.png, text: [("prompt", "one\0two")]).contains(Array("tEXtprompt\0one two".utf8)))
    }

    @Test func `lossless formats keep every pixel`() throws {
        // A thumbnail as large as the picture has its pixels; written twice losslessly, they are still the same.
        for encoding in [PictureEncoding.png, .losslessWebP] {
            _ = try encode(encoding)
            try Pictures.thumbnail(
                of: "\(scratch.path)/written",
                fitting: PictureSize(width: 40, height: 30),
                to: "\(scratch.path)/\(encoding.format)"
            )
        }
        #expect(try contents(of: "\(scratch.path)/png") == contents(of: "\(scratch.path)/webp"))
    }

    @Test func `refuses a size the format cannot hold`() throws {
        let error = #expect(throws: PictureError.self) { try encode(.losslessWebP, width: 16_384, height: 1) }
        #expect(error?.code == .tooManyPixels)
        #expect(try encode(.png, width: 16_384, height: 1).count > 0)
    }

    @Test func `says so when the disk is full`() throws {
        let error = #expect(throws: PictureError.self) {
            try Pictures.encode(pixels: Samples.pixels(4, 4), width: 4, height: 4, as: .png, to: "/dev/full")
        }
        #expect(error?.code == .diskFull)
        #expect(error?.message == "The picture could not be stored: the disk is full.")
        #expect(fileStatus("/dev/full") != nil)
    }

    @Test func `says so when there is no folder`() throws {
        let error = #expect(throws: PictureError.self) {
            try Pictures.encode(
                pixels: Samples.pixels(4, 4),
                width: 4,
                height: 4,
                as: .png,
                to: "\(scratch.path)/missing/a.png"
            )
        }
        #expect(error?.code == .io)
    }
}

@Suite("Making pictures smaller")
struct ThumbnailTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func thumbnail(_ bytes: [UInt8], width: Int, height: Int) throws -> PictureInfo {
        let target = "\(scratch.path)/small.webp"
        let size = try Pictures.thumbnail(
            of: scratch.file("large", bytes),
            fitting: PictureSize(width: width, height: height),
            to: target
        )
        let info = try Pictures.check(file: target)
        #expect(size == PictureSize(width: info.width, height: info.height))
        return info
    }

    @Test(
        arguments: [
            // (picture, box, thumbnail)
            ((200, 100), (50, 50), (50, 25)), ((100, 200), (50, 50), (25, 50)), ((200, 100), (400, 10), (20, 10)),
            ((60, 40), (600, 400), (60, 40)), ((4000, 1), (50, 50), (50, 1)),
            ((3, 3000), (50, 50), (1, 50)), ((1, 1), (50, 50), (1, 1)), ((300, 200), (1, 1), (1, 1)),
        ]
    )
    func `fits into the box and is never enlarged`(
        picture: (Int, Int),
        box: (Int, Int),
        expected: (Int, Int)
    ) throws {
        for encoding in [PictureEncoding.png, .jpeg(quality: 90), .webp(quality: 90)] {
            let bytes = try Samples.encoded(encoding, width: picture.0, height: picture.1)
            let info = try thumbnail(bytes, width: box.0, height: box.1)
            #expect(info.format == .webp)
            #expect((info.width, info.height) == expected)
        }
    }

    @Test func `stands upright and has no metadata`() throws {
        let flat = try Samples.encoded(.jpeg(quality: 90), width: 200, height: 100)
        let info = try thumbnail(Samples.jpeg(flat, orientation: 6), width: 50, height: 50)
        #expect((info.width, info.height) == (25, 50))
        #expect(try !contents(of: "\(scratch.path)/small.webp").contains(Array("EXIF".utf8)))
    }

    @Test func `shows an animation's first frame and keeps transparency`() throws {
        #expect(try thumbnail(Samples.animation, width: 50, height: 50).frames == 1)
        let rows = Samples.deflated([0, 1, 2, 3, 128])
        let clear = Samples.png(width: 1, height: 1, colourType: 6, compressed: rows)
        #expect(try thumbnail(clear, width: 50, height: 50).hasAlpha)
    }

    @Test func `takes grey pictures`() throws {
        let rows = Samples.deflated([UInt8](repeating: 0, count: 100 * 101))
        let grey = Samples.png(width: 100, height: 100, colourType: 0, compressed: rows)
        #expect(try thumbnail(grey, width: 20, height: 20).width == 20)
    }

    @Test func `refuses what checking refuses and leaves nothing behind`() throws {
        let target = "\(scratch.path)/small.webp"
        let bomb = Samples.png(width: 50_000, height: 50_000, compressed: [])
        for bytes in [bomb, Array("text".utf8), Array(try Samples.encoded(.png).dropLast(300))] {
            let source = try scratch.file("large", bytes)
            #expect(throws: PictureError.self) {
                try Pictures.thumbnail(of: source, fitting: PictureSize(width: 9, height: 9), to: target)
            }
            #expect(fileStatus(target) == nil)
        }
    }

    @Test func `works from several threads at once`() async throws {
        let bytes = try Samples.encoded(.jpeg(quality: 90), width: 300, height: 200)
        let source = try scratch.file("large", bytes)
        let folder = scratch.path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<16 {
                group.addTask {
                    try Pictures.thumbnail(
                        of: source,
                        fitting: PictureSize(width: 60, height: 60),
                        to: "\(folder)/\(number).webp"
                    )
                }
            }
            try await group.waitForAll()
        }
        let first = try contents(of: "\(folder)/0.webp")
        for number in 1..<16 { #expect(try contents(of: "\(folder)/\(number).webp") == first) }
    }
}
