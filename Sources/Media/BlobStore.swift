import CLinux
import CSodium
import Glibc

/// Files that never change, each named after its content: `root/ab/abcd….png`.
///
/// A file is visible only when it is whole and safe on the disk: it is written under `root/tmp`, flushed, renamed, and
/// its folder is flushed. Several processes may share a root. Everything blocks its thread.
public struct BlobStore: Sendable {
    public let root: String

    static let temporaryFolderName = "tmp"
    var temporaryFolder: String { "\(root)/\(Self.temporaryFolderName)" }

    public init(root: String) {
        self.root = root
    }

    /// Makes the folders and tries them, so that a store which cannot be written is noticed at the start.
    public func check() throws(BlobError) {
        try makeFolder(root, withParents: true)
        let file = try temporaryFile()
        defer { file.drop() }
        try file.write([0])
    }

    /// An empty file under `root/tmp`, readable by this user only.
    public func temporaryFile() throws(BlobError) -> TemporaryFile {
        let (path, descriptor) = try newFile()
        return TemporaryFile(path: path, descriptor: descriptor)
    }

    /// An empty file that comes to `root/tmp` only when it has grown: a small one does not wait for the disk while it is
    /// received and looked at. 256 KiB of it are in memory at most.
    public func smallFile() throws(BlobError) -> TemporaryFile {
        guard let file = TemporaryFile(inMemoryUntilTooLargeFor: self) else { throw .notStored(errno) }
        return file
    }

    func newFile() throws(BlobError) -> (path: String, descriptor: Int32) {
        let path = "\(temporaryFolder)/\(String(UInt64.random(in: 1 ... .max), radix: 36))"
        let flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        var descriptor = open(path, flags, 0o600)
        if descriptor < 0, errno == ENOENT {
            try makeFolder(temporaryFolder, withParents: true)
            descriptor = open(path, flags, 0o600)
        }
        guard descriptor >= 0 else { throw .file("The folder \(temporaryFolder) cannot be written to", code: errno) }
        return (path, descriptor)
    }

    /// Gives the file its name and makes it last. Keeping what is stored already is harmless and cheap.
    ///
    /// The temporary file is ended, whether this succeeds or not; after an error nothing of it is left.
    /// What was stored already becomes as young as a new file, for whoever removes old ones.
    public func keep(_ file: TemporaryFile, extension: String) throws(BlobError) -> StoredBlob {
        guard let descriptor = file.end() else { throw .ended }
        let content = OpenFile(descriptor: descriptor)
        let path = file.pathOnDisk
        do throws(BlobError) {
            let (hash, bytes) = try content.contentHash()
            guard let name = BlobName(hash: hash, extension: `extension`) else {
                throw BlobError(.io, "“\(`extension`)” cannot be a file's extension.")
            }
            if !rejuvenate(name, bytes: bytes) {
                if let path {
                    try place(content, at: path, as: name)
                } else {
                    try placeCopy(of: content, bytes, as: name)
                }
            } else if let path {
                unlink(path)
            }
            // Also when it was there: whoever put it there may not have come to this yet.
            try flushFolder(of: name)
            return StoredBlob(name: name, bytes: bytes)
        } catch {
            if let path { unlink(path) }
            throw error
        }
    }

    public func path(of name: BlobName) -> String { "\(root)/\(name.folder)/\(name)" }

    public func exists(_ name: BlobName) -> Bool { access(path(of: name), F_OK) == 0 }

    /// Whether it was there.
    @discardableResult
    public func remove(_ name: BlobName) throws(BlobError) -> Bool {
        if unlink(path(of: name)) == 0 { return true }
        guard errno == ENOENT else { throw .file("The file \(name) could not be removed", code: errno) }
        return false
    }

    private func place(_ file: borrowing OpenFile, at path: String, as name: BlobName) throws(BlobError) {
        // It may have been written long ago.
        guard futimens(file.descriptor, nil) == 0, fchmod(file.descriptor, 0o640) == 0, fsync(file.descriptor) == 0
        else { throw .notStored(errno) }
        let target = self.path(of: name)
        if rename(path, target) == 0 { return }
        guard errno == ENOENT else { throw .notStored(errno) }
        try makeFolder("\(root)/\(name.folder)")
        try flushFolder(root)
        guard rename(path, target) == 0 else { throw .notStored(errno) }
    }

    /// Of a file that is in memory.
    private func placeCopy(of file: borrowing OpenFile, _ bytes: Int, as name: BlobName) throws(BlobError) {
        let (path, descriptor) = try newFile()
        let copy = OpenFile(descriptor: descriptor)
        do throws(BlobError) {
            try file.copy(bytes: bytes, to: descriptor)
            try place(copy, at: path, as: name)
        } catch {
            unlink(path)
            throw error
        }
    }

    /// Makes a stored file young; `false` when it is not there, or, after a disk's failure, not all of it.
    ///
    /// It is looked at again afterwards: a sweep may have set it aside just before, and not have seen how young it is.
    private func rejuvenate(_ name: BlobName, bytes: Int) -> Bool {
        let path = path(of: name)
        return isWhole(path, bytes: bytes) && utimensat(AT_FDCWD, path, nil, 0) == 0 && isWhole(path, bytes: bytes)
    }

    private func isWhole(_ path: String, bytes: Int) -> Bool {
        guard let status = FileStatus(path) else { return false }
        return status.isRegular && status.bytes == bytes
    }

    private func makeFolder(_ path: String, withParents: Bool = false) throws(BlobError) {
        if mkdir(path, 0o750) == 0 || errno == EEXIST { return }
        let failure = errno
        if failure == ENOENT, withParents, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeFolder(String(path[..<slash]), withParents: true)
            if mkdir(path, 0o750) == 0 || errno == EEXIST { return }
        }
        throw .file("The folder \(path) cannot be made", code: failure)
    }

    private func flushFolder(of name: BlobName) throws(BlobError) { try flushFolder("\(root)/\(name.folder)") }

    private func flushFolder(_ path: String) throws(BlobError) {
        guard let folder = OpenFile(path, flags: O_RDONLY | O_DIRECTORY), fsync(folder.descriptor) == 0 else {
            throw .notStored(errno)
        }
    }
}

extension OpenFile {
    /// Appends the file's first bytes to another one, inside the kernel.
    func copy(bytes: Int, to target: Int32) throws(BlobError) {
        var offset: off_t = 0
        while offset < bytes {
            let count = sendfile(target, descriptor, &offset, bytes - Int(offset))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .notStored(count == 0 ? EIO : errno) }
        }
    }

    /// SHA-256 of the whole content, and its length.
    fileprivate func contentHash() throws(BlobError) -> (hash: [UInt8], bytes: Int) {
        var state = crypto_hash_sha256_state()
        crypto_hash_sha256_init(&state)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 8)
        defer { buffer.deallocate() }
        var bytes = 0
        while true {
            let count = read(into: buffer, at: bytes)
            guard count >= 0 else { throw .notStored(errno) }
            crypto_hash_sha256_update(&state, buffer.baseAddress, UInt64(count))
            bytes += count
            if count < buffer.count { break }
        }
        var hash = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_bytes()))
        crypto_hash_sha256_final(&state, &hash)
        return (hash, bytes)
    }
}
