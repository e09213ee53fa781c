import CZlib

/// Gzips one thing after the other with one deflate state of about 256 KB, made at its first use.
final class Compressor {
    /// Below this the gain is not worth the client's work.
    private static let smallest = 1024
    private let level: Int32
    private var stream = z_stream()
    private var isReady = false

    /// From 1, fast, to 9, small.
    init(level: Int32 = 4) { self.level = level }

    deinit {
        if isReady { deflateEnd(&stream) }
    }

    /// The response as it should be sent: gzipped if it allows that, is worth it, and the client takes it.
    func compressed(_ response: Response, for request: Request) -> Response {
        guard response.compressible, case .bytes(let bytes) = response.body, bytes.count >= Self.smallest,
            !response.headers.contains("content-encoding")
        else { return response }
        var response = response
        response.headers.append("Vary", "Accept-Encoding")
        guard request.accepts(encoding: "gzip"), let smaller = gzip(bytes), smaller.count < bytes.count else {
            return response
        }
        response.headers.append("Content-Encoding", "gzip")
        // Two encodings of one page are not the same bytes: only a weak validator may say they are equal.
        if let tag = response.headers["etag"], !tag.hasPrefix("W/") { response.headers.set("ETag", "W/\(tag)") }
        response.body = .bytes(smaller)
        return response
    }

    /// `nil` without memory.
    func gzip(_ bytes: [UInt8]) -> [UInt8]? {
        guard prepare() else { return nil }
        let bound = Int(deflateBound(&stream, UInt(bytes.count)))
        var isDone = false
        let compressed = bytes.withUnsafeBufferPointer { input in
            [UInt8](unsafeUninitializedCapacity: bound) { output, count in
                // zlib does not write through next_in; its type is older than const.
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                isDone = deflate(&stream, Z_FINISH) == Z_STREAM_END
                count = output.count - Int(stream.avail_out)
            }
        }
        return isDone ? compressed : nil
    }

    private func prepare() -> Bool {
        if isReady { return deflateReset(&stream) == Z_OK }
        // 15 + 16: the largest window, in gzip's wrapping.
        let result = deflateInit2_(
            &stream,
            level,
            Z_DEFLATED,
            15 + 16,
            8,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        isReady = result == Z_OK
        return isReady
    }
}

extension Request {
    /// Whether `Accept-Encoding` names the encoding, or `*`, with a weight over 0 (RFC 9110, section 12.5.3).
    func accepts(encoding: String) -> Bool {
        guard let accepted = headers["accept-encoding"] else { return false }
        var anyOther = false
        for item in accepted.split(separator: ",") {
            let parts = item.split(separator: ";")
            guard let name = parts.first?.trimmed else { continue }
            let isRefused = parts.dropFirst().contains { parameter in
                let parameter = parameter.trimmed
                return parameter.lowercased().hasPrefix("q=0")
                    && parameter.dropFirst(3).allSatisfy { $0 == "0" || $0 == "." }
            }
            if name.equalsIgnoringCase(encoding) { return !isRefused }
            if name == "*" { anyOther = !isRefused }
        }
        return anyOther
    }
}
