@testable import HTTPClient
import Support
import Testing

@Suite("Who may be reached")
struct NetworkPolicyTests {
    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
        "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1",
        "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8", "64:ff9b::7f00:1",
        "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1", "2001:10::1", "2001:1ff:ffff::1", "2001:db8::1",
        "2002:7f00:1::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1",
        "ff02::1", "4000::1",
    ])
    func `an address of a special purpose is not public`(text: String) throws {
        #expect(try !#require(IPAddress(text)).isGloballyRoutable)
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.1", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.255.255",
        "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
        "2000::1", "2001:200::1", "2001:db7::1", "2001:db9::1", "2003::1", "2606:4700::1111", "2a00:1450::1", "3ffe::1",
    ])
    func `any other is`(text: String) throws {
        #expect(try #require(IPAddress(text)).isGloballyRoutable)
    }

    @Test(arguments: [
        ("http://example.com/", "plain http"), ("https://example.com:8443/", "another port"),
        ("https://127.0.0.1/", "dotted"), ("https://127.0.0.1./", "a trailing dot"), ("https://127.1/", "short"),
        ("https://2130706433/", "decimal"), ("https://017700000001/", "octal"), ("https://0x7f000001/", "hexadecimal"),
        ("https://0177.0.0.1/", "octal part"), ("https://0x7f.0.0.1/", "hexadecimal part"), ("https://0/", "zero"),
        ("https://%31%32%37.0.0.1/", "percent-encoded"), ("https://10.1.2.3/", "private"),
        ("https://169.254.169.254/latest/meta-data/", "metadata"), ("https://[::1]/", "IPv6 loopback"),
        ("https://[::ffff:127.0.0.1]/", "mapped"), ("https://[::ffff:7f00:1]/", "mapped, hexadecimal"),
        ("https://[fe80::1%25eth0]/", "a zone"), ("https://[64:ff9b::a00:1]/", "translated"),
        ("https://localhost/", "by name"), ("https://LOCALHOST./", "by name with a dot"),
        ("https://a.localhost/", "below localhost"),
    ])
    func `a URL is refused before any look-up`(url: String, why: String) throws {
        let error = #expect(throws: HTTPClientError.self, "\(why)") {
            try NetworkPolicy.publicOnly().check(WebAddress(url))
        }
        #expect(error?.code == .refusedByPolicy)
    }

    @Test(arguments: [
        "https://example.com/", "https://example.com:443/", "https://example.com./x?y#z", "HTTPS://EXAMPLE.COM/",
        "https://8.8.8.8/", "https://[2606:4700::1111]/", "https://b\u{FC}cher.example/", "https://localhost.example/",
    ])
    func `a public URL passes`(url: String) throws {
        try NetworkPolicy.publicOnly().check(WebAddress(url))
    }

    @Test func `a host the operator named passes, on its port only`() throws {
        let policy = NetworkPolicy.publicOnly(allowing: [HostPort("Images.lan", 8080), HostPort("127.0.0.1", 7860)])
        for url in [
            "http://images.lan:8080/", "http://IMAGES.LAN.:8080/", "http://127.0.0.1:7860/", "http://0x7f.1:7860",
        ] {
            try policy.check(WebAddress(url))
        }
        for url in ["http://images.lan:8081/", "http://127.0.0.1:7861/", "http://127.0.0.2:7860/"] {
            #expect(throws: HTTPClientError.self) { try policy.check(WebAddress(url)) }
        }
    }
}

@Suite("Guarding a connection")
struct ConnectionGuardTests {
    /// A name that passes the check of the URL and then turns out to be this machine, as after DNS rebinding.
    @Test func `a name with a private address is refused before a byte is sent`() async throws {
        try await withServer([.request, .send(ok)]) { client, server in
            let code = await code { try await client.send(guardedButUnchecked(server)) }
            #expect(code == .refusedByPolicy)
            #expect(server.connectionCount == 0)
        }
    }

    @Test func `a connection opened under a laxer policy is not reused`() async throws {
        try await withServer([.again([.request, .send(ok)])]) { client, server in
            _ = try await client.send(get("http://localhost:\(server.port)/"))
            let failure = await failure { try await client.send(guardedButUnchecked(server)) }
            #expect(failure?.code == .refusedByPolicy)
            #expect(failure?.mayHaveBeenSent == false)
            #expect(server.requests.count == 1)
        }
    }

    @Test func `a named host is reached wherever it is`() async throws {
        try await withServer([.request, .send(ok)]) { client, server in
            var request = get(server.url)
            request.network = .publicOnly(allowing: [HostPort("127.0.0.1", server.port)])
            let response = try await client.send(request)
            #expect(response.status == 200)
        }
    }
}

/// The one host that everybody can look up, asked under the rule for addresses alone.
private func guardedButUnchecked(_ server: FaultyServer) -> ClientRequest {
    let policy = NetworkPolicy(checksURL: false, requiresPublicAddress: true, named: [])
    return ClientRequest("GET", "http://localhost:\(server.port)/", network: policy)
}
