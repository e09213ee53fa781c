import EventLoop
import HTTPServer
import JSON
import Media
import Postgres
import Templates
import Zip

/// Pictures as one download.
enum LibraryZip {
    /// What is remembered of each until the end adds up.
    static let most = 50_000

    /// `GET /history/zip?<query>`: all that match.
    static func show(_ request: Request, _ app: App) async throws -> Response {
        let shown = LibraryForm(request.query)
        guard shown.problems.isEmpty, shown.query.contradiction == nil, shown.query.status == .pictures else {
            throw PageError.malformed("This does not say which pictures.")
        }
        let ids = try await app.database.zipped(shown.query)
        guard ids.count <= most else {
            throw APIFailure(
                .unprocessableContent,
                "More than \(grouped(most)) pictures match, which is too much for one zip: add a filter, such as a date."
            )
        }
        guard !ids.isEmpty else { throw PageError.notFound }
        let address = shown.query.address().text
        return response(ids, search: address, includesTrash: shown.query.trash, app)
    }

    /// The chosen ones, wherever they lie.
    static func response(_ ids: [PictureID], _ app: App) -> Response {
        response(ids, search: nil, includesTrash: true, app)
    }

    private static func response(_ ids: [PictureID], search: String?, includesTrash: Bool, _ app: App) -> Response {
        let now = Timestamp.now
        var response = Response.stream(contentType: "application/zip") { writer in
            var stream = try await ZipStream(app, writer, time: now, includesTrash: includesTrash)
            try await stream.send(ids, search: search)
        }
        response.headers.set(
            "Content-Disposition",
            "attachment; filename=\"atelier-\(now.description.prefix(10)).zip\""
        )
        response.headers.set("Cache-Control", "no-store")
        return response
    }
}

/// A zip on its way to somebody, no faster than they take it.
///
/// Whatever happens to pictures meanwhile, the zip is whole: a file is measured while it is open, so it is all there or
/// left out, and the manifest at the end names what was left out.
private struct ZipStream {
    /// Pictures asked for at once.
    private static let batch = 100
    private static let piece = 256 * 1024

    private let app: App
    private let writer: BodyWriter
    private let time: Timestamp
    private let includesTrash: Bool
    private var zip = ZipWriter()
    private var number = 0
    private var leftOut: [(id: PictureID, reason: StaticString)] = []
    /// The manifest's lines, kept on the disk: prompts can be long, and many.
    private let spool: TemporaryFile
    /// Opened at once: old temporary files lose their names.
    private let spooled: StoredFile

    init(_ app: App, _ writer: BodyWriter, time: Timestamp, includesTrash: Bool) async throws {
        self.app = app
        self.writer = writer
        self.time = time
        self.includesTrash = includesTrash
        let blobs = app.blobs
        (spool, spooled) = try await app.blocking.run {
            let spool = try blobs.temporaryFile()
            guard let spooled = StoredFile(path: spool.path) else { throw BrokenDownload() }
            return (spool, spooled)
        }
    }

    mutating func send(_ ids: [PictureID], search: String?) async throws {
        try await beginManifest(search: search)
        for start in stride(from: 0, to: ids.count, by: Self.batch) {
            let asked = Array(ids[start..<min(start + Self.batch, ids.count)])
            let found = try await app.database.zipped(asked)
            let byID = Dictionary(uniqueKeysWithValues: found.map { ($0.id, $0) })
            for id in asked {
                guard let picture = byID[id] else {
                    leftOut.append((id, "It was deleted meanwhile."))
                    continue
                }
                guard includesTrash || !picture.isInTrash else {
                    leftOut.append((id, "It was thrown into the trash meanwhile."))
                    continue
                }
                try await send(picture)
            }
        }
        try await endManifest()
        for piece in zip.end() { try await writer.write(piece) }
    }

    private mutating func send(_ picture: ZippedPicture) async throws {
        guard let name = BlobName(picture.file) else {
            leftOut.append((picture.id, "Its file has no name."))
            return
        }
        let path = app.blobs.path(of: name)
        let opened = try await blocking { StoredFile(path: path).flatMap { file in file.measure().map { (file, $0) } } }
        guard let (file, measure) = opened else {
            leftOut.append((picture.id, "Its file is missing, or cannot be read."))
            return
        }
        number += 1
        let entry = picture.name(number)
        var json = JSONWriter()
        picture.write(to: &json, name: entry)
        try await write(toManifest: (number == 1 ? "\n" : ",\n").utf8 + json.bytes)
        try await send(file, measure, as: entry, time: picture.createdAt)
    }

    private mutating func send(
        _ file: StoredFile,
        _ measure: (size: Int, checksum: UInt32),
        as name: String,
        time: Timestamp
    ) async throws {
        try await writer.write(
            zip.header(name, size: measure.size, checksum: measure.checksum, time: ZipTime(time))
        )
        var offset = 0
        while offset < measure.size {
            let start = offset
            let limit = min(Self.piece, measure.size - start)
            guard let bytes = try await blocking({ file.read(at: start, limit: limit) }), bytes.count == limit else {
                throw BrokenDownload()
            }
            try await writer.write(bytes)
            offset += limit
        }
    }

    // MARK: The manifest

    private func beginManifest(search: String?) async throws {
        var json = JSONWriter()
        json.beginObject()
        json.timestamp("made_at", time)
        json.field("search", orNull: search)
        json.key("pictures")
        json.beginArray()
        try await write(toManifest: json.bytes)
    }

    private mutating func endManifest() async throws {
        var json = JSONWriter()
        json.beginArray()
        for (id, reason) in leftOut {
            json.beginObject()
            json.field("id", id.description)
            json.field("reason", reason)
            json.endObject()
        }
        json.endArray()
        try await write(toManifest: Array("\n],\"left_out\":".utf8) + json.bytes + Array("}\n".utf8))
        let spooled = spooled
        guard let measure = try await blocking({ spooled.measure() }) else { throw BrokenDownload() }
        try await send(spooled, measure, as: "manifest.json", time: time)
    }

    private func write(toManifest bytes: [UInt8]) async throws {
        let spool = spool
        try await blocking { try spool.write(bytes) }
    }

    /// A download can wait for its turn.
    private func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        while true {
            do {
                return try await app.blocking.run(work)
            } catch is BlockingPool.Full {
                try await EventLoop.current?.sleep(for: .milliseconds(100))
            }
        }
    }
}
