import Glibc
import Testing

@testable import Media

@Suite("Storing files by their content")
struct BlobStoreTests {
    let scratch: Scratch
    let store: BlobStore

    init() throws {
        scratch = try Scratch()
        store = BlobStore(root: "\(scratch.path)/blobs")
    }

    private func keep(_ content: String, extension: String = "txt") throws -> StoredBlob {
        let file = try store.temporaryFile()
        try file.write(Array(content.utf8))
        return try store.keep(file, extension: `extension`)
    }

    private var leftovers: [String] { scratch.names(in: "blobs/tmp") }

    // `printf abc | sha256sum`
    private let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad.txt"

    @Test func `names a file after its content`() throws {
        let blob = try keep("abc")
        #expect(blob.name.description == abc)
        #expect(blob.bytes == 3)
        #expect(store.exists(blob.name))
        #expect(store.path(of: blob.name) == "\(store.root)/ba/\(abc)")
        #expect(try contents(of: store.path(of: blob.name)) == Array("abc".utf8))
        #expect(leftovers == [])
    }

    @Test func `a small file comes to the disk when it is kept`() throws {
        let file = try store.smallFile()
        try file.write(Array("ab".utf8))
        try file.write(Array("c".utf8))
        #expect(try contents(of: file.path) == Array("abc".utf8))
        #expect(leftovers == [])
        for _ in 0..<2 {
            let file = try store.smallFile()
            try file.write(Array("abc".utf8))
            let blob = try store.keep(file, extension: "txt")
            #expect(blob.name.description == abc)
            #expect(try contents(of: store.path(of: blob.name)) == Array("abc".utf8))
            #expect(fileStatus(store.path(of: blob.name))?.st_mode == S_IFREG | 0o640)
            #expect(leftovers == [])
        }
    }

    @Test func `a small file that grows goes on on the disk`() throws {
        let file = try store.smallFile()
        let block = [UInt8](repeating: 7, count: TemporaryFile.mostInMemory / 2)
        for count in 1...3 {
            try file.write(block)
            #expect(leftovers.count == (count < 3 ? 0 : 1))
        }
        #expect(try contents(of: file.path) == block + block + block)
        let blob = try store.keep(file, extension: "bin")
        #expect(blob.bytes == 3 * block.count)
        #expect(try contents(of: store.path(of: blob.name)) == block + block + block)
        #expect(leftovers == [])
    }

    @Test func `a small file that is not kept is gone, wherever it is`() throws {
        for size in [1, TemporaryFile.mostInMemory + 1] {
            let file = try store.smallFile()
            try file.write([UInt8](repeating: 7, count: size))
            file.drop()
            #expect(throws: BlobError.ended) { try file.write([1]) }
            #expect(throws: BlobError.ended) { try store.keep(file, extension: "txt") }
        }
        #expect(leftovers == [])
    }

    @Test func `what another writer put into the file counts`() throws {
        let file = try store.temporaryFile()
        try Pictures.encode(pixels: Samples.pixels(8, 8), width: 8, height: 8, as: .png, to: file.path)
        let blob = try store.keep(file, extension: "png")
        #expect(try Pictures.check(file: store.path(of: blob.name)).bytes == blob.bytes)
    }

    @Test func `a file is private while it is written and readable by the group when it is kept`() throws {
        let file = try store.temporaryFile()
        #expect(fileStatus(file.path)?.st_mode == S_IFREG | 0o600)
        let blob = try store.keep(file, extension: "bin")
        #expect(fileStatus(store.path(of: blob.name))?.st_mode == S_IFREG | 0o640)
        #expect(blob.bytes == 0)
    }

