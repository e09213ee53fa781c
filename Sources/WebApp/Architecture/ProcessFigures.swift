import EventLoop
import Glibc
import Synchronization

/// What this process knows of itself.
final class ProcessFigures: Sendable {
    let started = MonotonicTime.current
    private let draining = Atomic(false)
    private let served = Atomic(0)
    private let servedMicroseconds = Atomic(0)

    var isDraining: Bool { draining.load(ordering: .relaxed) }

    func beginDraining() { draining.store(true, ordering: .relaxed) }

    func count(request duration: Duration) {
        served.add(1, ordering: .relaxed)
        servedMicroseconds.add(Int(duration.wholeNanoseconds / 1000), ordering: .relaxed)
    }

    var requests: Int { served.load(ordering: .relaxed) }

    /// The mean over the process's life, long polls left out.
    var meanMilliseconds: Double {
        let count = requests
        return count == 0 ? 0 : Double(servedMicroseconds.load(ordering: .relaxed)) / Double(count) / 1000
    }

    var uptime: Duration { MonotonicTime.current - started }

    /// Resident memory in megabytes, `nil` when the system does not tell.
    var residentMegabytes: Int? {
        guard let file = fopen("/proc/self/statm", "re") else { return nil }
        defer { fclose(file) }
        var pages: [Int] = [0, 0]
        let count = pages.withUnsafeMutableBufferPointer { buffer -> Int32 in
            guard let base = buffer.baseAddress else { return 0 }
            return withVaList([base, base + 1]) { vfscanf(file, "%ld %ld", $0) }
        }
        return count == 2 ? pages[1] * sysconf(Int32(_SC_PAGESIZE)) / 1_048_576 : nil
    }
}
