import Glibc

/// What the file system tells of a file.
struct FileStatus {
    private let status: stat

    /// `nil` with `errno` set when it is not there; of a symbolic link, the link itself.
    init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.status = status
    }

    init?(of file: borrowing OpenFile) {
        var status = stat()
        guard fstat(file.descriptor, &status) == 0 else { return nil }
        self.status = status
    }

    var isRegular: Bool { status.st_mode & S_IFMT == S_IFREG }
    var bytes: Int { Int(status.st_size) }
    var modified: FileTime { FileTime(status.st_mtim) }
    /// Of the file or of anything said here.
    var changed: FileTime { FileTime(status.st_ctim) }
}

/// A moment by a file system's clock.
struct FileTime {
    private let time: timespec

    init(_ time: timespec) { self.time = time }

    static var current: FileTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return FileTime(time)
    }

    static func - (later: FileTime, earlier: FileTime) -> Duration {
        .seconds(later.time.tv_sec - earlier.time.tv_sec) + .nanoseconds(later.time.tv_nsec - earlier.time.tv_nsec)
    }
}
