import EventLoop
import Glibc
import JSON
import Jobs
import Media
import Postgres
import Support
import Testing

@testable import WebApp

@Suite("Stored files that no picture names")
struct OrphanSweepTests {
    @Test func `are removed once they are old, and nothing else is`() async throws {
        try await withSite { site async throws in
            let (picture, thumbnail) = (try site.keep("picture", age: 7200), try site.keep("thumbnail", age: 7200))
            let small = try site.keep("small", age: 7200)
            try await site.name(picture, thumbnail, small)
            let orphans = [try site.keep("a", age: 7200), try site.keep("bc", age: 3601)]
            let young = try site.keep("young", age: 3500)
            let foreign = "\(site.app.blobs.root)/\(picture.description.prefix(2))/notes.txt"
            close(open(foreign, O_CREAT | O_WRONLY, 0o600))

            let planned = try #require(try await site.sweep(isDry: true))
            #expect(Set(planned.orphans.map(\.name)) == Set(orphans.map(\.description)))
            #expect(orphans.allSatisfy(site.app.blobs.exists))

            let report = try #require(try await site.sweep())
            #expect(Set(report.orphans.map(\.name)) == Set(orphans.map(\.description)))
            #expect((report.files, report.bytes, report.kept, report.foreign) == (6, 3, 4, 1))
            #expect(!orphans.contains(where: site.app.blobs.exists))
            #expect([picture, thumbnail, small, young].allSatisfy(site.app.blobs.exists))
            #expect(access(foreign, F_OK) == 0)
        }
    }

    @Test func `what a running attempt may be about to name is kept, however old it is`() async throws {
        try await withSite { site async throws in
            try await site.name(try site.keep("known", age: 7200))
            let (before, since) = (try site.keep("before", age: 7200), try site.keep("since", age: 5000))
            let attempt = try await site.begin(ago: .seconds(6000))
            #expect(try await site.sweep()?.orphans.map(\.name) == [before.description])
            #expect(site.app.blobs.exists(since))

            try await site.end(attempt)
            #expect(try await site.sweep()?.orphans.map(\.name) == [since.description])
        }
    }

    @Test func `what a killed sweep has set aside is put back or removed by the same rule`() async throws {
        try await withSite { site async throws in
            let known = [try site.keep("known", age: 7200), try site.keep("named meanwhile", age: 7200)]
            let (young, orphan) = (try site.keep("young", age: 10), try site.keep("orphan", age: 7200))
            for name in known { try await site.name(name) }
            // Killed: set aside, and neither put back nor removed.
            do {
                let killed = try #require(try site.app.blobs.sweep())
                while let files = try killed.next(100) { _ = try killed.setAside(files, olderThan: .zero) }
            }
            #expect(!(known + [young, orphan]).contains(where: site.app.blobs.exists))

            #expect(try await site.sweep()?.orphans.map(\.name) == [orphan.description])
            #expect((known + [young]).allSatisfy(site.app.blobs.exists))
            #expect(site.storedNames.count == 3)
        }
    }

    @Test func `stay when the database knows no file at all, for it may be the wrong one`() async throws {
        try await withSite { site async throws in
            let names = try (0..<5).map { try site.keep("\($0)", age: 86_400) }
            let report = try #require(try await site.sweep())
            #expect(report.isUnfamiliar && report.orphans.isEmpty && report.kept == 5)
            #expect(names.allSatisfy(site.app.blobs.exists))
        }
    }

    @Test func `stay while the database is away`() async throws {
        try await withSite { site async throws in
            let name = try site.keep("orphan", age: 86_400)
            let temporary = try site.app.blobs.temporaryFile()
            age(temporary.path, by: 86_400)
            let away = Database(DatabaseConfiguration(url: "postgresql:///x?host=/tmp/none"), loops: [site.loop])
            defer { away.close() }
            let error = await #expect(throws: PostgresError.self) { try await site.sweep(asking: away) }
            #expect(error?.code == .unavailable)
            #expect(site.app.blobs.exists(name))
            #expect(access(temporary.path, F_OK) == 0)
        }
    }

    @Test func `are all back in their places when the database goes away in the middle`() async throws {
        try await withSite { site async throws in
            try await site.name(try site.keep("known", age: 86_400))
            let count = 5000
            for number in 0..<count { try site.scatter(number, age: 86_400) }
            let database = Database(site.app.database.configuration, loops: [site.loop])
            let swept = Promise<Result<SweepReport?, any Error>>(on: site.loop)
            site.loop.spawn {
                do {
                    swept.succeed(.success(try await site.sweep(asking: database)))
                } catch {
                    swept.succeed(.failure(error))
                }
            }
            try await until(on: site.loop) { site.storedNames.count < count }
            database.close()
            let outcome = await swept.settled()
            #expect(throws: PostgresError.self) { try outcome.get() }
            #expect(site.storedNames.count > 1 && site.storedNames.allSatisfy { BlobName($0) != nil })
            // The rest is for the next one.
            #expect(try await site.sweep()?.kept == 1)
        }
    }

