import EventLoop
import JSON
import Jobs
import Media
import Postgres

/// Has a provider make the pictures of a generation, and keeps them.
struct GeneratePicture: Job {
    static let kind = "generate_picture"
    /// The history is made of them.
    static let isKeptWhenCompleted = true
    /// Of thumbnails, where they are shortest; on screens with fine pixels they fill a row of the library.
    static let thumbnailSide = 512
    /// The same on plain screens.
    static let smallSide = 320

    let id: JobID

    /// The generation has the job's own id: there is nothing else to know.
    init(id: JobID, arguments: JSON) {
        self.id = id
    }

    func run(_ app: App, _ attempt: Attempt) async throws -> JobOutcome<[KeptPicture]> {
        guard let wanted = try await app.database.wantedPicture(id) else {
            return .cancelled(reason: "the generation was deleted")
        }
        guard case .known(let model) = app.models.find(wanted.model) else {
            throw JobError.permanent("the model \(wanted.model) is not available on this server any more")
        }
        let kept: [KeptPicture]
        do {
            let made = try await model.provider.make(wanted, attempt)
            guard !made.isEmpty else { throw JobError.permanent("\(model.provider.name) made no picture") }
            let blobs = app.blobs
            kept = try await app.blocking.run { try KeptPicture.keep(made, in: blobs) }
        } catch let error as PictureError {
            throw JobError(keepingFailed: error)
        } catch let error as BlobError {
            throw JobError(keepingFailed: error)
        } catch is BlockingPool.Full {
            throw JobError.transient("This server is too busy with other pictures")
        }
        attempt.report(progress: 1)
        return .completed(kept)
    }

    static func abandon(_ id: JobID, checkpoint: JSON, _ app: App) async throws {
        guard let wanted = try await app.database.wantedPicture(id),
            case .known(let model) = app.models.find(wanted.model)
        else { return }
        try await model.provider.abandon(checkpoint)
    }

    static func store(_ products: [(id: JobID, product: [KeptPicture])]) -> SQL? {
        let rows = products.flatMap { id, pictures in
            pictures.enumerated().map { (id: id.rawValue, position: $0.offset, picture: $0.element) }
        }
        guard !rows.isEmpty else { return nil }
        return """
            INSERT INTO pictures (generation_id, position, file, thumbnail, small, width, height, bytes, details)
            SELECT p.id, p.position, p.file, p.thumbnail, nullif(p.small, ''), p.width, p.height, p.bytes,
                p.details::jsonb
            FROM unnest(
                \(rows.map(\.id))::uuid[], \(rows.map(\.position))::bigint[], \(rows.map(\.picture.file))::text[],
                \(rows.map(\.picture.thumbnail))::text[], \(rows.map { $0.picture.small ?? "" })::text[],
                \(rows.map(\.picture.width))::bigint[], \(rows.map(\.picture.height))::bigint[],
                \(rows.map(\.picture.bytes))::bigint[], \(rows.map { JSON.object($0.picture.details).text })::text[]
            ) AS p (id, position, file, thumbnail, small, width, height, bytes, details)
            JOIN finished_jobs ON finished_jobs.id = p.id
            """
    }
}

/// A picture that was checked and is in the blob store, with its thumbnails.
struct KeptPicture: Sendable {
    let file: String
    let thumbnail: String
    /// `nil` where it would hardly be smaller.
    let small: String?
    let width: Int
    let height: Int
    let bytes: Int
    let details: JSONObject

    /// Blocks. Throws `PictureError` for bytes that are no picture, `BlobError` for a store that takes no more.
    ///
    /// What can never be a picture, such as a text among the files, is left out, unless nothing else is there.
    static func keep(_ made: [MadePicture], in blobs: BlobStore) throws -> [KeptPicture] {
        var kept: [KeptPicture] = []
        var problem: PictureError?
        for picture in made {
            do {
                kept.append(try KeptPicture(keeping: picture, in: blobs))
            } catch let error as PictureError where !error.mayPass {
                problem = problem ?? error
            }
        }
        if let problem, kept.isEmpty { throw problem }
        return kept
    }

    private init(keeping made: MadePicture, in blobs: BlobStore) throws {
        let info = try Pictures.check(file: made.file.path)
        let preview = info.isItsOwnThumbnail ? nil : try blobs.temporaryFile()
        var smaller: TemporaryFile?
        if let preview {
            let box = Self.box(PictureSize(width: info.width, height: info.height), side: GeneratePicture.thumbnailSide)
            let size = try Pictures.thumbnail(of: made.file.path, fitting: box, to: preview.path)
            if min(size.width, size.height) > GeneratePicture.smallSide {
                let file = try blobs.temporaryFile()
                // Of the other: a quarter of the work, and nobody sees a difference.
                let box = Self.box(size, side: GeneratePicture.smallSide)
                try Pictures.thumbnail(of: preview.path, fitting: box, to: file.path)
                smaller = file
            }
        }
        file = try blobs.keep(made.file, extension: info.format.fileExtension).name.description
        thumbnail = try preview.map { try blobs.keep($0, extension: "webp").name.description } ?? file
        small = try smaller.map { try blobs.keep($0, extension: "webp").name.description }
        (width, height, bytes) = (info.width, info.height, info.bytes)
        details = made.details
    }

    /// Cards show a square: the shorter side must fill it. A panorama stays within twice of that.
    private static func box(_ size: PictureSize, side: Int) -> PictureSize {
        let shorter = max(1, min(size.width, size.height))
        return PictureSize(
            width: max(1, min(size.width * side / shorter, 2 * side)),
            height: max(1, min(size.height * side / shorter, 2 * side))
        )
    }
}

extension JobError {
    init(keepingFailed error: PictureError) {
        self.init("The picture cannot be kept: \(error.message)", isTransient: error.mayPass)
    }

    init(keepingFailed error: BlobError) {
        self.init("The picture cannot be kept: \(error.message)", isTransient: true)
    }
}

extension PictureInfo {
    /// Small enough that a second file would only cost.
    fileprivate var isItsOwnThumbnail: Bool {
        frames == 1 && max(width, height) <= GeneratePicture.thumbnailSide && bytes <= 65_536
    }
}

extension PictureError {
    /// Room may be made, and what was cut short on its way can be fetched again; bytes that are no picture stay so.
    fileprivate var mayPass: Bool { [.diskFull, .io, .truncated].contains(code) }
}

extension Database {
    func wantedPicture(_ id: JobID) async throws(PostgresError) -> WantedPicture? {
        try await query("SELECT prompt, model, parameters FROM generations WHERE id = \(id)")
            .map { (prompt: String, model: String, parameters: JSON) in
                WantedPicture(id: id, prompt: prompt, model: model, parameters: parameters.object ?? [:])
            }
            .first
    }
}
