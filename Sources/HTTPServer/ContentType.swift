/// Content types by file extension: a closed list, because the system's own differs from machine to machine.
struct ContentType: Sendable {
    let text: String
    /// Whether it is text, and so gets much smaller by gzip.
    let isText: Bool

    static func of(_ path: String) -> ContentType {
        guard let dot = path.utf8.lastIndex(of: ASCII.dot) else { return ContentType("application/octet-stream") }
        switch path[path.utf8.index(after: dot)...].lowercased() {
        case "avif": return ContentType("image/avif")
        case "css": return ContentType("text/css; charset=utf-8", isText: true)
        case "gif": return ContentType("image/gif")
        case "html": return ContentType("text/html; charset=utf-8", isText: true)
        case "ico": return ContentType("image/vnd.microsoft.icon")
        case "jpeg", "jpg": return ContentType("image/jpeg")
        case "js", "mjs": return ContentType("text/javascript; charset=utf-8", isText: true)
        case "json", "map": return ContentType("application/json", isText: true)
        case "mp4": return ContentType("video/mp4")
        case "pdf": return ContentType("application/pdf")
        case "png": return ContentType("image/png")
        case "svg": return ContentType("image/svg+xml", isText: true)
        case "txt": return ContentType("text/plain; charset=utf-8", isText: true)
        case "webm": return ContentType("video/webm")
        case "webmanifest": return ContentType("application/manifest+json", isText: true)
        case "webp": return ContentType("image/webp")
        case "woff2": return ContentType("font/woff2")
        case "xml": return ContentType("application/xml", isText: true)
        default: return ContentType("application/octet-stream")
        }
    }

    private init(_ text: String, isText: Bool = false) {
        self.text = text
        self.isText = isText
    }
}
