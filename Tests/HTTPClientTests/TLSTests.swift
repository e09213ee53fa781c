import EventLoop
import Glibc
import HTTPClient
import Support
import Testing

@Suite("TLS")
struct TLSTests {
    @Test func `a certificate is believed only when its issuer is trusted and its name is right`() async throws {
        let server = try TLSServer(name: "localhost")
        defer { server.stop() }
        try await withLoop { loop in
            var settings = ClientSettings()
            settings.certificateFile = server.certificate
            let trusting = HTTPClient(loops: [loop], settings: settings)
            let response = try await trusting.send(get("https://localhost:\(server.port)/"))
            #expect(response.status == 200)
            let wrongName = await failure { try await trusting.send(get("https://127.0.0.1:\(server.port)/")) }
            #expect(wrongName?.code == .tls)
            let stranger = HTTPClient(loops: [loop])
            let untrusted = await failure { try await stranger.send(get("https://localhost:\(server.port)/")) }
            #expect(untrusted?.code == .tls)
            #expect(untrusted?.mayHaveBeenSent == false)
        }
    }
}

/// `openssl s_server` with a certificate it signed itself.
private struct TLSServer {
    let port: Int
    let certificate: String
    private let folder: String
    private let process: pid_t

    init(name: String) throws {
        var template = Array("/tmp/tls-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        certificate = folder + "/certificate.pem"
        let files = ["-keyout", folder + "/key.pem", "-out", certificate]
        let kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
        let names = ["-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)"]
        let maker = try Self.spawn(["openssl", "req", "-x509"] + kind + files + names, output: nil)
        var status: Int32 = 0
        waitpid(maker, &status, 0)
        try #require(status == 0)
        var pipe: [Int32] = [-1, -1]
        try #require(Glibc.pipe(&pipe) == 0)
        process = try Self.spawn(
            [
                "openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificate, "-key",
                folder + "/key.pem",
            ],
            output: pipe[1]
        )
        close(pipe[1])
        defer { close(pipe[0]) }
        // It says "ACCEPT 127.0.0.1:port".
        var said = ""
        var buffer = [UInt8](repeating: 0, count: 1024)
        while !(said.contains("ACCEPT") && said.hasSuffix("\n")) {
            let count = read(pipe[0], &buffer, buffer.count)
            try #require(count > 0)
            said += String(decoding: buffer.prefix(count), as: UTF8.self)
        }
        let line = try #require(said.split(separator: "\n").first { $0.hasPrefix("ACCEPT") })
        port = try #require(line.split(separator: ":").last.flatMap { Int($0) })
    }

    func stop() {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
        for name in ["/key.pem", "/certificate.pem"] { unlink(folder + name) }
        rmdir(folder)
    }

    private static func spawn(_ arguments: [String], output: Int32?) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        if let output { posix_spawn_file_actions_adddup2(&actions, output, 1) }
        var strings = arguments.map { strdup($0) }
        strings.append(nil)
        defer { for string in strings { free(string) } }
        var process = pid_t()
        try #require(posix_spawnp(&process, arguments[0], &actions, nil, strings, environ) == 0)
        return process
    }
}
