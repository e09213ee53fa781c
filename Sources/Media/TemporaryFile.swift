import Glibc
import Synchronization

/// A file that nobody else sees and that is gone with its last reference, unless the store keeps it.
public final class TemporaryFile: Sendable {
    /// Where another writer, an encoder, may put the content. It must write into this file, not replace it by rename.
    public let path: String

    private let state: Mutex<State>

    private struct State {
        var descriptor: Int32
        var bytes = 0
    }

    init(path: String, descriptor: Int32) {
        self.path = path
        state = Mutex(State(descriptor: descriptor))
    }

    deinit { drop() }

    /// Appends to what was written here before.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(BlobError) {
        let failure: BlobError? = state.withLock { state in
            guard state.descriptor >= 0 else { return .ended }
            var written = 0
            while written < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                let count = pwrite(state.descriptor, rest.baseAddress, rest.count, off_t(state.bytes + written))
                if count > 0 {
                    written += count
                } else if count == 0 || errno != EINTR {
                    return .file("The file could not be stored", code: count == 0 ? EIO : errno)
                }
            }
            state.bytes += written
            return nil
        }
        if let failure { throw failure }
    }

    public func write(_ bytes: [UInt8]) throws(BlobError) {
        try bytes.withUnsafeBufferPointer { (buffer) throws(BlobError) in
            try write(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Removes the file now. Harmless to repeat, and after it was kept.
    public func drop() {
        guard let descriptor = end() else { return }
        unlink(path)
        close(descriptor)
    }

    /// Hands the descriptor to the caller, who closes it; `nil` when that has happened before.
    func end() -> Int32? {
        state.withLock { state in
            defer { state.descriptor = -1 }
            return state.descriptor < 0 ? nil : state.descriptor
        }
    }
}

extension BlobError {
    static var ended: BlobError { BlobError(.ended, "The temporary file was kept or dropped before.") }
}
