import EventLoop

/// A file whose name is that of its content: once a client has it, it has it for good.
public struct FileResponse: Sendable {
    private let path: String
    private let tag: String
    private let contentType: String
    private let downloadName: String?
    private let cacheControl: String

    /// `name` is the content's address, such as its hash, in characters that need no quoting. With `downloadName`, which
    /// a visitor may have chosen, browsers save the file under it instead of showing it.
    public init(
        path: String,
        name: String,
        contentType: String,
        downloadName: String? = nil,
        cacheControl: String = "private, max-age=31536000, immutable"
    ) {
        self.path = path
        tag = "\"\(name)\""
        self.contentType = contentType
        self.downloadName = downloadName
        self.cacheControl = cacheControl
    }

    /// `nil` when there is no such file.
    ///
    /// The file is served for what it is said to be, and as a document it may do nothing: whoever made it, a browser
    /// does not run it.
    public func response(to request: Request) -> Response? {
        guard let file = try? OpenFile(path: path) else { return nil }
        var headers: ResponseHeaders = [
            "Content-Type": contentType,
            "ETag": tag,
            "Cache-Control": cacheControl,
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "same-origin",
        ]
        if let downloadName { headers.append("Content-Disposition", Self.disposition(downloadName)) }
        return Response(sending: file, tag: tag, headers: headers, to: request)
    }

    /// `filename` for old clients, `filename*` for all that read it (RFC 6266, RFC 8187).
    static func disposition(_ name: String) -> String {
        let safe = String(
            name.unicodeScalars.map { $0.value < 0x20 || "/\\\u{7F}".unicodeScalars.contains($0) ? "_" : Character($0) }
        )
        let plain = String(safe.unicodeScalars.map { $0.isASCII && $0 != "\"" && $0 != "%" ? Character($0) : "_" })
        let disposition = "attachment; filename=\"\(plain)\""
        return plain == safe ? disposition : disposition + "; filename*=UTF-8''\(percentEncoded(safe))"
    }
}

extension Response {
    /// As much of the file as the request's conditions and range ask for. `headers` hold the entity tag.
    init(sending file: OpenFile, tag: String, headers: ResponseHeaders, to request: Request) {
        let modified = Int(file.modified / 1_000_000_000)
        self.init(.ok, headers: headers)
        self.headers.append("Accept-Ranges", "bytes")
        switch request.selection(tag: tag, modified: modified, length: file.size) {
        case .whole:
            body = .file(file, offset: 0, length: file.size)
        case .part(let range):
            status = .partialContent
            self.headers.append("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.size)")
            body = .file(file, offset: range.lowerBound, length: range.count)
        case .notModified:
            status = .notModified
        case .unsatisfiable:
            self.init(.rangeNotSatisfiable, headers: ["Content-Range": "bytes */\(file.size)"])
        }
    }
}
