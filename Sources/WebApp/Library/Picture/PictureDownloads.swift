import EventLoop
import HTTPServer
import JSON
import Media
import Postgres

/// A picture to take away: with what it was made of, or without.
enum PictureDownloads {
    private static let piece = 256 * 1024

    /// `GET /pictures/{id}/with-settings`: the settings stand in the file, where its format has a place for them.
    static func withSettings(_ request: Request, _ app: App, id: PictureID) async throws -> Response {
        guard let details = try await app.database.picture(id) else { throw PageError.notFound }
        return try await response(details, text: details.words, suffix: "", app)
    }

    /// `GET /pictures/{id}/clean`: nothing stands in the file but the picture.
    static func clean(_ request: Request, _ app: App, id: PictureID) async throws -> Response {
        guard let details = try await app.database.picture(id) else { throw PageError.notFound }
        return try await response(details, text: nil, suffix: "-clean", app)
    }

    private static func response(
        _ details: PictureDetails,
        text: String?,
        suffix: String,
        _ app: App
    ) async throws -> Response {
        let picture = details.picture
        guard let name = BlobName(picture.file), let format = PictureFormat(fileExtension: name.fileExtension) else {
            throw PageError.notFound
        }
        let path = app.blobs.path(of: name)
        // Opened first: what was measured is what is sent, even if its name goes meanwhile.
        let opened = try await app.blocking.run { () throws -> (StoredFile, PictureCopy)? in
            guard let file = StoredFile(path: path) else { return nil }
            return (file, try Pictures.copy(of: path, text: text))
        }
        guard let (file, copy) = opened else { throw PageError.notFound }
        var response = Response.stream(contentType: format.mediaType) { writer in
            for piece in copy.pieces {
                switch piece {
                case .new(let bytes): try await writer.write(bytes)
                case .stored(let range): try await send(range, of: file, to: writer, app)
                }
            }
        }
        let title = FileTitle.words(picture.prompt)
        let unique = picture.id.description.suffix(8)
        response.headers.set(
            "Content-Disposition",
            "attachment; filename=\"atelier\(title)-\(unique)\(suffix).\(name.fileExtension)\""
        )
        response.headers.set("Cache-Control", "private, no-cache")
        return response
    }

    private static func send(
        _ range: Range<Int>,
        of file: StoredFile,
        to writer: BodyWriter,
        _ app: App
    ) async throws {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let (start, limit) = (offset, min(piece, range.upperBound - offset))
            let bytes = try await app.blocking.run { file.read(at: start, limit: limit) }
            guard let bytes, bytes.count == limit else { throw BrokenDownload() }
            try await writer.write(bytes)
            offset += limit
        }
    }
}

/// What has begun cannot be ended well; the client sees that the download breaks off.
struct BrokenDownload: Error {}

/// The words of a prompt in the name of a file.
enum FileTitle {
    /// `-a-lighthouse-at-dusk`, of ASCII letters and digits; empty when there are none.
    static func words(_ prompt: String) -> String {
        var title = ""
        let words = prompt.prefix(80).lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }
        for word in words where title.utf8.count + word.utf8.count < 48 { title += "-\(word)" }
        return title
    }
}

extension PictureDetails {
    /// The settings as most tools of this kind write and read them: the prompt, what was not wanted, then the rest in
    /// one line.
    var words: String {
        let used = details.filter { parameters[$0.key] == nil }
        let negative = parameters["negative_prompt"]?.string ?? ""
        var facts = [("Size", "\(picture.width)x\(picture.height)"), ("Model", picture.model)]
        if let seed { facts.insert(("Seed", String(seed)), at: 0) }
        let told: Set = ["negative_prompt", "seed", "width", "height"]
        for (key, value) in parameters.map({ $0 }) + used.map({ $0 }) where !told.contains(key) {
            facts.append((Setting.words(key), value.string ?? value.text))
        }
        let line = facts.map { "\($0.0): \(Self.quoted($0.1))" }.joined(separator: ", ")
        return ([picture.prompt] + (negative.isEmpty ? [] : ["Negative prompt: \(negative)"]) + [line])
            .joined(separator: "\n")
    }

    /// In quotation marks where it would be read as more than one.
    private static func quoted(_ value: String) -> String {
        value.contains { ",:\n".contains($0) } ? JSON.string(value).text : value
    }
}
