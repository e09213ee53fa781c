import EventLoop
import Glibc

/// The CPU time of processes, user and system: on a busy machine it says more than the time that passes.
struct CPUClock {
    let processes: [Int]

    /// Of all their threads, since they began.
    func used() -> Duration {
        var sum: Int64 = 0
        for process in processes {
            guard let folder = opendir("/proc/\(process)/task") else { continue }
            defer { closedir(folder) }
            while let entry = readdir(folder) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                // Above its threads stands the process itself.
                guard !name.hasPrefix(".") else { continue }
                sum += Self.nanoseconds(in: "/proc/\(process)/task/\(name)/schedstat")
            }
        }
        return .nanoseconds(sum)
    }

    /// The first number of the file.
    private static func nanoseconds(in path: String) -> Int64 {
        guard let file = fopen(path, "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        return strtoll(line, nil, 10)
    }
}
