import CLinux
import Glibc
import Synchronization

/// A thread that runs epoll, timers and Swift tasks, so that a request's task, its queries and its outgoing calls
/// all run on one thread without a hop.
///
/// State that belongs to a loop is a plain class used only on that loop's thread; `preconditionIsCurrent()` checks
/// it. From other threads only `execute`, `start`, `stop` and `spawn` may be called.
public final class EventLoop: TaskExecutor, @unchecked Sendable {
    // @unchecked: everything but `inbox` and `isStopping` is touched on the loop's own thread only.

    /// When in a tick a hook runs. Replies go out before queries, because a hook may resume a task that queries.
    public enum TickPhase: Int, Sendable, CaseIterable {
        case replies
        case queries
    }

    public let index: Int
    public let name: String

    let epoll: Int32
    private let wakeUp: Int32
    private let inbox = Mutex(Inbox())
    private let isStopping = Atomic(false)
    private var ready = JobRing()
    private var timers = TimerHeap()
    private var watches: [Watch?] = []
    private var nextGeneration: UInt32 = 1
    private var hooks: [[() -> Void]] = Array(repeating: [], count: TickPhase.allCases.count)
    private var thread = pthread_t()
    private var cachedNow = MonotonicTime.current

    private struct Inbox {
        var jobs: [UnownedJob] = []
        var closures: [@Sendable () -> Void] = []
        var isSignalled = false
    }

