/// The paper: linear light in floating point, drawn on until it is finished.
///
/// Once the observer of the progress has said stop, every drawing call returns at once, so scenes need not ask.
final class Sheet {
    let width: Int
    let height: Int
    let pixels: UnsafeMutableBufferPointer<RGB>
    private(set) var isStopped = false
    /// Scratch space of `fill`, one number a pixel of the polygon's box.
    var coverage: [Float] = []
    private let progress: (Double) -> Bool
    private var painted = 0
    private var unreported = 0

    init(width: Int, height: Int, progress: @escaping (Double) -> Bool) {
        self.width = width
        self.height = height
        self.progress = progress
        pixels = .allocate(capacity: width * height)
        pixels.initialize(repeating: .zero)
        isStopped = !progress(0)
    }

    deinit { pixels.deallocate() }

    /// Counts painted pixels, and reports every quarter of a sheet.
    ///
    /// No scene knows its work beforehand, so the figure nears 0.9 as sheets full of paint add up.
    @inline(__always)
    func count(_ pixels: Int) {
        unreported += pixels
        if unreported > width * height / 4 { report() }
    }

    @inline(never)
    private func report() {
        guard !isStopped else { return }
        painted += unreported
        unreported = 0
        let sheets = Double(painted) / Double(width * height)
        isStopped = !progress(0.9 * sheets / (sheets + 1.5))
    }

    /// The last word: `false` when stopped, also by this call.
    func conclude() -> Bool {
        if !isStopped { isStopped = !progress(1) }
        return !isStopped
    }

    // MARK: Whole rows

    /// Replaces every pixel of some rows; the closure gets the middle of the pixel and what was there.
    @inline(__always)
    func shade(rows: Range<Int>? = nil, _ colour: (_ x: Float, _ y: Float, _ under: RGB) -> RGB) {
        let rows = (rows ?? 0..<height).clamped(to: 0..<height)
        for row in rows {
            if isStopped { return }
            let y = Float(row) + 0.5
            let line = pixels.baseAddress.unsafelyUnwrapped + row * width
            for column in 0..<width { line[column] = colour(Float(column) + 0.5, y, line[column]) }
            count(width)
        }
    }

    /// Replaces the pixels of a box, cut to the sheet.
    @inline(__always)
    func shade(from low: Point, to high: Point, _ colour: (_ x: Float, _ y: Float, _ under: RGB) -> RGB) {
        guard let (columns, rows) = box(low, high) else { return }
        for row in rows {
            let line = pixels.baseAddress.unsafelyUnwrapped + row * width
            for column in columns { line[column] = colour(Float(column) + 0.5, Float(row) + 0.5, line[column]) }
        }
        count(columns.count * rows.count)
    }

    /// The pixels a box touches; `nil` when there are none, or drawing has stopped.
    @inline(__always)
    func box(_ low: Point, _ high: Point) -> (columns: Range<Int>, rows: Range<Int>)? {
        guard !isStopped, low.x < Float(width), low.y < Float(height), high.x > 0, high.y > 0 else { return nil }
        let left = Int(max(0, low.x)), top = Int(max(0, low.y))
        let right = Int(min(Float(width), high.x + 1)), bottom = Int(min(Float(height), high.y + 1))
        guard left < right, top < bottom else { return nil }
        return (left..<right, top..<bottom)
    }

    /// What lies at a place, nearest pixel, clamped to the sheet.
    @inline(__always)
    func colour(at x: Float, _ y: Float) -> RGB {
        let column = Int(clamp(x, 0, Float(width - 1)))
        let row = Int(clamp(y, 0, Float(height - 1)))
        return pixels[row * width + column]
    }
}
