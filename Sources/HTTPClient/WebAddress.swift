import CCurl

/// A URL parsed once: what is checked here is what libcurl connects to, so that no second parser can disagree.
///
/// libcurl brings decimal, octal and hexadecimal spellings of an IPv4 address to dotted decimal.
final class WebAddress {
    /// Owned; libcurl reads it during the whole transfer.
    let handle: OpaquePointer
    let scheme: String
    /// Lower case, without brackets and without a trailing dot.
    let host: String
    let port: Int

    init(_ text: String) throws(HTTPClientError) {
        guard text.utf8.count <= 8192 else { throw HTTPClientError(.badURL, "longer than 8 KiB") }
        guard !text.utf8.contains(0), let handle = curl_url() else { throw HTTPClientError(.badURL, "a NUL byte") }
        self.handle = handle
        do throws(HTTPClientError) {
            let failure = curl_url_set(handle, CURLUPART_URL, text, 0)
            guard failure == CURLUE_OK else {
                throw HTTPClientError(.badURL, String(cString: curl_url_strerror(failure)))
            }
            scheme = Self.part(CURLUPART_SCHEME, of: handle) ?? ""
            guard scheme == "http" || scheme == "https" else {
                throw HTTPClientError(.badURL, "neither http nor https")
            }
            guard Self.part(CURLUPART_USER, of: handle) == nil, Self.part(CURLUPART_PASSWORD, of: handle) == nil else {
                throw HTTPClientError(.badURL, "a user name or password in the URL")
            }
            var host = (Self.part(CURLUPART_HOST, of: handle) ?? "").lowercased()
            if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
            if host.hasSuffix(".") { host.removeLast() }
            guard !host.isEmpty else { throw HTTPClientError(.badURL, "no host") }
            self.host = host
            guard let port = Self.part(CURLUPART_PORT, of: handle, UInt32(CURLU_DEFAULT_PORT)).flatMap(Int.init),
                (1...65535).contains(port)
            else { throw HTTPClientError(.badURL, "not a port") }
            self.port = port
        } catch {
            curl_url_cleanup(handle)
            throw error
        }
    }

    deinit { curl_url_cleanup(handle) }

    private static func part(_ part: CURLUPart, of handle: OpaquePointer, _ flags: UInt32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