    @Test func `are not swept again so soon, unless the sweep failed`() async throws {
        try await withSite { site async throws in
            let away = Database(DatabaseConfiguration(url: "postgresql:///x?host=/tmp/none"), loops: [site.loop])
            defer { away.close() }
            _ = try? await site.sweep(asking: away)
            #expect(try await site.sweep(unlessWithin: .seconds(3600)) != nil)
            #expect(try await site.sweep(unlessWithin: .seconds(3600)) == nil)
        }
    }

    @Test func `half written files of dead writers go as well`() async throws {
        try await withSite { site async throws in
            let (dead, alive) = (try site.app.blobs.temporaryFile(), try site.app.blobs.temporaryFile())
            age(dead.path, by: 7200)
            #expect(try await site.sweep()?.temporary == 1)
            #expect(access(dead.path, F_OK) != 0 && access(alive.path, F_OK) == 0)
        }
    }

    @Test func `a picture that is made again while its file is swept is never lost`() async throws {
        try await withSite { site async throws in
            try await site.name(try site.keep("known", age: 86_400))
            try await site.working {
                for _ in 0..<20 {
                    let id = try await site.generate("a fox", parameters: ["width": 64, "height": 64, "seed": 1])
                    let sweeping = Promise<Int>(on: site.loop)
                    site.loop.spawn {
                        var count = 0
                        while (try? await site.sweep(grace: .zero)) != nil, count < 10 { count += 1 }
                        sweeping.succeed(count)
                    }
                    let path = try #require(try await site.finished(id)["media_path"]?.string)
                    _ = await sweeping.settled()
                    #expect(try await site.get("/images/\(path)").status == 200)
                    // Deleted, and long ago, so that the next sweep takes it for nobody's.
                    _ = try await site.app.database.execute("DELETE FROM jobs WHERE id = \(try site.uuid(id))")
                    age(site.app.blobs.path(of: try #require(BlobName(path))), by: 86_400)
                }
            }
        }
    }
}

extension TestSite {
    func sweep(
        asking database: Database? = nil,
        grace: Duration = .seconds(3600),
        unlessWithin pause: Duration = .zero,
        isDry: Bool = false
    ) async throws -> SweepReport? {
        let sweep = OrphanSweep(
            blobs: app.blobs,
            blocking: app.blocking,
            database: database ?? app.database,
            grace: grace
        )
        return try await sweep.run(unlessWithin: pause, isDry: isDry)
    }

    /// Stores a text as if so many seconds ago.
    func keep(_ content: String, age seconds: Int) throws -> BlobName {
        let file = try app.blobs.temporaryFile()
        try file.write(Array(content.utf8))
        let name = try app.blobs.keep(file, extension: "png").name
        age(app.blobs.path(of: name), by: seconds)
        return name
    }

    /// An empty file with a name of its own, without the cost of keeping it.
    fileprivate func scatter(_ number: Int, age seconds: Int) throws {
        let digits = String(number, radix: 16)
        let name = try #require(BlobName(String(repeating: "0", count: 64 - digits.count) + digits + ".png"))
        mkdir("\(app.blobs.root)/00", 0o700)
        close(open(app.blobs.path(of: name), O_CREAT | O_WRONLY, 0o600))
        age(app.blobs.path(of: name), by: seconds)
    }

    /// A completed job with a picture of these files.
    fileprivate func name(_ file: BlobName, _ thumbnail: BlobName? = nil, _ small: BlobName? = nil) async throws {
        let id = JobID.next()
        _ = try await app.database.batch([
            NewJob.insert([NewJob(id: id, kind: "generate_picture", queue: "none")]),
            "INSERT INTO generations (id, prompt, model) VALUES (\(id), 'x', 'x')",
            """
            INSERT INTO pictures (generation_id, position, file, thumbnail, small, width, height, bytes)
            VALUES (\(id), 0, \(file.description), \((thumbnail ?? file).description), \(small?.description), 1, 1, 1)
            """,
        ])
    }

    /// A job that somebody else runs.
    fileprivate func begin(ago time: Duration) async throws -> JobID {
        let id = JobID.next()
        _ = try await app.database.batch([
            NewJob.insert([NewJob(id: id, kind: "none", queue: "none")]),
            """
            UPDATE jobs
            SET state = 'processing', started_at = now() - \(time), lease_token = gen_random_uuid(),
                lease_until = now() + interval '1 hour'
            WHERE id = \(id)
            """,
        ])
        return id
    }

    fileprivate func end(_ job: JobID) async throws {
        _ = try await app.database.execute("DELETE FROM jobs WHERE id = \(job)")
    }

    /// Every name in the store's folders, also of what is aside.
    fileprivate var storedNames: [String] {
        names(in: app.blobs.root).filter { $0.utf8.count == 2 }.flatMap { names(in: "\(app.blobs.root)/\($0)") }
    }
}

/// The names of a folder's entries; none when it is not there.
func names(in folder: String) -> [String] {
    guard let listing = opendir(folder) else { return [] }
    defer { closedir(listing) }
    var names: [String] = []
    while let entry = readdir(listing) {
        let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19
        names.append(String(cString: (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)))
    }
    return names.filter { $0 != "." && $0 != ".." }
}

/// Makes a file as old as if it had been kept so many seconds ago.
private func age(_ path: String, by seconds: Int) {
    let past = timespec(tv_sec: time(nil) - seconds, tv_nsec: 0)
    utimensat(AT_FDCWD, path, [past, past], 0)
}
