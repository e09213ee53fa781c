/// Where Redis is and who we are to it: `redis://[[user]:password@]host[:port][/database]`, or
/// `unix://[[user]:password@]/path/redis.sock[?db=database]`.
struct RedisAddress: Sendable, Equatable {
    enum Endpoint: Sendable, Equatable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    let endpoint: Endpoint
    let user: String?
    let password: String?
    let database: Int

    init(url: String) throws(RedisError) {
        let parts = url.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].hasPrefix("//") else { throw .badURL("not a URL") }
        let rest = parts[1].dropFirst(2)
        let pathStart = rest.firstIndex(of: "/") ?? rest.endIndex
        let (host, path) = (rest[..<pathStart], rest[pathStart...])
        let at = host.lastIndex(of: "@")
        (user, password) = try Self.credentials(at.map { host[..<$0] })
        let server = at.map { host[host.index(after: $0)...] } ?? host
        switch parts[0].lowercased() {
        case "redis":
            endpoint = try Self.endpoint(server)
            database = try Self.database(path.dropFirst())
        case "unix":
            let parts = path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            let file = try Self.decoded(parts[0])
            // A unix socket's address has room for 107 bytes.
            guard server.isEmpty, !file.isEmpty, file.utf8.count <= 107 else {
                throw .badURL("not an absolute path of at most 107 bytes")
            }
            endpoint = .unix(path: file)
            guard parts.count == 1 || parts[1].hasPrefix("db=") else { throw .badURL("an option other than db") }
            database = try Self.database(parts.count == 1 ? "" : parts[1].dropFirst(3))
        case "rediss": throw .badURL("TLS to Redis is not supported")
        default: throw .badURL("neither redis:// nor unix://")
        }
    }

    /// The commands that open a connection; the last one also proves that Redis answers.
    var greeting: [[RedisWord]] {
        var commands: [[RedisWord]] = []
        if let password {
            commands.append(["AUTH"] + (user.map { [RedisWord($0)] } ?? []) + [RedisWord(password)])
        }
        if database != 0 { commands.append(["SELECT", RedisWord(database)]) }
        return commands + [["PING"]]
    }

    private static func endpoint(_ text: Substring) throws(RedisError) -> Endpoint {
        var host = text
        var port = 6379
        // The last colon, unless it belongs to an IPv6 address.
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            guard let number = Int(text[text.index(after: colon)...]), (1...65535).contains(number) else {
                throw .badURL("not a port")
            }
            port = number
            host = text[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.utf8.contains(0) else { throw .badURL("no host") }
        return .tcp(host: String(host), port: port)
    }

    private static func credentials(_ text: Substring?) throws(RedisError) -> (user: String?, password: String?) {
        guard let text else { return (nil, nil) }
        guard let colon = text.firstIndex(of: ":") else { throw .badURL("a user without a password") }
        let user = try decoded(text[..<colon])
        return (user.isEmpty ? nil : user, try decoded(text[text.index(after: colon)...]))
    }

    /// None is 0.
    private static func database(_ text: Substring) throws(RedisError) -> Int {
        if text.isEmpty { return 0 }
        guard let number = Int(text), (0...1_000_000).contains(number) else { throw .badURL("not a database number") }
        return number
    }

    private static func decoded(_ text: Substring) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                throw .badURL("a percent sign without two digits")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard !bytes.contains(0) else { throw .badURL("a NUL byte") }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension RedisError {
    /// Without the text itself, which may hold a password.
    fileprivate static func badURL(_ message: String) -> RedisError { RedisError(.badURL, "the Redis URL: \(message)") }
}

extension RedisAddress {
    /// Whether reaching it asks for a name.
    var needsLookUp: Bool {
        guard case .tcp(let host, let port) = endpoint else { return false }
        return SocketAddress.lookUp(host, port: port, isNumeric: true).isEmpty
    }
}
