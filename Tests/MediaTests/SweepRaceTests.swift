import EventLoop
import Glibc
import Synchronization
import Testing

@testable import Media

@Suite("Sweeping what is stored again at that moment")
struct SweepRaceTests {
    /// In every round an old file that is nobody's is swept, while others keep its content, and use it from then on.
    @Test(arguments: [(1, 1), (3, 2)])
    func `nothing is lost, whoever comes first`(keepers: Int, sweepers: Int) async throws {
        let scratch = try Scratch(in: access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")
        let race = try Race(in: scratch, threads: keepers + sweepers)
        let pool = BlockingPool(threads: keepers + sweepers, capacity: keepers + sweepers)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<keepers { group.addTask { try await pool.run { race.keep(isFirst: number == 0) } } }
            for _ in 0..<sweepers { group.addTask { try await pool.run { race.sweep() } } }
            try await group.waitForAll()
        }
        pool.stop()
        #expect(race.removed > 0)
        #expect(scratch.names(in: "\(race.name.folder)") == [race.name.description])
    }
}

private final class Race: Sendable {
    private static let rounds = 3000

    let name: BlobName
    private let store: BlobStore
    private let start: Barrier
    private let end: Barrier
    private let uses = Atomic(0)
    private let removals = Atomic(0)

    init(in scratch: Scratch, threads: Int) throws {
        store = BlobStore(root: scratch.path)
        try store.check()
        name = try store.keep(store.temporaryFile(), extension: "bin").name
        start = Barrier(threads)
        end = Barrier(threads)
    }

    var removed: Int { removals.load(ordering: .sequentiallyConsistent) }

    func keep(isFirst: Bool) {
        for _ in 0..<Self.rounds {
            if isFirst {
                uses.store(0, ordering: .sequentiallyConsistent)
                age(store.path(of: name), by: 3600)
            }
            start.wait()
            spin()
            #expect(throws: Never.self) { try store.keep(store.temporaryFile(), extension: "bin") }
            uses.add(1, ordering: .sequentiallyConsistent)
            end.wait()
            if isFirst { #expect(store.exists(name)) }
        }
    }

    func sweep() {
        for _ in 0..<Self.rounds {
            start.wait()
            #expect(throws: Never.self) { try sweepOnce() }
            end.wait()
        }
    }

    private func sweepOnce() throws {
        // As if the file system had no locks.
        unlink("\(store.root)/\(SweepMark.fileName)")
        guard let sweep = try store.sweep(), let found = try sweep.next(10) else { return }
        spin()
        for file in try sweep.setAside(found, olderThan: .seconds(60)) {
            if uses.load(ordering: .sequentiallyConsistent) > 0 || file.age < .seconds(60) {
                sweep.putBack(file)
            } else if sweep.remove(file) {
                removals.add(1, ordering: .sequentiallyConsistent)
            }
        }
        #expect(sweep.failure == nil)
    }
}

/// Threads wait here for one another, again and again.
private final class Barrier: Sendable {
    private let count: Int
    private let arrived = Atomic(0)

    init(_ count: Int) { self.count = count }

    func wait() {
        let number = arrived.add(1, ordering: .sequentiallyConsistent).newValue
        let all = (number + count - 1) / count * count
        while arrived.load(ordering: .sequentiallyConsistent) < all { sched_yield() }
    }
}

/// A little while, never the same.
private func spin() {
    let end = ContinuousClock.now + .microseconds(Int.random(in: 0..<60))
    while ContinuousClock.now < end {}
}
