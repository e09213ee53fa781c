import Glibc

/// The file `.sweep` of a store: locked while a process sweeps, modified when a sweep has ended.
///
/// Sweeps side by side are harmless, only wasteful; so a file system without locks is good enough.
struct SweepMark: ~Copyable {
    static let fileName = ".sweep"

    private let file: OpenFile

    init(in root: String) throws(BlobError) {
        let path = "\(root)/\(Self.fileName)"
        guard let file = OpenFile(path, flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600) else {
            throw .file("The file \(path) cannot be opened", code: errno)
        }
        self.file = file
    }

    /// Until it goes out of scope; `false` when another process has it.
    func lock() -> Bool { flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK }

    /// The file system's clock, which may be another machine's.
    func now() throws(BlobError) -> FileTime {
        // Changing nothing sets the time of the last change.
        guard fchmod(file.descriptor, 0o600) == 0, let status = FileStatus(of: file) else {
            throw .file("The file system’s clock cannot be read", code: errno)
        }
        return status.changed
    }

    /// The time since a sweep ended; `nil` when none has.
    func age() throws(BlobError) -> Duration? {
        let now = try now()
        guard let status = FileStatus(of: file), status.bytes > 0 else { return nil }
        return now - status.modified
    }

    /// What is written does not matter: an empty file is one that was only made.
    func set() { pwrite(file.descriptor, "swept\n", 6, 0) }
}
