import Glibc
import Synchronization
import Testing

@testable import Media

@Suite("Sweeping a store")
struct BlobSweepTests {
    let scratch: Scratch
    let store: BlobStore

    init() throws {
        scratch = try Scratch()
        store = BlobStore(root: "\(scratch.path)/blobs")
        try store.check()
    }

    private func keep(_ content: String) throws -> BlobName {
        let file = try store.temporaryFile()
        try file.write(Array(content.utf8))
        return try store.keep(file, extension: "txt").name
    }

    private func sweep() throws -> BlobSweep { try #require(try store.sweep()) }

    private func files(of sweep: BlobSweep, portion: Int = 100) throws -> [BlobSweep.File] {
        var files: [BlobSweep.File] = []
        while let next = try sweep.next(portion) { files += next }
        return files
    }

    @Test(arguments: [1, 7, 1000]) func `finds every file once, whatever the portions`(portion: Int) throws {
        let names = try (0..<50).map { try keep("content \($0)") }
        let found = try files(of: sweep(), portion: portion)
        #expect(found.map(\.name.description).sorted() == names.map(\.description).sorted())
        #expect(found.allSatisfy { $0.bytes == "content 1".utf8.count || $0.bytes == "content 10".utf8.count })
    }

    @Test func `an empty store has nothing to find`() throws {
        let sweep = try sweep()
        #expect(try sweep.next(10) == nil)
        #expect(sweep.foreign == 0)
    }

    @Test func `tells how long ago a file was kept`() throws {
        let (old, young) = (try keep("old"), try keep("young"))
        age(store.path(of: old), by: 3600)
        let found = try files(of: sweep())
        #expect(found.first { $0.name == old }.map { $0.age > .seconds(3599) && $0.age < .seconds(3700) } == true)
        #expect(found.first { $0.name == young }.map { $0.age < .seconds(60) } == true)
    }

    @Test func `a file is as old as its keeping, not as its writing`() throws {
        let file = try store.temporaryFile()
        try file.write([1])
        age(file.path, by: 3600)
        let name = try store.keep(file, extension: "bin").name
        #expect(try files(of: sweep()).first { $0.name == name }.map { $0.age < .seconds(60) } == true)
    }

    @Test func `what is no stored file is counted and left alone`() throws {
        let name = try keep("abc")
        let folder = "blobs/\(name.folder)"
        let foreign = [
            "blobs/README", "\(folder)/notes.txt", "\(folder)/.hidden", "\(folder)/.nonsense.swept",
            "\(folder)/.\(name).swept", "blobs/ff",
        ]
        for path in foreign { _ = try scratch.file(path, [1]) }
        mkdir("\(scratch.path)/blobs/0f", 0o700)
        // The right name in the wrong place, a folder and a link with the name of a file.
        _ = try scratch.file("blobs/0f/\(name)", [1])
        mkdir("\(scratch.path)/blobs/0f/0f\(String(repeating: "0", count: 62)).png", 0o700)
        symlink("/etc/passwd", "\(scratch.path)/blobs/0f/0f\(String(repeating: "1", count: 62)).png")

        let sweep = try sweep()
        #expect(try files(of: sweep).map(\.name) == [name])
        #expect(sweep.foreign == foreign.count + 3)
        for path in foreign { #expect(fileStatus("\(scratch.path)/\(path)") != nil) }
    }

    @Test func `a file set aside is gone for others, and comes back as it was`() throws {
        let name = try keep("abc")
        let before = try #require(fileStatus(store.path(of: name)))
        let sweep = try sweep()
        let aside = try sweep.setAside(files(of: sweep), olderThan: .zero)
        #expect(aside.map(\.name) == [name])
        #expect(!store.exists(name))
        for file in aside { sweep.putBack(file) }
        let after = try #require(fileStatus(store.path(of: name)))
        #expect(after.st_ino == before.st_ino && after.st_mtim.tv_sec == before.st_mtim.tv_sec)
        #expect(scratch.names(in: "blobs/\(name.folder)") == [name.description])
    }

    @Test func `a file set aside is removed`() throws {
        let name = try keep("abc")
        let sweep = try sweep()
        for file in try sweep.setAside(files(of: sweep), olderThan: .zero) {
            let isRemoved = sweep.remove(file)
            #expect(isRemoved && file.bytes == 3)
        }
        #expect(scratch.names(in: "blobs/\(name.folder)") == [])
        #expect(sweep.failure == nil)
    }

    @Test func `a file that became young since it was found stays where it is`() throws {
        let name = try keep("abc")
        age(store.path(of: name), by: 3600)
        let sweep = try sweep()
        let found = try files(of: sweep)
        #expect(try keep("abc") == name)
        #expect(try sweep.setAside(found, olderThan: .seconds(60)).isEmpty)
        #expect(store.exists(name))
    }

    @Test func `what is kept while its old file is aside is stored anew, and not replaced`() throws {
        let name = try keep("abc")
        let sweep = try sweep()
        let aside = try sweep.setAside(files(of: sweep), olderThan: .zero)
        #expect(try keep("abc") == name)
        let anew = try #require(fileStatus(store.path(of: name)))
        for file in aside { sweep.putBack(file) }
        #expect(fileStatus(store.path(of: name))?.st_ino == anew.st_ino)
        #expect(scratch.names(in: "blobs/\(name.folder)") == [name.description])
    }

    @Test func `what a killed sweep has set aside is found, as old as it is`() throws {
        let name = try keep("abc")
        age(store.path(of: name), by: 3600)
        do {
            let killed = try sweep()
            #expect(try killed.setAside(files(of: killed), olderThan: .zero).count == 1)
        }
        let sweep = try sweep()
        let found = try files(of: sweep)
        #expect(found.map(\.name) == [name])
        #expect(found.allSatisfy { $0.isAside && $0.age > .seconds(3599) })
        for file in try sweep.setAside(found, olderThan: .seconds(86_400)) { sweep.putBack(file) }
        #expect(store.exists(name))
        #expect(scratch.names(in: "blobs/\(name.folder)") == [name.description])
    }

    @Test func `a sweep does not touch what another one has taken over`() throws {
        let name = try keep("abc")
        let first = try sweep()
        let aside = try first.setAside(files(of: first), olderThan: .zero)
        // As on a file system without locks.
        unlink("\(store.root)/\(SweepMark.fileName)")
        let second = try sweep()
        let taken = try second.setAside(files(of: second), olderThan: .zero)
        #expect(taken.count == 1)
        for file in aside {
            let isRemoved = first.remove(file)
            #expect(!isRemoved)
            first.putBack(file)
        }
        #expect(first.failure == nil)
        for file in taken { second.putBack(file) }
        #expect(store.exists(name))
    }

    @Test func `one process sweeps at a time, and not soon after another`() throws {
        let first = try sweep()
        #expect(try store.sweep() == nil)
        first.end()
        #expect(try store.sweep() == nil)
        _ = consume first

        #expect(try store.sweep(unlessWithin: .seconds(3600)) == nil)
        #expect(try store.sweep() != nil)
        age("\(store.root)/\(SweepMark.fileName)", by: 3601)
        #expect(try store.sweep(unlessWithin: .seconds(3600)) != nil)
    }

    @Test func `a sweep that did not get to its end does not count`() throws {
        do { _ = try files(of: sweep()) }
        #expect(try store.sweep(unlessWithin: .seconds(3600)) != nil)
    }

    @Test func `a store that cannot be read is said to be so`() throws {
        let error = #expect(throws: BlobError.self) {
            try BlobStore(root: "\(scratch.path)/none").sweep()
        }
        #expect(error?.message == "The file \(scratch.path)/none/.sweep cannot be opened: No such file or directory.")
    }
}
