import Glibc

/// Filled outlines with exact area coverage.
///
/// Every edge adds the signed area it covers to the pixels it crosses; a running sum along the row is then the coverage
/// (the method of Levien's font-rs).
extension Sheet {
    func fill(_ outline: [Point], _ colour: RGB, alpha: Float = 1) {
        fill(outline) { _, _, under, cover in mix(under, colour, cover * alpha) }
    }

    /// The closure gets the middle of the pixel, what was there, and how much of the pixel is covered.
    @inline(__always)
    func fill(_ outline: [Point], _ paint: (_ x: Float, _ y: Float, _ under: RGB, _ cover: Float) -> RGB) {
        guard outline.count > 2 else { return }
        var low = outline[0], high = outline[0]
        for point in outline {
            low = Point(min(low.x, point.x), min(low.y, point.y))
            high = Point(max(high.x, point.x), max(high.y, point.y))
        }
        guard let (columns, rows) = box(low, high) else { return }
        // Two more columns take what is carried past the right edge.
        let stride = columns.count + 2
        accumulate(outline, left: columns.lowerBound, top: rows.lowerBound, stride: stride, rows: rows.count)
        coverage.withUnsafeBufferPointer { coverage in
            for row in rows {
                let line = pixels.baseAddress.unsafelyUnwrapped + row * width
                let start = (row - rows.lowerBound) * stride
                var sum: Float = 0
                for column in columns {
                    sum += coverage[start + column - columns.lowerBound]
                    let cover = min(abs(sum), 1)
                    if cover > 0.002 {
                        line[column] = paint(Float(column) + 0.5, Float(row) + 0.5, line[column], cover)
                    }
                }
            }
        }
        count(columns.count * rows.count)
    }

    private func accumulate(_ outline: [Point], left: Int, top: Int, stride: Int, rows: Int) {
        let needed = stride * rows
        if coverage.count < needed { coverage = [Float](repeating: 0, count: needed) }
        let origin = Point(Float(left), Float(top))
        coverage.withUnsafeMutableBufferPointer { area in
            for index in 0..<needed { area[index] = 0 }
            for index in outline.indices {
                let next = index + 1 == outline.count ? 0 : index + 1
                Self.add(edge: outline[index] - origin, outline[next] - origin, to: area, stride, rows)
            }
        }
    }

    private static func add(
        edge from: Point,
        _ to: Point,
        to area: UnsafeMutableBufferPointer<Float>,
        _ stride: Int,
        _ rows: Int
    ) {
        guard from.y != to.y else { return }
        let sign: Float = from.y < to.y ? 1 : -1
        let (start, end) = from.y < to.y ? (from, to) : (to, from)
        guard end.y > 0, start.y < Float(rows) else { return }
        let slope = (end.x - start.x) / (end.y - start.y)
        var x = start.y < 0 ? start.x - start.y * slope : start.x
        let right = Float(stride - 2)
        for row in Int(max(0, start.y))..<min(rows, Int(end.y.rounded(.up))) {
            let height = min(Float(row + 1), end.y) - max(Float(row), start.y)
            let nextX = x + slope * height
            let (low, high) = (clamp(min(x, nextX), 0, right), clamp(max(x, nextX), 0, right))
            addSpan(low, high, height * sign, to: area, row * stride)
            x = nextX
        }
    }

    /// One edge within one row, from column `low` to `high`, covering `area` of what lies right of it.
    @inline(__always)
    private static func addSpan(
        _ low: Float,
        _ high: Float,
        _ amount: Float,
        to area: UnsafeMutableBufferPointer<Float>,
        _ row: Int
    ) {
        let first = Int(low)
        let last = Int(high)
        if first == last {
            let part = amount * ((low + high) / 2 - Float(first))
            area[row + first] += amount - part
            area[row + first + 1] += part
            return
        }
        // Across several columns: the covered share grows quadratically, linearly, and quadratically again.
        let rate = amount / (high - low)
        var done: Float = 0
        for column in first...last {
            let begin = max(low, Float(column)), end = min(high, Float(column + 1))
            let crossed = rate * (end - begin)
            let inside = crossed * (Float(column + 1) - (begin + end) / 2)
            area[row + column] += inside + done
            done = crossed - inside
        }
        area[row + last + 1] += done
    }
}
