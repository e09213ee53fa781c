import EventLoop
import Glibc
import Support
import Synchronization
import Testing

@Suite("Event loop")
struct EventLoopTests {
    @Test func `a task spawned on the loop runs at once up to its first suspension`() async throws {
        try await withLoop { loop in
            let began = Mutex(false)
            loop.spawn { began.withLock { $0 = true } }
            #expect(began.withLock { $0 })
        }
    }

    @Test func `everything a task awaits resumes on the loop`() async throws {
        try await withLoop { loop in
            #expect(loop.isCurrent)
            try await loop.sleep(for: .milliseconds(1))
            #expect(loop.isCurrent)
            await Task.yield()
            #expect(loop.isCurrent)
            let pool = BlockingPool(threads: 1, capacity: 1)
            let wasOnLoop = try await pool.run { loop.isCurrent }
            #expect(!wasOnLoop)
            #expect(loop.isCurrent)
            pool.stop()
        }
    }

    @Test func `timers fire in the order of their deadlines`() async throws {
        let order = try await withLoop { loop in
            let fired = Mutex<[Int]>([])
            let last = Promise<Void>(on: loop)
            for milliseconds in [9, 3, 7, 1, 5] {
                loop.schedule(after: .milliseconds(milliseconds)) {
                    fired.withLock { $0.append(milliseconds) }
                    if milliseconds == 9 { last.succeed(()) }
                }
            }
            let cancelled = loop.schedule(after: .milliseconds(4)) { fired.withLock { $0.append(4) } }
            let moved = loop.schedule(after: .milliseconds(2)) { fired.withLock { $0.append(8) } }
            cancelled.cancel()
            moved.reschedule(after: .milliseconds(8))
            try await last.value(within: .seconds(5))
            return fired.withLock { $0 }
        }
        #expect(order == [1, 3, 5, 7, 8, 9])
    }

    @Test func `a timer may schedule and cancel others while it fires`() async throws {
        try await withLoop { loop in
            let done = Promise<Void>(on: loop)
            let victim = loop.schedule(after: .milliseconds(2)) { done.fail(TimeoutError(limit: .zero)) }
            loop.schedule(after: .milliseconds(1)) {
                victim.cancel()
                loop.schedule(after: .milliseconds(2)) { done.succeed(()) }
            }
            try await done.value(within: .seconds(5))
        }
    }

    @Test func `sleeping ends at once when the task is cancelled`() async throws {
        try await withLoop { loop in
            let started = MonotonicTime.current
            let ended = Promise<Bool>(on: loop)
            let task = loop.spawn {
                do {
                    try await loop.sleep(for: .seconds(60))
                    ended.succeed(false)
                } catch {
                    ended.succeed(error is CancellationError)
                }
            }
            task.cancel()
            let wasCancelled = try await ended.value(within: .seconds(5))
            #expect(wasCancelled)
            #expect(MonotonicTime.current - started < .seconds(5))
        }
    }

    @Test func `a promise times out, and ignores what comes later`() async throws {
        try await withLoop { loop in
            let promise = Promise<Int>(on: loop)
            await #expect(throws: TimeoutError.self) { try await promise.value(within: .milliseconds(5)) }
            promise.succeed(1)
            await #expect(throws: TimeoutError.self) { try await promise.value() }
        }
    }

    @Test func `a stale event does not reach the next owner of a descriptor`() async throws {
        try await withLoop { loop in
            var pair: [Int32] = [0, 0]
            #expect(pipe(&pair) == 0)
            let (reader, writer) = (pair[0], pair[1])
            let reached = Promise<Void>(on: loop)
            let stale = try loop.watch(reader, for: .read) { _ in Issue.record("the cancelled watch was called") }
            var byte: UInt8 = 1
            _ = write(writer, &byte, 1)
            stale.cancel()
            let fresh = try loop.watch(reader, for: .read) { _ in
                var byte: UInt8 = 0
                _ = read(reader, &byte, 1)
                reached.succeed(())
            }
            try await reached.value(within: .seconds(5))
            fresh.cancel()
            close(reader)
            close(writer)
        }
    }

    @Test func `tick hooks run after tasks, replies before queries`() async throws {
        let order = try await withLoop { loop in
            let seen = Mutex<[String]>([])
            loop.addTickHook(.queries) { seen.withLock { $0.append("queries") } }
            loop.addTickHook(.replies) { seen.withLock { $0.append("replies") } }
            try await loop.sleep(for: .milliseconds(2))
            return seen.withLock { Array($0.prefix(2)) }
        }
        #expect(order == ["replies", "queries"])
    }

    @Test func `work from many threads arrives once each`() async throws {
        let sum = try await withLoop { loop in
            let total = Mutex(0)
            let pool = BlockingPool(threads: 4, capacity: 1000)
            for value in 1...1000 {
                loop.spawn { try? await pool.run { loop.execute { total.withLock { $0 += value } } } }
            }
            while total.withLock({ $0 }) < 500_500 { try await loop.sleep(for: .milliseconds(1)) }
            try await loop.sleep(for: .milliseconds(5))
            pool.stop()
            return total.withLock { $0 }
        }
        #expect(sum == 500_500)
    }
}

@Suite("Blocking pool")
struct BlockingPoolTests {
    @Test func `refuses work beyond its capacity`() async throws {
        let pool = BlockingPool(threads: 1, capacity: 1)
        let gate = DispatchGate()
        try await withLoop { loop in
            let occupied = loop.spawn { _ = try? await pool.run { gate.waitUntilOpen() } }
            while !gate.isOccupied { try await loop.sleep(for: .milliseconds(1)) }
            let waiting = loop.spawn { _ = try? await pool.run {} }
            await #expect(throws: BlockingPool.Full.self) { try await pool.run {} }
            gate.open()
            await occupied.value
            await waiting.value
        }
        pool.stop()
    }

    @Test func `passes on what the work throws`() async throws {
        let pool = BlockingPool(threads: 1, capacity: 1)
        await #expect(throws: SystemError.self) { try await pool.run { throw SystemError("open", code: ENOSPC) } }
        pool.stop()
    }
}

/// Holds a pool's thread until it is opened.
private final class DispatchGate: Sendable {
    private let state = Mutex((occupied: false, open: false))
    var isOccupied: Bool { state.withLock { $0.occupied } }
    func open() { state.withLock { $0.open = true } }
    func waitUntilOpen() {
        state.withLock { $0.occupied = true }
        while !state.withLock({ $0.open }) { usleep(200) }
    }
}
