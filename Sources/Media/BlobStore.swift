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
        let path = "\(temporaryFolder)/\(String(UInt64.random(in: 1 ... .max), radix: 36))"
        let flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        var descriptor = open(path, flags, 0o600)
        if descriptor < 0, errno == ENOENT {
            try makeFolder(temporaryFolder, withParents: true)
            descriptor = open(path, flags, 0o600)
        }
        guard descriptor >= 0 else { throw .file("The folder \(temporaryFolder) cannot be written to", code: errno) }
        return TemporaryFile(path: path, descriptor: descriptor)
    }

    /// Gives the file its name and makes it last. Keeping what is stored already is harmless and cheap.
    ///
    /// The temporary file is ended, whether this succeeds or not; after an error nothing of it is left.
    /// What was stored already becomes as young as a new file, for whoever removes old ones.
    public func keep(_ file: TemporaryFile, extension: String) throws(BlobError) -> StoredBlob {
        guard let descriptor = file.end() else { throw .ended }
        let open = OpenFile(descriptor: descriptor)
        do throws(BlobError) {
            return try keep(open, at: file.path, extension: `extension`)
        } catch {
            unlink(file.path)
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

    private func keep(_ file: borrowing OpenFile, at path: String, extension: String) throws(BlobError) -> StoredBlob {
        let (hash, bytes) = try file.contentHash()
        guard let name = BlobName(hash: hash, extension: `extension`) else {
            throw BlobError(.io, "“\(`extension`)” cannot be a file's extension.")
        }
        let folder = "\(root)/\(name.folder)"
        let target = self.path(of: name)
        if rejuvenate(target, bytes: bytes) {
            unlink(path)
        } else {
            // It may have been written long ago.
            guard futimens(file.descriptor, nil) == 0, fchmod(file.descriptor, 0o640) == 0,
                fsync(file.descriptor) == 0
            else { throw .notStored(errno) }
            if rename(path, target) != 0 {
                guard errno == ENOENT else { throw .notStored(errno) }
                try makeFolder(folder)
                try flushFolder(root)
                guard rename(path, target) == 0 else { throw .notStored(errno) }
            }
        }
        // Also when it was there: whoever put it there may not have come to this yet.
        try flushFolder(folder)
        return StoredBlob(name: name, bytes: bytes)
    }

    /// Makes a stored file young; `false` when it is not there, or, after a disk's failure, not all of it.
    ///
    /// It is looked at again afterwards: a sweep may have set it aside just before, and not have seen how young it is.
    private func rejuvenate(_ path: String, bytes: Int) -> Bool {
        isWhole(path, bytes: bytes) && utimensat(AT_FDCWD, path, nil, 0) == 0 && isWhole(path, bytes: bytes)
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

    private func flushFolder(_ path: String) throws(BlobError) {
        guard let folder = OpenFile(path, flags: O_RDONLY | O_DIRECTORY), fsync(folder.descriptor) == 0 else {
            throw .notStored(errno)
        }
    }
}

extension OpenFile {
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

extension BlobError {
    fileprivate static func notStored(_ code: Int32) -> BlobError { .file("The file could not be stored", code: code) }
}
