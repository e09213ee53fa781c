import Glibc
import Support
import Testing
import Zip

@Suite("Zip archives")
struct ZipTests {
    private static let noon = ZipTime(year: 2026, month: 11, day: 21, hour: 12, minute: 34, second: 57)

    private func archive(_ files: [(name: String, content: [UInt8])]) -> [UInt8] {
        var zip = ZipWriter()
        var bytes: [UInt8] = []
        for (name, content) in files {
            var checksum = Checksum()
            checksum.add(content)
            bytes += zip.header(name, size: content.count, checksum: checksum.value, time: Self.noon) + content
        }
        return bytes + zip.end().joined()
    }

    @Test func `what goes in comes out`() throws {
        let files: [(name: String, content: [UInt8])] = [
            ("a.txt", Array("hello".utf8)), ("empty", []), ("Ünïcode 灯台.png", [UInt8](repeating: 7, count: 300_000)),
            ("folder/b.bin", Array(0...255)),
        ]
        let zip = try ZipReader(archive(files))
        #expect(zip.entries.map(\.name) == files.map(\.name))
        for (name, content) in files { #expect(try zip.content(of: name) == content) }
        #expect(zip.entries.allSatisfy { $0.day == "2026-11-21" })
        // In steps of two seconds.
        #expect(zip.entries[0].seconds == 12 * 3600 + 34 * 60 + 56)
    }

    @Test func `an archive of nothing is one`() throws {
        #expect(try ZipReader(archive([])).entries.isEmpty)
    }

    @Test func `the unzip that systems come with takes it`() async throws {
        let path = "/tmp/atelier-zip-\(UInt64.random(in: 0 ... .max)).zip"
        defer { unlink(path) }
        let bytes = archive((0..<300).map { ("\($0).txt", Array("number \($0)".utf8)) })
        let file = try #require(fopen(path, "wx"))
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
        fclose(file)
        let status = try await withLoop { loop in
            let unzip = try ChildProcess("unzip", ["-tq", path])
            let status = try await eventually(on: loop) { unzip.exitStatus() }
            if status != 0 { print(unzip.output) }
            return status
        }
        #expect(status == 0)
    }

    @Test(arguments: [65_534, 65_535, 65_536, 70_000])
    func `there may be more entries than old records can count`(count: Int) throws {
        let zip = try ZipReader(archive((0..<count).map { ("\($0)", []) }))
        #expect(zip.entries.count == count)
        #expect(zip.entries.last?.name == "\(count - 1)")
    }

    @Test(arguments: [
        [0xFFFF_FFFE], [0xFFFF_FFFF], [0x1_0000_0000], [5 << 30, 7], [3 << 30, 3 << 30, 0, 9], [1, 1 << 40, 1 << 20],
    ])
    func `files and archives may be larger than old records can say`(sizes: [Int]) throws {
        // The content of no file is there: what reads headers and the list does not miss it.
        var zip = ZipWriter()
        var pieces: [(offset: UInt64, bytes: [UInt8])] = []
        var offset: UInt64 = 0
        for (number, size) in sizes.enumerated() {
            let header = zip.header("\(number).bin", size: size, checksum: 0x1234_5678, time: Self.noon)
            pieces.append((offset, header))
            offset += UInt64(header.count + size)
        }
        for piece in zip.end() {
            pieces.append((offset, piece))
            offset += UInt64(piece.count)
        }
        let reader = try ZipReader(size: offset) { start, count in
            guard let piece = pieces.last(where: { $0.offset <= start }) else { return nil }
            let from = start - piece.offset
            guard from + UInt64(count) <= UInt64(piece.bytes.count) else { return nil }
            return Array(piece.bytes[Int(from)..<Int(from) + count])
        }
        #expect(reader.entries.map(\.size) == sizes.map { UInt64($0) })
        #expect(reader.entries.allSatisfy { $0.checksum == 0x1234_5678 })
    }

    @Test(arguments: [
        (1970, "1980-01-01", 0), (1980, "1980-02-03", 3 * 3600), (2107, "2107-02-03", 3 * 3600),
        (2108, "2107-12-31", 86_398),
    ])
    func `times that no record can say are the nearest that one can`(year: Int, day: String, seconds: Int) throws {
        var zip = ZipWriter()
        let time = ZipTime(year: year, month: 2, day: 3, hour: 3)
        let bytes = zip.header("a", size: 0, checksum: 0, time: time) + zip.end().joined()
        let entry = try #require(try ZipReader(bytes).entries.first)
        #expect(entry.day == day)
        #expect(entry.seconds == seconds)
    }

    @Test func `a checksum does not depend on the pieces`() {
        let bytes = Array("123456789".utf8)
        var whole = Checksum()
        whole.add(bytes)
        // The check value of CRC-32/ISO-HDLC.
        #expect(whole.value == 0xCBF4_3926)
        var pieces = Checksum()
        for piece in [bytes[..<4], [], bytes[4...]] { pieces.add(Array(piece)) }
        #expect(pieces.value == whole.value)
    }
}
