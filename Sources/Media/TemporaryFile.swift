import CLinux
import Glibc
import Synchronization

/// A file that nobody else sees and that is gone with its last reference, unless the store keeps it.
public final class TemporaryFile: Sendable {
    /// How many bytes a file made by `BlobStore.smallFile` holds before it goes to the disk.
    static let mostInMemory = 256 << 10

    private let state: Mutex<State>
    /// Where it goes when it is too large for the memory; `nil` when it is on the disk from the start.
    private let store: BlobStore?

    private struct State {
        var descriptor: Int32
        var bytes = 0
        /// `nil` while it is in memory only.
        var pathOnDisk: String?
    }

    init(path: String, descriptor: Int32) {
        state = Mutex(State(descriptor: descriptor, pathOnDisk: path))
        store = nil
    }

    /// In memory for as long as it is small; `nil` with `errno` when the process has no descriptors left.
    init?(inMemoryUntilTooLargeFor store: BlobStore) {
        let descriptor = clinux_memory_file("small file")
        guard descriptor >= 0 else { return nil }
        state = Mutex(State(descriptor: descriptor))
        self.store = store
    }

    deinit { drop() }

    /// Where another writer, an encoder, may put the content. It must write into this file, not replace it by rename.
    ///
    /// Of a file in memory it is for this process only, and until the next write.
    public var path: String { state.withLock { $0.pathOnDisk ?? "/proc/self/fd/\($0.descriptor)" } }

    var pathOnDisk: String? { state.withLock { $0.pathOnDisk } }

    /// Appends to what was written here before.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(BlobError) {
        let failure: BlobError? = state.withLock { state in
            guard state.descriptor >= 0 else { return .ended }
            if state.pathOnDisk == nil, state.bytes + bytes.count > Self.mostInMemory {
                if let failure = moveToDisk(&state) { return failure }
            }
            var written = 0
            while written < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                let count = pwrite(state.descriptor, rest.baseAddress, rest.count, off_t(state.bytes + written))
                if count > 0 {
                    written += count
                } else if count == 0 || errno != EINTR {
                    return .notStored(count == 0 ? EIO : errno)
                }
            }
            state.bytes += written
            return nil
        }
        if let failure { throw failure }
    }

    private func moveToDisk(_ state: inout State) -> BlobError? {
        guard let store else { return nil }
        do throws(BlobError) {
            let (path, descriptor) = try store.newFile()
            let memory = OpenFile(descriptor: state.descriptor)
            (state.pathOnDisk, state.descriptor) = (path, descriptor)
            try memory.copy(bytes: state.bytes, to: descriptor)
            return nil
        } catch {
            return error
        }
    }

    public func write(_ bytes: [UInt8]) throws(BlobError) {
        try bytes.withUnsafeBufferPointer { (buffer) throws(BlobError) in
            try write(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Removes the file now. Harmless to repeat, and after it was kept.
    public func drop() {
        guard let descriptor = end() else { return }
        if let path = pathOnDisk { unlink(path) }
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
