import Glibc

/// A file that could not be read or written.
struct FileError: Error {
    let path: String
    let message: String
}

enum File {
    /// Writes to the standard error output, where SwiftPM looks for diagnostics.
    static func complain(_ message: String) {
        let bytes = Array((message + "\n").utf8)
        _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }

    static func read(_ path: String) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path) }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            }
            guard count >= 0 else { throw failure(path) }
            if count == 0 { break }
            filled += count
        }
        return Array(bytes[..<filled])
    }

    /// Writes only what differs, so that an unchanged template costs no compilation.
    static func write(_ text: String, to path: String) throws(FileError) {
        let bytes = Array(text.utf8)
        var old = stat()
        let exists = stat(path, &old) == 0
        if exists, let present = try? read(path), present == bytes { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            guard count > 0 else { throw failure(path) }
            written += count
        }
        if exists { moveOn(descriptor, since: old.st_mtim) }
    }

    /// The Swift driver compares whole seconds: a file rewritten within the second would not be compiled again.
    private static func moveOn(_ descriptor: Int32, since old: timespec) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mtim.tv_sec <= old.tv_sec else { return }
        let next = timespec(tv_sec: old.tv_sec + 1, tv_nsec: 0)
        let times = [next, next]
        futimens(descriptor, times)
    }

    private static func failure(_ path: String) -> FileError {
        FileError(path: path, message: String(cString: strerror(errno)))
    }
}
