import Glibc

extension Scene {
    /// Dunes with sharp crests and long shadows.
    mutating func desert() {
        let horizon = height * random.between(0.4, 0.52)
        let lamp = sky(horizon: horizon, low: true)
        ranges(horizon: horizon, lamp)
        dunes(horizon: horizon, lamp)
        var chance = random.fork(91)
        if shows(.birds, orByChance: 0.3) {
            let place = Point(width * chance.between(0.2, 0.8), horizon * chance.between(0.4, 0.7))
            birds(around: place, count: chance.whole(2...5), size: unit * 0.015, tones.ground[0].linear)
        }
        if reading.has(.balloons) { balloons(horizon: horizon) }
        weather(horizon: horizon)
    }

    private mutating func dunes(horizon: Float, _ lamp: Lamp) {
        let shapes = noise.layer(92)
        let breadth = 0.75 * min(1, 1.2 * width / height)
        var terrain = Terrain(for: sheet)
        terrain.breadth = breadth
        terrain.near = 0.1
        terrain.eye = 0.17
        terrain.relief = 0.19
        terrain.aim(at: horizon + unit * 0.03, width: width)
        let side: Float = lamp.place.x > width / 2 ? 1 : -1
        terrain.light = [side * 0.9, -0.12, 0.34]
        let shift = random.between(0, 60)
        let turn = random.between(-0.5, 0.5)
        terrain.raise { x, z in
            let bend = shapes.fractal(x * 2 + shift, z * 2, octaves: 2) * 0.8
            // Wind piles sand up slowly and lets it fall steeply behind the crest.
            let phase = (x * side * 2.3 + z * (2.6 + turn) + bend) * 1.15 + shift
            let t = phase - phase.rounded(.down)
            let sharp = t < 0.68 ? t / 0.68 : (1 - t) / 0.32
            // The very crest is rounded, or the samples of the map would show as teeth.
            let crest = sharp - 0.12 * smoothstep(0.8, 1, sharp) * sharp
            let size = 0.5 + 0.5 * shapes.at(x * 2.5 + 8, z * 2.5 + shift)
            let small = shapes.fractal(x * 6, z * 6 + shift, octaves: 2) * 0.06
            return powf(crest, 1.2) * (0.35 + 0.65 * size) * 0.8 + small + 0.12
        }
        let lit = tones.ground(0.92).tinted(tones.light, 0.2).linear * 1.05
        let shade = tones.ground(0.22).mixed(tones.sky[0], 0.2).linear
        let haze = tones.haze.mixed(tones.sky[tones.sky.count - 1], 0.3).linear
        let sand = noise.layer(93)
        terrain.draw(on: sheet, slices: 520) { ground in
            let near = smoothstep(0.5, 0.05, ground.distance)
            let warp = sand.at(ground.x * 14, ground.z * 14) * 2.2
            let ripple = sinf(ground.z * 420 + ground.x * 130 + warp * 4) * near * 0.09
            let grain = sand.fractal(ground.x * 90, ground.z * 90, octaves: 2) * 0.05
            let light = clamp(smoothstep(0.0, 0.62, ground.light) + (ripple + grain) * (0.4 + ground.light))
            let air = 1 - expf(-1.7 * ground.distance * ground.distance)
            return mix(mix(shade, lit, light), haze, air * 0.72)
        }
    }
}
