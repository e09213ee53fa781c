import EventLoop
import Glibc
import Synchronization

/// The files below one folder, as they are.
///
/// Nothing outside the folder can be reached: paths are walked segment by segment from its descriptor, links are not
/// followed, and names that begin with a dot do not exist.
public final class StaticFiles: Sendable {
    private let root: Int32
    private let cacheControl: String
    private let compressed = Mutex(CompressedFiles())

    /// Throws when there is no such folder.
    public init(root path: String, cacheControl: String) throws(SystemError) {
        root = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { throw SystemError("open") }
        self.cacheControl = cacheControl
    }

    deinit { close(root) }

    /// `nil` when there is no such file. `path` is decoded and has no slash at its beginning.
    public func response(for path: String, _ request: Request) -> Response? {
        guard let file = file(at: path) else { return nil }
        let type = ContentType.of(path)
        let version = String(file.modified, radix: 36) + "-" + String(file.size, radix: 36)
        var headers: ResponseHeaders = [
            "Content-Type": type.text,
            "Last-Modified": HTTPDate.text(Int(file.modified / 1_000_000_000)),
            "Cache-Control": cacheControl,
            "X-Content-Type-Options": "nosniff",
        ]
        if type.isText {
            headers.append("Vary", "Accept-Encoding")
            // A range is a range of the file, not of its compressed form.
            if request.headers["range"] == nil, request.accepts(encoding: "gzip"),
                let bytes = gzipped(file, path: path, version: version)
            {
                return Self.response(gzipped: bytes, tag: "\"\(version)-gzip\"", headers, file, request)
            }
        }
        let tag = "\"\(version)\""
        headers.append("ETag", tag)
        return Response(sending: file, tag: tag, headers: headers, to: request)
    }

    private static func response(
        gzipped bytes: [UInt8],
        tag: String,
        _ headers: ResponseHeaders,
        _ file: OpenFile,
        _ request: Request
    ) -> Response {
        var headers = headers
        headers.append("ETag", tag)
        let modified = Int(file.modified / 1_000_000_000)
        guard request.selection(tag: tag, modified: modified, length: bytes.count) != .notModified else {
            return Response(.notModified, headers: headers)
        }
        headers.append("Content-Encoding", "gzip")
        return Response(.ok, headers: headers, body: .bytes(bytes))
    }

    private func file(at path: String) -> OpenFile? {
        let segments = path.utf8.split(separator: ASCII.slash, omittingEmptySubsequences: false)
        guard segments.count <= 16, let name = segments.last,
            segments.allSatisfy({ !$0.isEmpty && $0.first != ASCII.dot && !$0.contains(0) })
        else { return nil }
        var folder = root
        defer { if folder != root { close(folder) } }
        for segment in segments.dropLast() {
            let next = openat(folder, String(Substring(segment)), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard next >= 0 else { return nil }
            if folder != root { close(folder) }
            folder = next
        }
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        return try? OpenFile(descriptor: openat(folder, String(Substring(name)), flags))
    }

    /// `nil` when compressing it is not worth it.
    private func gzipped(_ file: OpenFile, path: String, version: String) -> [UInt8]? {
        guard file.size >= 1024, file.size <= CompressedFiles.largest else { return nil }
        if let known = compressed.withLock({ $0.find(path, version) }) { return known.isEmpty ? nil : known }
        guard let bytes = try? file.read(offset: 0, length: file.size) else { return nil }
        let smaller = Compressor(level: 9).gzip(bytes).flatMap { $0.count < bytes.count ? $0 : nil }
        compressed.withLock { $0.keep(path, version, smaller ?? []) }
        return smaller
    }
}

/// Compressed once, kept while there is room.
private struct CompressedFiles {
    static let largest = 1024 * 1024
    private static let room = 8 * 1024 * 1024

    private var files: [String: (version: String, bytes: [UInt8])] = [:]
    private var size = 0

    /// Empty bytes say that the file does not get smaller.
    func find(_ path: String, _ version: String) -> [UInt8]? {
        files[path].flatMap { $0.version == version ? $0.bytes : nil }
    }

    mutating func keep(_ path: String, _ version: String, _ bytes: [UInt8]) {
        size -= files[path]?.bytes.count ?? 0
        // Full only when a folder holds more text than a site has: then begin anew.
        if size + bytes.count > Self.room || files.count >= 1000 {
            files.removeAll()
            size = 0
        }
        files[path] = (version, bytes)
        size += bytes.count
    }
}
