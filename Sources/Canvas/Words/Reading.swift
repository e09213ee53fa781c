/// What the words of a prompt led to.
struct Reading {
    let style: Style
    /// Colours of the sky, or of everything where there is no sky.
    let palette: Palette
    /// Colours of what grows and stands below.
    let groundPalette: Palette
    /// In the order they were named.
    let colours: [Oklab]
    let elements: Elements
    /// What the negative prompt forbids, whatever else was said.
    let forbidden: Elements

    func has(_ element: Elements) -> Bool { !elements.isDisjoint(with: element) && forbidden.isDisjoint(with: element) }

    /// For what usually belongs there and is left out only when unwanted.
    func allows(_ element: Elements) -> Bool { forbidden.isDisjoint(with: element) }

    init(prompt: String, negative: String, seed: UInt64, style fixedStyle: Style?, palette fixedPalette: Palette?) {
        var said = Said()
        said.read(prompt)
        said.forbid(negative)
        let chance = Tokens.hash(prompt)
        style = fixedStyle ?? said.style ?? Self.guess(said, chance)
        let guesses = style.palettes.filter { !said.forbiddenPalettes.contains($0) }
        let guess =
            guesses.isEmpty ? .day : guesses[Int((chance ^ seed &* 0x9E37_79B9_7F4A_7C15) >> 33) % guesses.count]
        let wet = said.elements.contains(.rain) && (said.time ?? .day) == .day && !style.isAbstract
        palette = fixedPalette ?? said.mood ?? (wet ? .storm : nil) ?? said.time ?? said.season ?? guess
        groundPalette = fixedPalette ?? said.season ?? said.mood ?? style.ground ?? palette
        colours = said.colours.map { Oklab($0) }
        elements = said.elements
        forbidden = said.forbidden
    }

    private static func guess(_ said: Said, _ chance: UInt64) -> Style {
        if said.elements.contains(.mountains) { return .mountains }
        if !said.elements.isDisjoint(with: [.stars, .moon, .sun, .clouds, .birds, .aurora, .fog, .snow]) {
            let places: [Style] = [.landscape, .mountains, .forest, .seascape]
            return places[Int(chance % UInt64(places.count))]
        }
        let open = Style.allCases.filter { !said.forbiddenStyles.contains($0) }
        return open.isEmpty ? .landscape : open[Int(chance % UInt64(open.count))]
    }
}

/// The meanings of all words, gathered.
private struct Said {
    var weights: [Style: Int] = [:]
    var time: Palette?
    var season: Palette?
    var mood: Palette?
    var colours: [UInt32] = []
    var elements: Elements = []
    var forbidden: Elements = []
    var forbiddenStyles: Set<Style> = []
    var forbiddenPalettes: Set<Palette> = []

    /// The heaviest subject; of equals the one that stands first in `Style`.
    var style: Style? {
        var best: (style: Style, weight: Int)?
        for style in Style.allCases where !forbiddenStyles.contains(style) {
            if let weight = weights[style], weight > best?.weight ?? 0 { best = (style, weight) }
        }
        return best?.style
    }

    mutating func read(_ prompt: String) {
        var negated = false
        for word in Tokens.words(of: prompt) {
            if word == "abstract" || word == "abstrakt" || word == "abstrait" || word == "abstracto" {
                let abstracts: [Style] = [.flowField, .geometric, .marble, .waves]
                weights[abstracts[Int(Tokens.hash(prompt) % 4)], default: 0] += 2
            }
            if ["no", "without", "ohne", "kein", "keine", "sans", "sin"].contains(word) {
                negated = true
            } else if let meanings = Lexicon.meanings(of: word) {
                if negated { meanings.forEach { forbid($0) } } else { meanings.forEach { add($0) } }
                negated = false
            }
        }
        colours = Array(colours.prefix(4))
    }

    mutating func forbid(_ negative: String) {
        for word in Tokens.words(of: negative) {
            Lexicon.meanings(of: word)?.forEach { forbid($0) }
        }
        elements.subtract(forbidden)
    }

    private mutating func add(_ meaning: Meaning) {
        switch meaning {
        case .style(let style, let weight): weights[style, default: 0] += weight
        case .time(let palette): time = time ?? palette
        case .season(let palette): season = season ?? palette
        case .mood(let palette): mood = mood ?? palette
        case .has(let element): elements.formUnion(element)
        case .colour(let hex): colours.append(hex)
        }
    }

    private mutating func forbid(_ meaning: Meaning) {
        switch meaning {
        case .style(let style, let weight):
            if weight >= 2 { forbiddenStyles.insert(style) }
        case .time(let palette):
            forbiddenPalettes.insert(palette)
            if time == palette { time = nil }
        case .season(let palette):
            forbiddenPalettes.insert(palette)
            if season == palette { season = nil }
        case .mood(let palette):
            forbiddenPalettes.insert(palette)
            if mood == palette { mood = nil }
        case .has(let element): forbidden.formUnion(element)
        case .colour(let hex): colours.removeAll { $0 == hex }
        }
    }
}

extension Style {
    /// What it is painted in when the words name neither hour nor colour.
    fileprivate var palettes: [Palette] {
        switch self {
        case .landscape: [.day, .spring, .autumn, .sunset, .dawn]
        case .seascape: [.ocean, .sunset, .day, .dawn, .dusk]
        case .forest: [.forest, .dawn, .autumn, .dusk]
        case .mountains: [.dawn, .day, .sunset, .dusk, .winter]
        case .skyline: [.dusk, .night, .sunset, .neon, .dawn]
        case .desert: [.desert, .sunset, .dawn, .dusk]
        case .meadow: [.spring, .day, .sunset, .dawn]
        case .rain: [.night, .neon, .dusk, .storm]
        case .nebula: [.night, .neon, .dusk, .ember, .ocean]
        case .flowField: [.sunset, .ocean, .candy, .night, .autumn, .neon, .pastel]
        case .stainedGlass: [.candy, .sunset, .ocean, .autumn, .day]
        case .waves: [.ocean, .sunset, .dusk, .candy, .pastel]
        case .geometric: [.day, .candy, .autumn, .ocean, .desert]
        case .botanical: [.forest, .spring, .autumn, .pastel, .day]
        case .marble: [.ocean, .sunset, .candy, .forest, .ember, .monochrome]
        }
    }

    /// What it is always made of, whatever the light.
    fileprivate var ground: Palette? {
        switch self {
        case .landscape, .meadow: .day
        case .forest: .forest
        case .desert: .desert
        default: nil
        }
    }
}
