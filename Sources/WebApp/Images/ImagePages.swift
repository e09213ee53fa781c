import HTTPServer
import Media

enum ImagePages {
    /// `GET /images/{file}`, `?download` to save it: a stored picture, which never changes.
    static func show(_ request: Request, _ app: App, file: BlobName) async throws -> Response {
        guard let type = contentType(file.fileExtension) else { throw PageError.notFound }
        let name = request.query["download"] == nil ? nil : "atelier-\(file.hash.prefix(12)).\(file.fileExtension)"
        let response = FileResponse(
            path: app.blobs.path(of: file),
            contentType: type,
            etag: file.hash,
            downloadName: name
        ).response(to: request)
        guard var response else { throw PageError.notFound }
        // Should bytes ever pass for something else than a picture, they may do nothing.
        response.headers.set("Content-Security-Policy", "default-src 'none'; sandbox")
        return response
    }

    private static func contentType(_ fileExtension: String) -> String? {
        switch fileExtension {
        case "png": "image/png"
        case "jpg": "image/jpeg"
        case "webp": "image/webp"
        case "gif": "image/gif"
        case "avif": "image/avif"
        default: nil
        }
    }
}
