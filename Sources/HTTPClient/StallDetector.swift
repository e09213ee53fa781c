import EventLoop

/// Notices that a counter has not moved for a while. Confined to its loop.
final class StallDetector {
    private let loop: EventLoop
    private let limit: Duration
    private let progress: () -> Int
    private let stalled: () -> Void
    private var lastProgress: Int
    private var lastMoved: MonotonicTime
    private var timer: LoopTimer?

    /// Calls `stalled` at most once, at the latest a quarter of `limit` late.
    init(on loop: EventLoop, limit: Duration, progress: @escaping () -> Int, stalled: @escaping () -> Void) {
        self.loop = loop
        self.limit = limit
        self.progress = progress
        self.stalled = stalled
        lastProgress = progress()
        lastMoved = .current
        look()
    }

    func cancel() {
        timer?.cancel()
        timer = nil
    }

    private func look() {
        timer = loop.schedule(after: limit / 4) { [unowned self] in
            let progress = self.progress()
            if progress != lastProgress {
                lastProgress = progress
                lastMoved = .current
            }
            if MonotonicTime.current - lastMoved >= limit { stalled() } else { look() }
        }
    }
}
