import CPostgres
import EventLoop
import Glibc

/// The settings of a connection, parsed once, with host names looked up before each use.
struct DialTarget: Sendable {
    private var settings: [String: String] = [:]

    /// Throws `.unavailable`; the message does not repeat the URL, which may hold a password.
    init(_ configuration: DatabaseConfiguration) throws(PostgresError) {
        guard let options = PQconninfoParse(configuration.url, nil) else {
            throw PostgresError(.unavailable, "the database's URL is not one that libpq understands")
        }
        defer { PQconninfoFree(options) }
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { settings[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        settings["client_encoding"] = "UTF8"
        settings["application_name"] = configuration.applicationName
        settings["fallback_application_name"] = nil
        // The dial has its own limit.
        settings["connect_timeout"] = nil
        // Kerberos would be asked first, which may block.
        settings["gssencmode"] = settings["gssencmode"] ?? "disable"
    }

    /// Adds settings for the session, which a pooler between would not pass on.
    mutating func setOptions(_ options: [(String, String)]) {
        let added = options.map { "-c \($0.0)=\($0.1)" }.joined(separator: " ")
        settings["options"] = settings["options"].map { "\($0) \(added)" } ?? added
    }

    /// Looks up the hosts that are names, on a thread of its own, because it may block for long.
    func resolve(on loop: EventLoop, then body: @escaping (Result<DialTarget, PostgresError>) -> Void) {
        let hosts = (settings["host"] ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard settings["hostaddr"] == nil, hosts.contains(where: isName) else { return body(.success(self)) }
        let ports = (settings["port"] ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let answer = Unchecked(body)
        onDetachedThread {
            var (expanded, addresses, expandedPorts): ([String], [String], [String]) = ([], [], [])
            for (position, host) in hosts.enumerated() {
                let found = isName(host) ? lookUp(host) : [host.hasPrefix("/") || host.isEmpty ? "" : host]
                for address in found {
                    expanded.append(host)
                    addresses.append(address)
                    expandedPorts.append(ports.count == 1 ? ports[0] : position < ports.count ? ports[position] : "")
                }
            }
            let result = (expanded, addresses, expandedPorts)
            loop.execute {
                let (hosts, addresses, ports) = result
                guard !hosts.isEmpty else {
                    return answer.value(.failure(PostgresError(.unavailable, "the host's name has no address")))
                }
                var target = self
                target.settings["host"] = hosts.joined(separator: ",")
                target.settings["hostaddr"] = addresses.joined(separator: ",")
                target.settings["port"] = ports.joined(separator: ",")
                answer.value(.success(target))
            }
        }
    }

    /// Lends the settings as libpq takes them: two lists, each ended by NULL.
    func withKeywords<Value>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<UnsafePointer<CChar>?>?) -> Value
    ) -> Value {
        let copies = settings.flatMap { [strdup($0.key), strdup($0.value)] }
        defer { for copy in copies { free(copy) } }
        var keywords: [UnsafePointer<CChar>?] = []
        var values: [UnsafePointer<CChar>?] = []
        for (position, copy) in copies.enumerated() {
            if position % 2 == 0 { keywords.append(copy) } else { values.append(copy) }
        }
        return body(keywords + [nil], values + [nil])
    }
}

/// A closure on its way through another thread and back, which does not call it.
private struct Unchecked<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}

/// Neither a folder with a socket nor an address in digits.
private func isName(_ host: String) -> Bool {
    if host.isEmpty || host.hasPrefix("/") || host.hasPrefix("@") { return false }
    var address = in6_addr()
    return inet_pton(AF_INET, host, &address) != 1 && inet_pton(AF_INET6, host, &address) != 1
}

private func lookUp(_ host: String) -> [String] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var addresses: [String] = []
    var entry = list
    while let found = entry?.pointee {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let failure = getnameinfo(
            found.ai_addr,
            found.ai_addrlen,
            &text,
            socklen_t(text.count),
            nil,
            0,
            NI_NUMERICHOST
        )
        if failure == 0 {
            addresses.append(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        }
        entry = found.ai_next
    }
    return addresses
}

private func onDetachedThread(_ work: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let work: @Sendable () -> Void
        init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }
    let box = Unmanaged.passRetained(Box(work))
    var thread = pthread_t()
    let failure = pthread_create(
        &thread,
        nil,
        { pointer in
            guard let pointer else { return nil }
            Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().work()
            return nil
        },
        box.toOpaque()
    )
    if failure == 0 { pthread_detach(thread) } else { box.release() }
}
