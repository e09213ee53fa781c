import HTTPServer

/// Headers that every answer has, and who may post forms.
enum SecurityHeaders {
    /// Everything comes from here, nothing inline runs, nobody frames a page.
    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self';"
        + " frame-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"

    /// For a part of a page that the page itself shows in a frame.
    static let framedPolicy =
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none';"
        + " frame-ancestors 'self'"

    static func add(to response: inout Response) {
        if !response.headers.contains("Content-Security-Policy") {
            response.headers.append("Content-Security-Policy", policy)
        }
        response.headers.set("X-Content-Type-Options", "nosniff")
        response.headers.append("Referrer-Policy", "same-origin")
        response.headers.append("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.set("Cross-Origin-Resource-Policy", "same-origin")
    }
}

/// Refuses what another site has a visitor's browser send.
///
/// The rule of Go 1.25's CrossOriginProtection: what browsers say in Sec-Fetch-Site decides; older ones are known by an
/// Origin that differs from Host; who sends neither is no browser.
enum CrossOrigin {
    static func isForbidden(_ request: Request) -> Bool {
        if request.method == .get || request.method == .head || request.method == .options { return false }
        if let site = request.headers["sec-fetch-site"] { return site != "same-origin" && site != "none" }
        guard let origin = request.headers["origin"] else { return false }
        guard let scheme = origin.firstRange(of: "://") else { return true }
        return origin[scheme.upperBound...].lowercased() != (request.headers["host"] ?? "").lowercased()
    }
}

/// Answers only to its own names, so that a foreign name that resolves to this machine (DNS rebinding) reaches nothing.
struct AllowedHosts: Sendable {
    /// Without port, in lower case; empty allows any.
    private let names: Set<String>

    init(_ configuration: Configuration) {
        let loopback = ["localhost", "127.0.0.1", "[::1]"]
        if !configuration.allowedHosts.isEmpty {
            // Health checks ask by a loopback name, and no foreign page can make a browser send one.
            names = Set(configuration.allowedHosts.map { $0.lowercased() } + loopback)
        } else if loopback.contains(configuration.host) || configuration.host == "::1" {
            names = Set(loopback)
        } else {
            names = []
        }
    }

    func allows(_ host: String?) -> Bool {
        guard !names.isEmpty else { return true }
        guard let host = host?.lowercased() else { return false }
        if names.contains(host) { return true }
        guard let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") else { return false }
        return names.contains(String(host[..<colon]))
    }
}
