import Glibc

/// What is added to a file while it is looked at.
final class FileTail {
    private let descriptor: Int32
    private var offset: Int

    /// Begins at the file's end.
    init(_ path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Problem("\(path) cannot be read: \(String(cString: strerror(errno)))") }
        offset = Int(lseek(descriptor, 0, SEEK_END))
    }

    deinit { close(descriptor) }

    /// What has come since the last call.
    func read() -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let piece = [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
                count = max(0, pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset)))
            }
            if piece.isEmpty { return bytes }
            bytes += piece
            offset += piece.count
        }
    }
}