    /// Fails only when the process has no descriptors left.
    public init(index: Int = 0, name: String = "loop") throws(SystemError) {
        self.index = index
        self.name = name
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw SystemError("epoll_create1") }
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard wakeUp >= 0 else { throw SystemError("eventfd") }
        // Data 0 is the wake-up: generations start at 1, so no watch has it.
        guard clinux_epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUp, EPOLLIN.rawValue, 0) == 0 else {
            throw SystemError("epoll_ctl")
        }
    }

    deinit {
        close(epoll)
        close(wakeUp)
    }

    /// The loop whose thread is running, `nil` on any other thread.
    public static var current: EventLoop? {
        guard let pointer = clinux_current_loop() else { return nil }
        return Unmanaged<EventLoop>.fromOpaque(pointer).takeUnretainedValue()
    }

    public var isCurrent: Bool { clinux_current_loop() == Unmanaged.passUnretained(self).toOpaque() }

    public func preconditionIsCurrent(_ function: StaticString = #function) {
        precondition(isCurrent, "\(function) was called away from its event loop")
    }

    // MARK: Running

    /// Starts the loop's thread, which holds the loop until `stop`.
    public func start() {
        let retained = Unmanaged.passRetained(self)
        let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { pointer in
            guard let pointer else { return nil }
            Unmanaged<EventLoop>.fromOpaque(pointer).takeRetainedValue().run()
            return nil
        }
        let failure = pthread_create(&thread, nil, body, retained.toOpaque())
        precondition(failure == 0, "no thread for an event loop: \(failure)")
    }

    /// Ends the loop after the tick in progress; what still waits on it never resumes. Any thread.
    public func stop() {
        isStopping.store(true, ordering: .releasing)
        signal()
    }

    /// Waits until the loop's thread has ended. Not from the loop itself.
    public func join() {
        precondition(!isCurrent, "a loop cannot wait for itself")
        pthread_join(thread, nil)
    }

    /// Runs the loop on the calling thread until `stop`.
    public func run() {
        clinux_set_current_loop(Unmanaged.passUnretained(self).toOpaque())
        defer { clinux_set_current_loop(nil) }
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while !isStopping.load(ordering: .acquiring) {
            let count = events.withUnsafeMutableBufferPointer { buffer in
                epoll_wait(epoll, buffer.baseAddress, Int32(buffer.count), timeoutMilliseconds())
            }
            cachedNow = .current
            if count < 0 {
                precondition(errno == EINTR, "epoll_wait: \(errno)")
                continue
            }
            for position in 0..<Int(count) { dispatch(events[position]) }
            runDueTimers()
            takeInbox()
            runReadyJobs()
            for phase in hooks { for hook in phase { hook() } }
        }
        // They may hold what holds the loop.
        timers = TimerHeap()
        watches = []
        hooks = []
    }

    private func timeoutMilliseconds() -> Int32 {
        if !ready.isEmpty { return 0 }
        guard let deadline = timers.earliest else { return -1 }
        let now = MonotonicTime.current
        guard deadline > now else { return 0 }
        // Rounded up: waking before the deadline would spin.
        return Int32(clamping: (deadline.nanoseconds - now.nanoseconds + 999_999) / 1_000_000)
    }

    private func dispatch(_ event: epoll_event) {
        var event = event
        let data = clinux_epoll_data(&event)
        if data == 0 {
            var counter: UInt64 = 0
            _ = read(wakeUp, &counter, 8)
            return
        }
        let descriptor = Int(data & 0xFFFF_FFFF)
        // A watch that was cancelled earlier in this tick has another generation, or is gone.
        guard descriptor < watches.count, let watch = watches[descriptor], watch.generation == UInt32(data >> 32) else {
            return
        }
        watch.handler(IOEvents(rawValue: event.events))
    }

    private func runDueTimers() {
        while let timer = timers.popDue(at: cachedNow) { timer.fire() }
    }

    private func takeInbox() {
        let (jobs, closures) = inbox.withLock { inbox in
            defer {
                inbox.jobs.removeAll(keepingCapacity: inbox.jobs.count < 1024)
                inbox.closures.removeAll(keepingCapacity: inbox.closures.count < 1024)
                inbox.isSignalled = false
            }
            return (inbox.jobs, inbox.closures)
        }
        for job in jobs { ready.append(job) }
        for closure in closures { closure() }
    }

    /// Runs at most as many jobs as a tick may take, so that tasks waking each other cannot starve the sockets.
    private func runReadyJobs() {
        var budget = 4096
        while budget > 0, let job = ready.popFirst() {
            job.runSynchronously(on: asUnownedTaskExecutor())
            budget -= 1
        }
    }

    // MARK: Work from tasks and threads

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            ready.append(job)
        } else {
            post { $0.jobs.append(job) }
        }
    }

    /// Runs `body` on the loop in a later tick. Any thread.
    public func execute(_ body: @escaping @Sendable () -> Void) {
        post { $0.closures.append(body) }
    }

    /// Starts a task on this loop: on the loop itself it runs at once up to its first suspension.
    @discardableResult
    public func spawn(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        if isCurrent { return Task.immediate(executorPreference: self) { await body() } }
        return Task(executorPreference: self) { await body() }
    }

    private func post(_ add: (inout Inbox) -> Void) {
        let mustSignal = inbox.withLock { inbox in
            add(&inbox)
            defer { inbox.isSignalled = true }
            return !inbox.isSignalled
        }
        if mustSignal { signal() }
    }

    private func signal() {
        var one: UInt64 = 1
        _ = write(wakeUp, &one, 8)
    }

    // MARK: Time

    /// The time at the start of this tick; cheap, and good enough for deadlines. Loop only.
    public var now: MonotonicTime { cachedNow }

    /// Calls `body` on the loop once `delay` has passed. Loop only.
    @discardableResult
    public func schedule(after delay: Duration, _ body: @escaping () -> Void) -> LoopTimer {
        preconditionIsCurrent()
        let timer = LoopTimer(loop: self, deadline: MonotonicTime.current.advanced(by: delay), body: body)
        timers.insert(timer)
        return timer
    }

    func remove(_ timer: LoopTimer) {
        timers.remove(timer)
    }

    func move(_ timer: LoopTimer, to deadline: MonotonicTime) {
        timers.remove(timer)
        timer.deadline = deadline
        timers.insert(timer)
    }

    /// Suspends the calling task, which must run on this loop. Throws `CancellationError` as soon as it is cancelled.
    public func sleep(for duration: Duration) async throws {
        let promise = Promise<Void>(on: self)
        let timer = schedule(after: duration) { promise.succeed(()) }
        defer { timer.cancel() }
        try await promise.value()
    }

    // MARK: Hooks and descriptors

    /// Calls `hook` at the end of every tick, in the order of phases. For the loop's whole life. Loop only.
    public func addTickHook(_ phase: TickPhase, _ hook: @escaping () -> Void) {
        preconditionIsCurrent()
        hooks[phase.rawValue].append(hook)
    }

    /// Calls `handler` on the loop whenever `descriptor` is ready (level-triggered), until the watch is cancelled.
    /// The descriptor stays the caller's: cancel the watch first, then close it. Loop only.
    public func watch(
        _ descriptor: Int32,
        for interest: IOEvents,
        _ handler: @escaping (IOEvents) -> Void
    ) throws(SystemError) -> Watch {
        preconditionIsCurrent()
        let generation = nextGeneration
        nextGeneration = nextGeneration == .max ? 1 : nextGeneration + 1
        let watch = Watch(
            loop: self,
            descriptor: descriptor,
            generation: generation,
            interest: interest,
            handler: handler
        )
        let added = clinux_epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, interest.rawValue, watch.epollData)
        guard added == 0 else { throw SystemError("epoll_ctl") }
        while watches.count <= Int(descriptor) { watches.append(nil) }
        watches[Int(descriptor)] = watch
        return watch
    }

    func forget(_ watch: Watch) {
        preconditionIsCurrent()
        _ = clinux_epoll_ctl(epoll, EPOLL_CTL_DEL, watch.descriptor, 0, 0)
        let position = Int(watch.descriptor)
        if position < watches.count, watches[position] === watch { watches[position] = nil }
    }
}

extension EventLoop {
    /// Runs `body` on this loop and waits for its outcome, from a task anywhere. Cancelling the caller cancels it.
    public func run<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = Task(executorPreference: self) { try await body() }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}
