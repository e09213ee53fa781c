import Glibc

/// A reading of the monotonic clock.
public struct MonotonicTime: Comparable, Hashable, Sendable {
    public let nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static var current: MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    public static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }

    public func advanced(by duration: Duration) -> MonotonicTime {
        MonotonicTime(nanoseconds: nanoseconds.addingReportingOverflow(duration.wholeNanoseconds).partialValue)
    }

    public static func - (left: MonotonicTime, right: MonotonicTime) -> Duration {
        .nanoseconds(left.nanoseconds - right.nanoseconds)
    }
}

extension Duration {
    /// Clamped to what fits: about 292 years either way, halved so that a sum with a clock cannot overflow.
    public var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        guard abs(seconds) < 4_000_000_000 else {
            return seconds < 0 ? -4_000_000_000_000_000_000 : 4_000_000_000_000_000_000
        }
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

/// A call that a loop will make. Confined to its loop.
public final class LoopTimer {
    var deadline: MonotonicTime
    /// Its place in the heap, -1 outside.
    fileprivate(set) var position = -1
    private var body: (() -> Void)?
    private unowned let loop: EventLoop

    init(loop: EventLoop, deadline: MonotonicTime, body: @escaping () -> Void) {
        self.loop = loop
        self.deadline = deadline
        self.body = body
    }

    /// The call will not be made. After it was made, harmless.
    public func cancel() {
        guard position >= 0 else { return }
        loop.remove(self)
        body = nil
    }

    /// Moves a call not yet made; after it was made or cancelled, does nothing.
    public func reschedule(after delay: Duration) {
        guard position >= 0 else { return }
        loop.move(self, to: MonotonicTime.current.advanced(by: delay))
    }

    func fire() {
        let body = self.body
        self.body = nil
        body?()
    }
}

/// A binary min-heap by deadline that can remove from the middle.
///
/// It never calls a timer itself: a mutating method that calls back into its owner is an exclusivity violation.
struct TimerHeap {
    private var timers: [LoopTimer] = []

    var earliest: MonotonicTime? { timers.first?.deadline }

    mutating func insert(_ timer: LoopTimer) {
        timer.position = timers.count
        timers.append(timer)
        siftUp(timer.position)
    }

    mutating func remove(_ timer: LoopTimer) {
        let position = timer.position
        guard position >= 0 else { return }
        let last = timers.removeLast()
        timer.position = -1
        guard last !== timer else { return }
        timers[position] = last
        last.position = position
        siftDown(position)
        siftUp(position)
    }

    mutating func popDue(at now: MonotonicTime) -> LoopTimer? {
        guard let first = timers.first, first.deadline <= now else { return nil }
        remove(first)
        return first
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard timers[child].deadline < timers[parent].deadline else { return }
            exchange(child, parent)
            child = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < timers.count && timers[child].deadline < timers[smallest].deadline {
                smallest = child
            }
            guard smallest != parent else { return }
            exchange(parent, smallest)
            parent = smallest
        }
    }

    private mutating func exchange(_ left: Int, _ right: Int) {
        timers.swapAt(left, right)
        timers[left].position = left
        timers[right].position = right
    }
}