    @Test func `keeping the same content again changes nothing but its age`() throws {
        let first = try keep("abc")
        let path = store.path(of: first.name)
        let before = try #require(fileStatus(path))
        utimensat(AT_FDCWD, path, [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)], 0)
        #expect(try keep("abc") == first)
        let after = try #require(fileStatus(path))
        #expect(after.st_ino == before.st_ino)
        #expect(after.st_mtim.tv_sec >= before.st_mtim.tv_sec)
        #expect(leftovers == [])
    }

    @Test func `a stored file that lost its end is replaced`() throws {
        let blob = try keep("abc")
        truncate(store.path(of: blob.name), 1)
        _ = try keep("abc")
        #expect(try contents(of: store.path(of: blob.name)) == Array("abc".utf8))
    }

    @Test func `many writers of the same content agree`() async throws {
        let store = store
        let names = try await withThrowingTaskGroup(of: BlobName.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    let file = try store.temporaryFile()
                    try file.write([UInt8](repeating: 7, count: 100_000))
                    return try store.keep(file, extension: "bin").name
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(names.count == 1)
        #expect(leftovers == [])
    }

    @Test func `a file that is not kept is gone`() throws {
        do {
            let file = try store.temporaryFile()
            try file.write([1, 2, 3])
            #expect(leftovers.count == 1)
            _ = file
        }
        #expect(leftovers == [])
        let dropped = try store.temporaryFile()
        dropped.drop()
        dropped.drop()
        #expect(throws: BlobError.ended) { try dropped.write([1]) }
        #expect(throws: BlobError.ended) { try store.keep(dropped, extension: "txt") }
    }

    @Test func `a kept file cannot be written or kept again`() throws {
        let file = try store.temporaryFile()
        let blob = try store.keep(file, extension: "txt")
        #expect(throws: BlobError.ended) { try file.write([1]) }
        #expect(throws: BlobError.ended) { try store.keep(file, extension: "txt") }
        file.drop()
        #expect(store.exists(blob.name))
    }

    @Test(arguments: ["", "PNG", "p/g", "..", "tar.gz", "ninechars", "é", "a\0"] as [Escaped])
    func `refuses an odd extension and leaves nothing behind`(extension: Escaped) throws {
        #expect(throws: BlobError.self) { try keep("abc", extension: `extension`.text) }
        #expect(leftovers == [])
    }

    @Test func `removes a file once`() throws {
        let name = try keep("abc").name
        #expect(try store.remove(name))
        #expect(try !store.remove(name))
        #expect(!store.exists(name))
    }

    @Test func `sweeps what dead writers left, and only that`() throws {
        let old = try store.temporaryFile()
        let fresh = try store.temporaryFile()
        let blob = try keep("abc")
        let past = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
        for path in [old.path, store.path(of: blob.name)] { utimensat(AT_FDCWD, path, past, 0) }
        #expect(store.sweepTemporary(olderThan: .seconds(3600)) == 1)
        #expect(fileStatus(old.path) == nil)
        #expect(fileStatus(fresh.path) != nil)
        #expect(store.exists(blob.name))
        #expect(BlobStore(root: "\(scratch.path)/none").sweepTemporary(olderThan: .zero) == 0)
    }

    @Test func `a swept file cannot be kept`() throws {
        let file = try store.temporaryFile()
        #expect(store.sweepTemporary(olderThan: .zero) == 1)
        let error = #expect(throws: BlobError.self) { try store.keep(file, extension: "txt") }
        #expect(error?.code == .io)
    }

    @Test(
        arguments: [
            "", "abc.txt", String(repeating: "a", count: 64), String(repeating: "a", count: 64) + ".",
            String(repeating: "A", count: 64) + ".png", String(repeating: "a", count: 63) + "g.png",
            "../" + String(repeating: "a", count: 61) + ".png", String(repeating: "a", count: 64) + "./png",
            String(repeating: "a", count: 64) + ".PNG", String(repeating: "a", count: 65) + ".png",
        ]
    )
    func `no other text is a name`(text: String) {
        #expect(BlobName(text) == nil)
        #expect(BlobName(abc + text) == nil || text.isEmpty)
        #expect(BlobName(abc + "\n") == nil)
    }

    @Test func `a name tells its parts`() throws {
        let name = try #require(BlobName(abc))
        #expect(name.hash == abc.dropLast(4))
        #expect(name.fileExtension == "txt")
    }
}

