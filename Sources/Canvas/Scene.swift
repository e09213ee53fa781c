/// One picture in the making: where it is drawn, what was asked for, its colours and its chance.
struct Scene {
    let sheet: Sheet
    let reading: Reading
    var tones: Tones
    var random: Random
    let noise: Noise
    var finish = Finish()

    init(sheet: Sheet, reading: Reading, seed: UInt64) {
        self.sheet = sheet
        self.reading = reading
        random = Random(seed: seed)
        noise = Noise(seed: random.bits())
        tones = Tones(sky: reading.palette, ground: reading.groundPalette)
        tones.turn(random.bell() * 0.12)
        tones.mix(in: reading.colours)
    }

    var width: Float { Float(sheet.width) }
    var height: Float { Float(sheet.height) }
    /// The length that sizes are measured in: the shorter side.
    var unit: Float { min(width, height) }

    /// Whether something stands in the picture: when the words name it, or by chance where they do not forbid it.
    func shows(_ element: Elements, orByChance probability: Float) -> Bool {
        guard reading.allows(element) else { return false }
        var chance = random.fork(UInt64(element.rawValue))
        return reading.has(element) || chance.chance(probability)
    }

    mutating func draw() {
        switch reading.style {
        case .landscape: landscape()
        case .seascape: seascape()
        case .forest: forest()
        case .mountains: mountains()
        case .skyline: skyline()
        case .desert: desert()
        case .meadow: meadow()
        case .rain: rain()
        case .nebula: nebula()
        case .flowField: flowField()
        case .stainedGlass: stainedGlass()
        case .waves: waves()
        case .geometric: geometric()
        case .botanical: botanical()
        case .marble: marble()
        }
    }
}
