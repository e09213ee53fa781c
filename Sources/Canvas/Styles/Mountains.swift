import Glibc

extension Scene {
    /// Peaks in the distance, and a lake before them where the words or chance want one.
    mutating func mountains() {
        let lake = shows(.water, orByChance: 0.3)
        let horizon = height * random.between(0.5, 0.58)
        let lamp = sky(horizon: horizon)
        ranges(horizon: horizon, lamp)
        let shore = lake ? min(height * 0.86, horizon + unit * random.between(0.1, 0.16)) : height
        peaks(horizon: horizon, lamp)
        if lake { water(from: shore, lamp) }
        var chance = random.fork(61)
        if shows(.birds, orByChance: 0.4) {
            let place = Point(width * chance.between(0.2, 0.8), horizon * chance.between(0.35, 0.6))
            birds(around: place, count: chance.whole(3...7), size: unit * 0.014, tones.ground[0].linear)
        }
        if reading.has(.balloons) { balloons(horizon: horizon) }
        firs(shore: shore, lake: lake)
        weather(horizon: horizon + unit * 0.05)
    }

    /// Pale ridges behind the mountains, for depth.
    func ranges(horizon: Float, _ lamp: Lamp) {
        let noise = noise.layer(62)
        for layer in 0..<2 {
            let base = horizon - unit * (0.1 - 0.045 * Float(layer))
            let colour = tones.haze.mixed(tones.ground(0.3), 0.14 + 0.16 * Float(layer)).linear
            let pale = tones.haze.mixed(tones.sky[tones.sky.count - 1], 0.5).linear
            let scale = 2.2 / unit
            ridge(from: base - unit * 0.2, to: horizon + unit * 0.06) { x in
                base - noise.layer(UInt32(layer)).ridged(x * scale, 3.5, octaves: 5) * unit * 0.13
            } colour: { y in
                mix(colour, pale, smoothstep(base - unit * 0.08, horizon + unit * 0.03, y))
            }
        }
    }

    /// Everything below a line, whose height is asked for once a column.
    @inline(__always)
    func ridge(from top: Float, to bottom: Float, line: (Float) -> Float, colour: (Float) -> RGB) {
        let columns = (0..<sheet.width).map { line(Float($0) + 0.5) }
        columns.withUnsafeBufferPointer { columns in
            sheet.shade(from: Point(0, top), to: Point(width, bottom)) { x, y, under in
                let cover = clamp(y - columns[Int(x)] + 0.5)
                return cover > 0 ? mix(under, colour(y), cover) : under
            }
        }
    }

    private mutating func peaks(horizon: Float, _ lamp: Lamp) {
        let shapes = noise.layer(63)
        let breadth = 0.95 * min(1, 1.15 * width / height)
        var terrain = Terrain(for: sheet)
        terrain.breadth = breadth
        terrain.eye = 0.15
        terrain.near = 0.2
        terrain.relief = random.between(0.36, 0.5)
        terrain.aim(at: horizon + unit * 0.03, width: width)
        terrain.light = [lamp.place.x > width / 2 ? 0.9 : -0.9, -0.22, 0.42]
        let shift = random.between(0, 40)
        let bowl = random.between(0.3, 0.7)
        terrain.raise { x, z in
            let rough = shapes.ridged(x * 3.1 + shift, z * 3.1, octaves: 7)
            let broad = 0.5 + 0.5 * shapes.fractal(x * 1.7 + shift, z * 1.7 + 5, octaves: 2)
            // A valley before the eye, peaks behind it.
            let valley = smoothstep(0.12, 0.72, z + abs(x - bowl) * 0.55)
            return (rough * 0.72 + broad * 0.32) * mix(0.07, 1, valley)
        }
        let season = reading.groundPalette
        let snowline: Float = season == .winter || reading.has(.snow) ? 0.24 : reading.palette == .ember ? 9 : 0.5
        let paint = mountainPaint(lamp)
        let detail = noise.layer(64)
        terrain.draw(on: sheet, slices: 460) { ground in
            let grain = detail.fractal(ground.x * 42, ground.z * 42, octaves: 2)
            let light = smoothstep(0.02, 0.85, ground.light * (0.95 + 0.3 * grain))
            let rock = mix(paint.shade, paint.lit, light)
            let meadow = mix(paint.meadowShade, paint.meadow, light)
            let green = smoothstep(0.42, 0.22, ground.height + grain * 0.06) * smoothstep(0.95, 0.5, ground.slope)
            let cold = smoothstep(snowline - 0.09, snowline + 0.09, ground.height + grain * 0.07)
            let white = cold * smoothstep(1.5, 0.55, ground.slope + grain * 0.25)
            var colour = mix(rock, meadow, green)
            colour = mix(colour, mix(paint.snowShade, paint.snow, light), white)
            let haze = 1 - expf(-1.6 * ground.distance * ground.distance * (1.4 - ground.height * 0.7))
            return mix(colour, paint.haze, haze * mix(0.82, 0.62, white))
        }
    }

