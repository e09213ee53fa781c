import Canvas
import Testing

@Suite("What the words lead to")
struct WordsTests {
    private func drawing(_ prompt: String, not negative: String = "", seed: UInt64 = 1) -> Drawing {
        Drawing(prompt: prompt, negativePrompt: negative, width: 64, height: 64, seed: seed)
    }

    @Test(arguments: [
        ("sunset over the sea", Style.seascape, Palette.sunset),
        ("forest at night", .forest, .night),
        ("mountains in winter", .mountains, .winter),
        ("city skyline at dusk in neon", .skyline, .neon),
        ("desert dunes at dawn", .desert, .dawn),
        ("autumn lake reflection", .mountains, .autumn),
        ("stormy ocean with a lighthouse", .seascape, .storm),
        ("rainy day", .rain, .storm),
        ("vintage botanical plate", .botanical, .sepia),
        ("A hill in SPRING, with a cottage", .landscape, .spring),
        ("pastel marble", .marble, .pastel),
        ("Sonnenuntergang über dem Meer", .seascape, .sunset),
        ("Wald im Herbst", .forest, .autumn),
        ("forêt la nuit", .forest, .night),
        ("coucher de soleil, montagnes en hiver", .mountains, .sunset),
        ("el bosque en otoño", .forest, .autumn),
        ("ciudad de noche", .skyline, .night),
    ])
    func `choose style and palette`(prompt: String, style: Style, palette: Palette) {
        let drawing = drawing(prompt)
        #expect(drawing.chosenStyle == style)
        #expect(drawing.chosenPalette == palette)
    }

    @Test(arguments: [
        ("field of flowers", Style.meadow), ("galaxy", .nebula), ("the planet saturn", .nebula),
        ("stained glass cathedral window", .stainedGlass), ("bauhaus poster", .geometric), ("papercut waves", .waves),
        ("flowing silk", .flowField), ("fern leaves", .botanical), ("raindrops on a window, rain", .rain),
    ])
    func `choose a style whatever the seed`(prompt: String, style: Style) {
        for seed in 0..<5 as Range<UInt64> { #expect(drawing(prompt, seed: seed).chosenStyle == style) }
    }

    @Test func `that are not known choose by themselves, and always the same`() {
        let words = [
            "qwert", "zanzibar", "hullabaloo", "xyzzy", "plugh", "fnord", "blorb", "gnusto", "rezrov", "frotz",
        ]
        let styles = words.map { drawing($0).chosenStyle }
        #expect(styles == words.map { drawing($0, seed: 99).chosenStyle })
        #expect(Set(styles).count > 3)
    }

    @Test func `that name no colour leave the palette to the seed`() {
        let palettes = (0..<24 as Range<UInt64>).map { drawing("sea", seed: $0).chosenPalette }
        #expect(Set(palettes).count > 2)
    }

    @Test func `abstract is one of the styles without a place`() {
        let places: Set<Style> = [.landscape, .seascape, .forest, .mountains, .skyline, .desert, .meadow, .rain]
        #expect(!places.contains(drawing("abstract").chosenStyle))
        #expect(!places.contains(drawing("abstract composition in red").chosenStyle))
    }

    @Test func `of the negative prompt rule out styles and hours`() {
        #expect(drawing("forest and city", not: "city").chosenStyle == .forest)
        #expect(drawing("forest and city", not: "forest").chosenStyle == .skyline)
        #expect(drawing("sea at night", not: "night").chosenPalette != .night)
        #expect(drawing("forest without city lights, no city").chosenStyle == .forest)
    }
}