@Suite("A store that cannot be written")
struct BlobStoreFailureTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func `is well when its folders can be made and written`() throws {
        let store = BlobStore(root: "\(scratch.path)/new/deep/blobs")
        try store.check()
        try store.check()
        #expect(scratch.names(in: "new/deep/blobs/tmp") == [])
    }

    @Test func `says in one sentence what is in the way`() throws {
        let file = try scratch.file("in-the-way", [1])
        let error = #expect(throws: BlobError.self) { try BlobStore(root: "\(file)/blobs").check() }
        #expect(error?.message == "The folder \(file)/blobs cannot be made: Not a directory.")
        let full = #expect(throws: BlobError.self) { try BlobStore(root: "/proc/atelier").check() }
        #expect(full?.message == "The folder /proc/atelier cannot be made: No such file or directory.")
    }

    /// On a file system of 64 KB where one can be mounted, else on a device that is always full.
    @Test func `says so when the disk is full, and leaves nothing behind`() throws {
        let disk = try SmallDisk(at: scratch)
        let store = BlobStore(root: disk.path)
        try store.check()
        let file = try disk.fullFile(in: store)
        let error = #expect(throws: BlobError.self) {
            for _ in 0..<32 { try file.write([UInt8](repeating: 1, count: 16 * 1024)) }
        }
        #expect(error?.code == .diskFull)
        #expect(error?.message == "The file could not be stored: the disk is full.")
        file.drop()
        #expect(scratch.names(in: "\(disk.name)/tmp") == [])
    }

    @Test(arguments: [200 << 10, TemporaryFile.mostInMemory + 1])
    func `a small file that the disk has no room for leaves nothing behind`(bytes: Int) throws {
        let disk = try SmallDisk(at: scratch)
        guard disk.isMounted else { return }
        let store = BlobStore(root: disk.path)
        let error = #expect(throws: BlobError.self) {
            let file = try store.smallFile()
            try file.write([UInt8](repeating: 1, count: bytes))
            _ = try store.keep(file, extension: "bin")
        }
        #expect(error?.code == .diskFull)
        #expect(scratch.names(in: "\(disk.name)/tmp") == [])
    }

    @Test func `stores again once there is room`() throws {
        let disk = try SmallDisk(at: scratch)
        let store = BlobStore(root: disk.path)
        do {
            let file = try disk.fullFile(in: store)
            #expect(throws: BlobError.self) {
                for _ in 0..<32 { try file.write([UInt8](repeating: 1, count: 16 * 1024)) }
            }
        }
        let file = try store.temporaryFile()
        try file.write([1, 2, 3])
        #expect(try store.keep(file, extension: "bin").bytes == 3)
    }
}

/// A file system of 64 KB, or where mounting is not allowed an ordinary folder and `/dev/full`.
private final class SmallDisk {
    let name = "disk"
    let path: String
    let isMounted: Bool
    private let scratch: Scratch

    init(at scratch: Scratch) throws {
        self.scratch = scratch
        path = "\(scratch.path)/\(name)"
        mkdir(path, 0o700)
        isMounted = mount("tmpfs", path, "tmpfs", 0, "size=64k") == 0
    }

    deinit {
        if isMounted { umount(path) }
    }

    /// A temporary file of `store` that soon has no room.
    func fullFile(in store: BlobStore) throws -> TemporaryFile {
        let file = try store.temporaryFile()
        guard !isMounted else { return file }
        // The same path, with a descriptor of the device that answers every write with ENOSPC.
        if let descriptor = file.end() { close(descriptor) }
        return TemporaryFile(path: file.path, descriptor: open("/dev/full", O_RDWR | O_CLOEXEC))
    }
}
