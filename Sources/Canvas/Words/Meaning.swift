/// What a word says about a picture.
enum Meaning {
    /// The subject; the heavier wins.
    case style(Style, weight: Int)
    case time(Palette)
    case season(Palette)
    /// A way of colouring that outranks time and season.
    case mood(Palette)
    case has(Elements)
    case colour(UInt32)
}

/// Things that can stand in a picture.
struct Elements: OptionSet, Hashable, Sendable {
    let rawValue: UInt32

    static let sun = Elements(rawValue: 1 << 0)
    static let moon = Elements(rawValue: 1 << 1)
    static let stars = Elements(rawValue: 1 << 2)
    static let clouds = Elements(rawValue: 1 << 3)
    static let rain = Elements(rawValue: 1 << 4)
    static let snow = Elements(rawValue: 1 << 5)
    static let fog = Elements(rawValue: 1 << 6)
    static let birds = Elements(rawValue: 1 << 7)
    static let boats = Elements(rawValue: 1 << 8)
    static let houses = Elements(rawValue: 1 << 9)
    static let trees = Elements(rawValue: 1 << 10)
    static let mountains = Elements(rawValue: 1 << 11)
    static let flowers = Elements(rawValue: 1 << 12)
    static let water = Elements(rawValue: 1 << 13)
    static let aurora = Elements(rawValue: 1 << 14)
    static let galaxy = Elements(rawValue: 1 << 15)
    static let planet = Elements(rawValue: 1 << 16)
    static let window = Elements(rawValue: 1 << 17)
    static let lightning = Elements(rawValue: 1 << 18)
    static let rainbow = Elements(rawValue: 1 << 19)
    static let fireflies = Elements(rawValue: 1 << 20)
    static let beach = Elements(rawValue: 1 << 21)
    static let lighthouse = Elements(rawValue: 1 << 22)
    static let balloons = Elements(rawValue: 1 << 23)
}
