import EventLoop
import Glibc

/// A file open for reading, closed with its last reference.
public final class OpenFile: Sendable {
    let descriptor: Int32
    public let size: Int
    /// Nanoseconds since 1970.
    public let modified: Int64

    /// A regular file; a directory, a symbolic link, a device or a pipe is refused with `EINVAL` or `ELOOP`.
    public convenience init(path: String) throws(SystemError) {
        try self.init(descriptor: open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW))
    }

    /// Takes over the descriptor, which may be the -1 of an `open` that has just failed.
    init(descriptor: Int32) throws(SystemError) {
        guard descriptor >= 0 else { throw SystemError("open") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw SystemError("open", code: EINVAL)
        }
        self.descriptor = descriptor
        size = Int(status.st_size)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }

    deinit { close(descriptor) }

    /// For what must be in memory: small files that are compressed, and tests.
    func read(offset: Int, length: Int) throws(SystemError) -> [UInt8] {
        var count = 0
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, initialized in
            while count < length {
                let got = pread(
                    descriptor,
                    buffer.baseAddress?.advanced(by: count),
                    length - count,
                    off_t(offset + count)
                )
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { break }
                count += got
            }
            initialized = count
        }
        guard failure == 0 else { throw SystemError("pread", code: failure) }
        return bytes
    }
}
