import Canvas
import Synchronization
import Testing

/// FNV-1a of the bytes, to compare pictures in one number.
private func fingerprint(_ pixels: Pixels?) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in pixels?.bytes ?? [] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
}

private func draw(_ drawing: Drawing) -> Pixels? { drawing.draw { _ in true } }

/// Mean level of all channels, 0...255.
private func brightness(_ pixels: Pixels) -> Double {
    Double(pixels.bytes.reduce(0) { $0 + Int($1) }) / Double(pixels.bytes.count)
}

/// Mean level of one channel.
private func mean(_ pixels: Pixels, channel: Int) -> Double {
    let levels = stride(from: channel, to: pixels.bytes.count, by: 3).map { Int(pixels.bytes[$0]) }
    return Double(levels.reduce(0, +)) / Double(levels.count)
}

@Suite("Drawing a picture")
struct DrawingTests {
    @Test(arguments: Style.allCases)
    func `gives the same bytes for the same request, also at the same time`(style: Style) async {
        let drawing = Drawing(prompt: "a quiet place", width: 96, height: 80, seed: 7, style: style)
        let expected = fingerprint(draw(drawing))
        let prints = await withTaskGroup(of: UInt64.self) { group in
            for _ in 0..<3 { group.addTask { @concurrent in fingerprint(draw(drawing)) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(prints == [expected, expected, expected])
    }

    @Test(arguments: Style.allCases)
    func `gives another picture for another seed`(style: Style) throws {
        func picture(_ seed: UInt64) -> Pixels? {
            draw(Drawing(prompt: "a place", width: 96, height: 96, seed: seed, style: style, palette: .day))
        }
        let one = try #require(picture(1)), two = try #require(picture(2))
        let changed = zip(one.bytes, two.bytes).count { abs(Int($0) - Int($1)) > 12 }
        #expect(Double(changed) > 0.15 * Double(one.bytes.count))
    }

    @Test(arguments: Style.allCases, [(64, 2048), (65, 67), (2048, 64), (160, 90), (90, 160)])
    func `fills every size`(style: Style, size: (Int, Int)) throws {
        let drawing = Drawing(prompt: "", width: size.0, height: size.1, seed: 1 << 53 - 1, style: style)
        let pixels = try #require(draw(drawing))
        #expect(pixels.width == size.0)
        #expect(pixels.height == size.1)
        #expect(pixels.bytes.count == size.0 * size.1 * 3)
        // No part was left out: the last row is not the black of an empty sheet, nor is the picture one colour.
        #expect(Set(pixels.bytes).count > 24)
    }

    @Test(arguments: Style.allCases, Palette.allCases)
    func `draws every style in every palette`(style: Style, palette: Palette) throws {
        let drawing = Drawing(prompt: "x", width: 64, height: 64, seed: 3, style: style, palette: palette)
        #expect(drawing.chosenStyle == style)
        #expect(drawing.chosenPalette == palette)
        let pixels = try #require(draw(drawing))
        #expect((2.0...250).contains(brightness(pixels)))
    }

    @Test(arguments: [Style.landscape, .seascape, .forest, .mountains, .skyline, .meadow, .waves])
    func `is darker by night than at noon`(style: Style) throws {
        func light(_ prompt: String) throws -> Double {
            let drawing = Drawing(prompt: prompt, width: 128, height: 128, seed: 5, style: style)
            return try brightness(#require(draw(drawing)))
        }
        #expect(try light("at night") < light("at noon") * 0.6)
    }

    @Test func `is warm at sunset and green in the wood`() throws {
        let sunset = try #require(draw(Drawing(prompt: "sunset over the sea", width: 128, height: 128, seed: 1)))
        #expect(mean(sunset, channel: 0) > mean(sunset, channel: 2) + 20)
        let leaf = try #require(
            draw(Drawing(prompt: "marble in green", width: 128, height: 128, seed: 1, palette: .day))
        )
        #expect(mean(leaf, channel: 1) > mean(leaf, channel: 2))
    }

    @Test func `leaves out what the negative prompt names`() {
        func print(_ negative: String) -> UInt64 {
            let prompt = "sea with boats, birds and a lighthouse"
            return fingerprint(
                draw(Drawing(prompt: prompt, negativePrompt: negative, width: 128, height: 128, seed: 4))
            )
        }
        let whole = print("")
        #expect(print("boats") != whole)
        #expect(print("birds") != whole)
        #expect(print("birds") != print("boats"))
        #expect(print("blurry, ugly") == whole)
    }

    @Test(arguments: [
        "", " \n\t", "🦊🌊🎆👩‍👩‍👧‍👦", "\u{0}\u{FFFF}\u{301}\u{301}", "日本の山", "'; DROP TABLE images; --",
        String(repeating: "sea ", count: 25_600), String(repeating: "é", count: 100_000),
        String(repeating: "🌋", count: 25_000),
    ])
    func `draws something for any prompt`(prompt: String) {
        let drawing = Drawing(prompt: prompt, negativePrompt: prompt, width: 64, height: 64, seed: .max)
        #expect(draw(drawing)?.bytes.count == 64 * 64 * 3)
    }
}

@Suite("Watching the progress of a drawing")
struct ProgressTests {
    @Test(arguments: Style.allCases)
    func `rises from nought to one`(style: Style) {
        var heard: [Double] = []
        let drawing = Drawing(prompt: "", width: 128, height: 128, seed: 2, style: style)
        let pixels = drawing.draw {
            heard.append($0); return true
        }
        #expect(pixels != nil)
        #expect(heard.first == 0)
        #expect(heard.last == 1)
        #expect(heard.count > 3)
        #expect(heard == heard.sorted())
    }

    @Test(arguments: Style.allCases, [1, 2, 3])
    func `stops at the first false and asks no more`(style: Style, call: Int) {
        var calls = 0
        let drawing = Drawing(prompt: "", width: 128, height: 128, seed: 2, style: style)
        let pixels = drawing.draw { _ in
            calls += 1
            return calls < call
        }
        #expect(pixels == nil)
        #expect(calls == call)
    }

    @Test func `stops even at the very end`() {
        let pixels = Drawing(prompt: "waves", width: 64, height: 64, seed: 2).draw { $0 < 1 }
        #expect(pixels == nil)
    }
}
