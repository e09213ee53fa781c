import Glibc
import Synchronization

/// A few threads for work that blocks or computes for long: pictures, hashing, fsync, directory walks.
public final class BlockingPool: @unchecked Sendable {
    // @unchecked: all state is behind `mutex`.

    /// The queue was full; the work was not begun.
    public struct Full: Error, Sendable, CustomStringConvertible {
        public let description = "too much work is waiting"
    }

    private let capacity: Int
    private var mutex = pthread_mutex_t()
    private var wakeUp = pthread_cond_t()
    private var queue: [@Sendable () -> Void] = []
    private var head = 0
    private var isStopped = false
    private var threads: [pthread_t] = []

    /// `capacity` bounds the work that waits, beyond what the threads are doing.
    public init(threads count: Int, capacity: Int) {
        self.capacity = capacity
        pthread_mutex_init(&mutex, nil)
        pthread_cond_init(&wakeUp, nil)
        for _ in 0..<count {
            var thread = pthread_t()
            let retained = Unmanaged.passRetained(self)
            let failure = pthread_create(
                &thread,
                nil,
                { pointer in
                    guard let pointer else { return nil }
                    Unmanaged<BlockingPool>.fromOpaque(pointer).takeRetainedValue().work()
                    return nil
                },
                retained.toOpaque()
            )
            precondition(failure == 0, "no thread for blocking work: \(failure)")
            threads.append(thread)
        }
    }

    /// Runs `work` on one of the threads and resumes the caller where it was.
    ///
    /// Work that has begun is not interrupted by cancellation; work that still waits when its task is cancelled is
    /// skipped and throws `CancellationError`. Throws `Full` when too much waits already.
    public func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        let isCancelled = StopFlag()
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Value, any Error>) in
                let accepted = submit {
                    if isCancelled.isSet {
                        continuation.resume(throwing: CancellationError())
                    } else {
                        continuation.resume(with: Result { try work() })
                    }
                }
                if !accepted { continuation.resume(throwing: Full()) }
            }
        } onCancel: {
            isCancelled.set()
        }
    }

    /// Finishes what waits, then ends the threads. Not from one of them.
    public func stop() {
        pthread_mutex_lock(&mutex)
        isStopped = true
        pthread_cond_broadcast(&wakeUp)
        pthread_mutex_unlock(&mutex)
        for thread in threads { pthread_join(thread, nil) }
        threads = []
    }

    private func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
        pthread_mutex_lock(&mutex)
        defer { pthread_mutex_unlock(&mutex) }
        guard !isStopped, queue.count - head < capacity else { return false }
        queue.append(work)
        pthread_cond_signal(&wakeUp)
        return true
    }

    private func work() {
        while let next = take() { next() }
    }

    private func take() -> (@Sendable () -> Void)? {
        pthread_mutex_lock(&mutex)
        defer { pthread_mutex_unlock(&mutex) }
        while head == queue.count {
            if isStopped { return nil }
            pthread_cond_wait(&wakeUp, &mutex)
        }
        let next = queue[head]
        head += 1
        if head == queue.count {
            queue.removeAll(keepingCapacity: true)
            head = 0
        }
        return next
    }
}

/// Tells work on another thread to stop; what was written before `set` is seen after `isSet`.
public final class StopFlag: Sendable {
    private let value = Atomic(false)
    public init() {}
    public var isSet: Bool { value.load(ordering: .acquiring) }
    public func set() { value.store(true, ordering: .releasing) }
}
