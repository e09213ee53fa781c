/// A picture asked for: the same request always gives the same bytes.
public struct Drawing: Sendable {
    /// The sides that are looked after, in pixels.
    public static let sides = 64...2048

    public let width: Int
    public let height: Int
    private let seed: UInt64
    private let reading: Reading

    /// `style` and `palette` are chosen by the words of the prompt when `nil`; what the negative prompt names is left out.
    ///
    /// - Precondition: `width` and `height` lie within `sides`.
    public init(
        prompt: String,
        negativePrompt: String = "",
        width: Int,
        height: Int,
        seed: UInt64,
        style: Style? = nil,
        palette: Palette? = nil
    ) {
        precondition(Self.sides.contains(width) && Self.sides.contains(height), "a side is out of range")
        self.width = width
        self.height = height
        self.seed = seed ^ Tokens.hash(prompt)
        reading = Reading(prompt: prompt, negative: negativePrompt, seed: seed, style: style, palette: palette)
    }

    /// What the words led to.
    public var chosenStyle: Style { reading.style }

    /// What the words led to; without such words also the seed has a say.
    public var chosenPalette: Palette { reading.palette }

    /// Draws on the calling thread.
    ///
    /// `progress` hears 0...1, rising, many times a second; once it returns `false` drawing stops and the result is `nil`.
    public func draw(progress: (Double) -> Bool) -> Pixels? {
        withoutActuallyEscaping(progress) { progress in
            let sheet = Sheet(width: width, height: height, progress: progress)
            var scene = Scene(sheet: sheet, reading: reading, seed: seed)
            scene.draw()
            return sheet.finished(scene.finish)
        }
    }
}
