import Glibc
import Zip

/// A file open for reading; it stays readable when its name is removed meanwhile. Blocks.
final class StoredFile: Sendable {
    private let descriptor: Int32

    /// `nil` when there is no such file.
    init?(path: String) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// At most `limit` bytes from the offset; empty at the end. `nil` when the disk fails.
    func read(at offset: Int, limit: Int) -> [UInt8]? {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            while count < limit {
                let got = pread(descriptor, buffer.baseAddress.map { $0 + count }, limit - count, off_t(offset + count))
                if got < 0, errno == EINTR { continue }
                if got < 0 { failed = true }
                if got <= 0 { break }
                count += got
            }
        }
        return failed ? nil : bytes
    }

    /// Size and checksum of all that is there now; `nil` when the disk fails.
    func measure() -> (size: Int, checksum: UInt32)? {
        var checksum = Checksum()
        var size = 0
        while let bytes = read(at: size, limit: 256 * 1024) {
            if bytes.isEmpty { return (size, checksum.value) }
            checksum.add(bytes)
            size += bytes.count
        }
        return nil
    }
}