    private struct MountainPaint {
        let shade, lit, meadowShade, meadow, snowShade, snow, haze: RGB
    }

    private func mountainPaint(_ lamp: Lamp) -> MountainPaint {
        let dark = tones.isDark
        let stone = tones.ground(0.5).scaled(chroma: 0.5)
        let sky = tones.sky[min(1, tones.sky.count - 1)]
        let white = dark ? Oklab(0x7D93B8) : Oklab(0xF7F6F4)
        return MountainPaint(
            shade: tones.ground(dark ? 0.3 : 0.1).mixed(sky, 0.22).linear,
            lit: stone.tinted(tones.light, 0.4).lighter(dark ? 0.1 : 0.14).linear,
            meadowShade: tones.ground(dark ? 0.25 : 0.08).mixed(sky, 0.08).linear,
            meadow: tones.ground(dark ? 0.8 : 0.55).linear,
            snowShade: white.scaled(light: dark ? 0.45 : 0.6).mixed(sky, 0.45).linear,
            snow: white.tinted(tones.light, 0.35).linear * (dark ? 0.8 : 1.05),
            haze: tones.haze.linear
        )
    }

    /// A dark edge of firs in front, where the picture needs a foreground.
    private func firs(shore: Float, lake: Bool) {
        guard reading.allows(.trees) else { return }
        var chance = random.fork(66)
        let snow = reading.groundPalette == .winter || reading.has(.snow)
        let white = (tones.isDark ? Oklab(0x5B7196) : Oklab(0xE9EFF6)).linear
        for side in [0, 1] where lake || chance.chance(0.8) {
            let reach = width * chance.between(0.14, 0.36)
            let count = chance.whole(6...13)
            for index in 0..<count {
                let t = Float(index) / Float(count)
                let x = side == 0 ? mix(reach, -0.03 * width, t) : mix(width - reach, width * 1.03, t)
                let tall = unit * mix(0.12, 0.44, t * t) * chance.between(0.75, 1.2)
                let foot = Point(x + chance.bell() * unit * 0.02, height * (1.0 + 0.03 * t) + unit * 0.02)
                if reading.groundPalette == .autumn, chance.chance(0.7) {
                    let leaf = chance.pick(Array(tones.accents.prefix(3))).mixed(tones.ground(0.2), 0.35)
                    broadleaf(
                        at: foot,
                        height: tall * 0.8,
                        crown: leaf,
                        bark: tones.ground(0).linear,
                        towards: side == 0 ? 1 : -1,
                        chance: &chance
                    )
                    continue
                }
                let shade = tones.ground(0).mixed(tones.ground(0.35), mix(0.35, 0.05, t)).linear
                fir(
                    at: foot,
                    height: tall,
                    shade,
                    lit: tones.ground(0.4).linear,
                    snow: snow ? white : nil,
                    chance: &chance
                )
            }
        }
    }

    func balloons(horizon: Float) {
        var chance = random.fork(67)
        for _ in 0..<chance.whole(3...6) {
            let size = unit * chance.between(0.05, 0.17)
            let place = Point(width * chance.between(0.08, 0.92), horizon * chance.between(0.15, 0.8))
            let first = chance.pick(tones.accents).linear, second = chance.pick(tones.accents).lighter(0.12).linear
            balloon(at: place, size: size, [first, second, tones.light.linear * 0.9])
        }
    }
}
