import HTTPServer
import Testing

@Suite("Who sent a request")
struct ClientAddressTests {
    /// The client that a server with these proxies sees.
    private func client(_ peer: String, _ forwarded: [String], trusting proxies: [String]) throws -> String {
        let trusted = try #require(TrustedProxies(proxies))
        let address = try #require(PeerAddress(peer))
        let request = try Request(.get, "/", headers: forwarded.map { ("X-Forwarded-For", $0) }, from: address)
        return trusted.client(of: request).description
    }

    @Test(arguments: [
        [], ["6.6.6.6"], ["127.0.0.1"], ["6.6.6.6, 7.7.7.7"], ["nonsense"], ["", ",", "::1"],
    ])
    func `is the other end of the connection where no proxy is trusted`(forwarded: [String]) throws {
        #expect(try client("203.0.113.5", forwarded, trusting: []) == "203.0.113.5")
        // Another one's proxy is nobody's.
        #expect(try client("203.0.113.5", forwarded, trusting: ["10.0.0.0/8", "::1"]) == "203.0.113.5")
    }

    @Test(arguments: [
        (["198.51.100.7"], "198.51.100.7"),
        // Whatever the client has written stands before what the proxy has.
        (["6.6.6.6, 198.51.100.7"], "198.51.100.7"),
        (["10.0.0.1, 198.51.100.7"], "198.51.100.7"),
        (["6.6.6.6", "198.51.100.7"], "198.51.100.7"),
        // Through several proxies of ours.
        (["6.6.6.6, 198.51.100.7, 10.0.0.9,10.0.0.8"], "198.51.100.7"),
        ([" \t 198.51.100.7 \t "], "198.51.100.7"),
        (["198.51.100.7:4711"], "198.51.100.7"),
        (["2001:db8::7"], "2001:db8::7"),
        (["[2001:db8::7]"], "2001:db8::7"),
        (["[2001:db8::7]:443"], "2001:db8::7"),
        (["::ffff:198.51.100.7"], "198.51.100.7"),
        (["2001:DB8:0:0:0:0:0:7"], "2001:db8::7"),
        // A proxy asks on its own behalf.
        ([], "10.0.0.2"),
        (["10.0.0.9"], "10.0.0.9"),
    ])
    func `is whom the trusted proxies name, from right to left`(forwarded: [String], expected: String) throws {
        #expect(try client("10.0.0.2", forwarded, trusting: ["10.0.0.0/8"]) == expected)
    }

    @Test(arguments: [
        "", ",", "unknown", "_hidden", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4/8",
        "0x7f000001",
        "127.1", "1.2.3.4:", "1.2.3.4:x", "1.2.3.4:123456", "[1.2.3.4]", "[::1", "::1]", "[::1]x", "[::1]:", "[]", ":",
        "::g",
        "fe80::1%eth0", "1:2:3:4:5:6:7:8:9", "\"::1\"", "1.2.3.4 5.6.7.8", "\u{e9}\u{301}", "1.2.3.4;for=5.6.7.8",
        String(repeating: "1", count: 5000), String(repeating: ":", count: 5000),
    ])
    func `is the proxy that has written nonsense`(hop: String) throws {
        #expect(try client("10.0.0.2", [hop], trusting: ["10.0.0.0/8"]) == "10.0.0.2")
        #expect(try client("10.0.0.2", ["198.51.100.7, \(hop)"], trusting: ["10.0.0.0/8"]) == "10.0.0.2")
        #expect(try client("10.0.0.2", ["198.51.100.7, \(hop), 10.0.0.9"], trusting: ["10.0.0.0/8"]) == "10.0.0.9")
        // Further left it is the client's own.
        #expect(try client("10.0.0.2", ["\(hop), 198.51.100.7"], trusting: ["10.0.0.0/8"]) == "198.51.100.7")
    }

    @Test func `is sought in so many hops only`() throws {
        let chain = (["198.51.100.7"] + Array(repeating: "10.0.0.9", count: 2000)).joined(separator: ",")
        #expect(try client("10.0.0.2", [chain], trusting: ["10.0.0.0/8"]) == "10.0.0.9")
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.1.2.3/8", "10.9.9.9", true),
        ("192.0.2.128/25", "192.0.2.128", true), ("192.0.2.128/25", "192.0.2.127", false),
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("192.0.2.1/32", "192.0.2.1", true),
        ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false),
        ("::/0", "2001:db8::1", true), ("::/0", "10.0.0.1", false), ("::1", "::1", true), ("::1", "::2", false),
        ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::", false),
        ("2001:db8::/64", "2001:db8::ffff:0:0:1", true), ("2001:db8::/64", "2001:db8:0:1::", false),
        ("2001:db8::f0/124", "2001:db8::ff", true), ("2001:db8::f0/124", "2001:db8::e0", false),
        ("::ffff:10.0.0.1", "10.0.0.1", true),
    ])
    func `is looked up in addresses and networks`(proxy: String, peer: String, isTrusted: Bool) throws {
        let seen = try client(peer, ["198.51.100.7"], trusting: [proxy])
        #expect((seen == "198.51.100.7") == isTrusted)
    }

    @Test(arguments: [
        "", "proxy.example", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "::1/129",
        "::/0x10",
        "10.0.0", "10.0.0.0/ 8", "[::1]", "10.0.0.0/99999999999999999999",
    ])
    func `cannot be asked of a proxy without an address`(proxy: String) {
        #expect(TrustedProxies([proxy]) == nil)
        #expect(TrustedProxies(["127.0.0.1", proxy]) == nil)
    }

    @Test(arguments: [
        ("198.51.100.7", "198.51.100.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::"), ("::1", "::"),
    ])
    func `is one client in all of its network`(address: String, network: String) throws {
        #expect(try #require(PeerAddress(address)).network.description == network)
    }
}
