/// A host as written in a URL, and its port.
public struct HostPort: Hashable, Sendable {
    public let host: String
    public let port: Int

    /// `host` is a name, or an address without brackets.
    public init(_ host: String, _ port: Int) {
        self.host = host.lowercased()
        self.port = port
    }
}

/// Whom a request may reach: a rule for the URL, and one for the address that its host turns out to have.
public struct NetworkPolicy: Sendable {
    let checksURL: Bool
    let requiresPublicAddress: Bool
    let named: [HostPort]

    /// Anybody. For tests, and for URLs that only the operator can set.
    public static let unrestricted = NetworkPolicy(checksURL: false, requiresPublicAddress: false, named: [])

    /// https on port 443 at addresses of the public Internet, and whatever the operator has named.
    ///
    /// A named host may be anywhere, speak http and change its address: name only hosts you trust.
    public static func publicOnly(allowing named: [HostPort] = []) -> NetworkPolicy {
        NetworkPolicy(checksURL: true, requiresPublicAddress: true, named: named)
    }

    /// Refuses by the URL alone, before any name is looked up.
    func check(_ address: WebAddress) throws(HTTPClientError) {
        guard checksURL, !isNamed(address) else { return }
        guard address.scheme == "https" else { throw refusal("\(address.host) is not asked by https") }
        guard address.port == 443 else { throw refusal("port \(address.port) of \(address.host)") }
        if let numeric = IPAddress(address.host), !numeric.isGloballyRoutable {
            throw refusal("\(address.host) is not a public address")
        }
        if address.host == "localhost" || address.host.hasSuffix(".localhost") {
            throw refusal("\(address.host) is this machine")
        }
    }

    /// Whether the connection must be to a public address.
    func isGuarding(_ address: WebAddress) -> Bool { requiresPublicAddress && !isNamed(address) }

    private func isNamed(_ address: WebAddress) -> Bool { named.contains(HostPort(address.host, address.port)) }

    private func refusal(_ message: String) -> HTTPClientError { HTTPClientError(.refusedByPolicy, message) }
}
