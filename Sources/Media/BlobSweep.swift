import Glibc

/// One look through a whole store for files that may be nobody's. Which names are in use, its caller knows.
///
/// A file is removed in two steps, so that none is lost that is stored again meanwhile. First it is set aside, under a
/// name that only this sweep knows, and its age is looked at again: whoever keeps the same content either has found it
/// before, and made it young, or misses it, and stores it anew. Then it is removed or put back. What a killed sweep
/// has set aside is found by the next one.
///
/// Everything blocks its thread, in portions that the caller chooses; one thread at a time.
public final class BlobSweep: @unchecked Sendable {
    // @unchecked: used by one thread at a time.

    /// A stored file, under its name or set aside.
    public struct File: Sendable {
        public let name: BlobName
        public let bytes: Int
        /// The time since it was last kept, by the file system's clock.
        public let age: Duration
        public let isAside: Bool
        fileprivate let path: String
    }

    /// Entries that are no stored files. They are nobody's business here.
    public private(set) var foreign = 0
    /// The last call that failed on a file, which is then where it was.
    public private(set) var failure: BlobError?

    private let root: String
    private let mark: SweepMark
    private var folders: [String] = []
    private var folder = ""
    private var listing: FolderListing?

    fileprivate init(root: String, mark: consuming SweepMark) throws(BlobError) {
        self.root = root
        self.mark = mark
        guard let listing = FolderListing(root) else {
            throw .file("The folder \(root) cannot be read", code: errno)
        }
        while let name = listing.next() {
            if BlobName.isFolder(name) {
                folders.append(name)
            } else if name != BlobStore.temporaryFolderName, name != SweepMark.fileName {
                foreign += 1
            }
        }
    }

    // MARK: Looking

    /// The files among the next `count` entries; `nil` at the end.
    public func next(_ count: Int) throws(BlobError) -> [File]? {
        let now = try mark.now()
        var files: [File] = []
        for position in 0..<count {
            guard let name = try nextName() else { return position == 0 ? nil : files }
            if let file = look(at: name, now: now) { files.append(file) }
        }
        return files
    }

    private func nextName() throws(BlobError) -> String? {
        while true {
            if let name = listing?.next() { return name }
            guard let next = folders.popLast() else { return nil }
            folder = next
            listing = FolderListing("\(root)/\(folder)")
            guard listing == nil else { continue }
            switch errno {
            case ENOENT: break
            case ENOTDIR: foreign += 1
            default: throw .file("The folder \(root)/\(folder) cannot be read", code: errno)
            }
        }
    }

    private func look(at entry: String, now: FileTime) -> File? {
        let original = Self.nameBefore(settingAside: entry)
        let path = "\(root)/\(folder)/\(entry)"
        guard let name = BlobName(original ?? entry[...]), name.folder == folder else {
            foreign += 1
            return nil
        }
        guard let status = FileStatus(path) else { return nil }
        guard status.isRegular else {
            foreign += 1
            return nil
        }
        return File(
            name: name,
            bytes: status.bytes,
            age: now - status.modified,
            isAside: original != nil,
            path: path
        )
    }

    // MARK: Setting aside

    /// Takes files out of everybody's sight, but for those that have become younger than `age`. Answers what is aside
    /// now, as it is now; what another sweep had set aside is this one's alone.
    public func setAside(_ files: [File], olderThan age: Duration) throws(BlobError) -> [File] {
        // Asked before the files are looked at, so that none is thought older than it is.
        let now = try mark.now()
        return files.compactMap { file in
            if !file.isAside {
                guard let status = FileStatus(file.path), now - status.modified >= age else { return nil }
            }
            let token = String(UInt64.random(in: .min ... .max), radix: 36)
            let path = "\(root)/\(file.name.folder)/.\(file.name).\(token).swept"
            guard rename(file.path, path) == 0 else {
                if errno != ENOENT { failed("set aside", file) }
                return nil
            }
            let status = FileStatus(path)
            return File(
                name: file.name,
                bytes: status?.bytes ?? file.bytes,
                age: status.map { now - $0.modified } ?? .zero,
                isAside: true,
                path: path
            )
        }
    }

    /// Gives a file that was set aside its name again, unless that is taken: it has been stored anew.
    public func putBack(_ file: File) {
        let target = "\(root)/\(file.name.folder)/\(file.name)"
        // Unlike a rename, a link never replaces what is there.
        if link(file.path, target) != 0, errno != EEXIST {
            // There are file systems without links.
            guard errno == EPERM || errno == ENOTSUP || errno == ENOSYS, FileStatus(target) == nil,
                rename(file.path, target) == 0
            else { return failed("put back", file) }
        }
        unlink(file.path)
    }

    /// Whether a file that was set aside is removed.
    public func remove(_ file: File) -> Bool {
        if unlink(file.path) == 0 { return true }
        failed("removed", file)
        return false
    }

    /// Notes in the store that all of it was swept.
    public func end() { mark.set() }

    /// What is gone was another sweep's.
    private func failed(_ what: String, _ file: File) {
        guard errno != ENOENT else { return }
        failure = .file("The file \(file.name) could not be \(what)", code: errno)
    }

    /// `abcd….png` for `.abcd….png.1x2y3z.swept`; `nil` for what was not set aside.
    private static func nameBefore(settingAside entry: String) -> Substring? {
        guard entry.hasPrefix("."), entry.hasSuffix(".swept") else { return nil }
        let inner = entry.dropFirst().dropLast(".swept".count)
        return inner.lastIndex(of: ".").map { inner[..<$0] }
    }
}

extension BlobStore {
    /// Begins to sweep; `nil` while another process does, and when the last sweep ended less than `pause` ago.
    public func sweep(unlessWithin pause: Duration = .zero) throws(BlobError) -> BlobSweep? {
        let mark = try SweepMark(in: root)
        guard mark.lock() else { return nil }
        if let age = try mark.age(), age < pause { return nil }
        return try BlobSweep(root: root, mark: mark)
    }

    /// Removes what processes that died left behind; the number of files. `age` is the time since the last write.
    @discardableResult
    public func sweepTemporary(olderThan age: Duration) -> Int {
        guard let listing = FolderListing(temporaryFolder) else { return 0 }
        let now = FileTime.current
        var removed = 0
        while let name = listing.next() {
            let path = "\(temporaryFolder)/\(name)"
            guard let status = FileStatus(path), status.isRegular, now - status.modified >= age else { continue }
            if unlink(path) == 0 { removed += 1 }
        }
        return removed
    }
}
