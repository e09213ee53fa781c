import HTTPServer
import Media

enum ImagePages {
    /// `GET /images/{file}`, `?download` to save it: a stored picture, which never changes.
    static func show(_ request: Request, _ app: App, file: BlobName) async throws -> Response {
        guard let type = contentType(of: file) else { throw PageError.notFound }
        let name = request.query["download"] == nil ? nil : "atelier-\(file.hash.prefix(12)).\(file.fileExtension)"
        let response = FileResponse(
            path: app.blobs.path(of: file),
            name: String(file.hash),
            contentType: type,
            downloadName: name
        ).response(to: request)
        guard let response else { throw PageError.notFound }
        return response
    }

    private static func contentType(of file: BlobName) -> String? {
        PictureFormat(fileExtension: file.fileExtension)?.mediaType
    }
}
