/// The parts colours play in a picture.
struct Tones {
    /// From the zenith down to the horizon.
    var sky: [Oklab]
    /// Sun or moon, and what they shine on.
    var light: Oklab
    /// What distance fades to.
    var haze: Oklab
    /// From the dark foreground to where the light falls.
    var ground: [Oklab]
    var accents: [Oklab]
    /// Background and drawing colour of the styles that show no place.
    var paper: Oklab
    var ink: Oklab
    /// The sky is dark: stars can be seen, windows are lit.
    var isDark: Bool

    init(_ palette: Palette) {
        let roles = palette.roles
        sky = roles.sky.map { Oklab($0) }
        light = Oklab(roles.light)
        haze = Oklab(roles.haze)
        ground = roles.ground.map { Oklab($0) }
        accents = roles.accents.map { Oklab($0) }
        paper = Oklab(roles.paper)
        ink = Oklab(roles.ink)
        isDark = palette.isDark
    }

    /// The sky of one palette over the ground of another, lit by that sky.
    init(sky above: Palette, ground below: Palette) {
        self.init(above)
        guard above != below else { return }
        let native = Tones(below)
        let lit = self
        ground = native.ground.enumerated().map { index, colour in
            let own = ground[min(index, ground.count - 1)]
            if isDark { return colour.scaled(light: 0.42, chroma: 0.6).mixed(own, 0.5) }
            return colour.mixed(own, 0.22).tinted(lit.light, 0.08)
        }
        if !native.isDark && !isDark { haze = haze.mixed(native.haze, 0.2) }
        accents = zip(native.accents, lit.accents).map { isDark ? $1.mixed($0, 0.4) : $0.mixed($1, 0.25) }
    }

    /// Draws everything towards the colours that were named.
    mutating func mix(in colours: [Oklab]) {
        guard let first = colours.first else { return }
        func named(_ index: Int) -> Oklab { colours[index % colours.count] }
        for index in sky.indices { sky[index] = sky[index].tinted(named(index), 0.55) }
        for index in ground.indices { ground[index] = ground[index].tinted(named(index), 0.4) }
        for index in accents.indices {
            let shade = named(index).lighter([0, 0.14, -0.12, 0.06, -0.2][index % 5])
            accents[index] = accents[index].mixed(shade, index == 4 && colours.count == 1 ? 0.5 : 0.85)
        }
        light = light.tinted(first, 0.25)
        haze = haze.tinted(first, 0.4)
        paper = paper.tinted(first, isDark ? 0.35 : 0.12)
        ink = ink.tinted(named(1), 0.35)
    }

    /// Turns every hue a little, so that two pictures from one palette are not twins.
    mutating func turn(_ angle: Float) {
        sky = sky.map { $0.turned(angle) }
        ground = ground.map { $0.turned(angle * 0.7) }
        accents = accents.map { $0.turned(angle * 1.5) }
        haze = haze.turned(angle)
    }

    var skyRamp: Ramp { Ramp(sky) }

    /// Ground at 0 (in the dark) to 1 (in the light).
    func ground(_ place: Float) -> Oklab {
        let scaled = clamp(place) * Float(ground.count - 1)
        let index = min(Int(scaled), ground.count - 2)
        return ground[index].mixed(ground[index + 1], scaled - Float(index))
    }
}
