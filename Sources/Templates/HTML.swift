import Glibc

/// The bytes of a page while it is written: one growing buffer, appended to by compiled templates.
///
/// It has a single owner and no limit of its own: what it holds is bounded by the lists the templates walk.
public struct HTML: ~Copyable {
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var defaultWanted = false

    /// Bytes written so far.
    public private(set) var count = 0

    /// Reserves `capacity` bytes at once; more are found as they are needed, by doubling.
    public init(capacity: Int = 4096) {
        self.capacity = max(capacity, 64)
        start = .allocate(capacity: self.capacity)
    }

    deinit { start.deallocate() }

    /// A copy of what was written.
    public func bytes() -> [UInt8] {
        Array(UnsafeBufferPointer(start: start, count: count))
    }

    /// Lends what was written without a copy, to hash or to send it.
    public func withUnsafeBytes<Answer, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// Markup as the author of a template wrote it, which only a literal can be.
    @inlinable public mutating func literal(_ markup: StaticString) {
        append(markup.utf8Start, count: markup.utf8CodeUnitCount)
    }

    /// What a page passes for a block it leaves to the layout's default content.
    public static func leaveToDefault(_ html: inout HTML) {
        html.defaultWanted = true
    }

    /// Whether the block just written was left to its default content; asking resets the answer.
    public mutating func takeDefaultWanted() -> Bool {
        defer { defaultWanted = false }
        return defaultWanted
    }

    @usableFromInline mutating func append(_ bytes: UnsafePointer<UInt8>, count added: Int) {
        room(for: added).update(from: bytes, count: added)
        count += added
    }

    /// Lends at least `size` writable bytes after the last one; `body` returns where it stopped.
    mutating func write(
        atMost size: Int,
        _ body: (UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8>
    ) {
        let end = body(room(for: size))
        count = end - start
    }

    private mutating func room(for size: Int) -> UnsafeMutablePointer<UInt8> {
        if capacity - count < size { grow(for: size) }
        return start + count
    }

    private mutating func grow(for size: Int) {
        let larger = max(capacity * 2, count + size)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.update(from: start, count: count)
        start.deallocate()
        start = moved
        capacity = larger
    }
}
