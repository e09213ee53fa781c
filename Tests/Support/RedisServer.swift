import Glibc
import Synchronization

/// A redis-server process of the test's own, on a unix socket in a folder of its own, that can be ill-treated.
public final class RedisServer: Sendable {
    public let url: String
    private let folder: String
    private let socketPath: String
    private let options: [String]
    private let process = Mutex<pid_t?>(nil)

    /// Running and answering when this returns. `options` are more of redis-server's own, as `["--maxmemory", "1mb"]`.
    public init(_ options: String...) throws {
        var template = Array("/tmp/redis-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SocketFailure(call: "mkdtemp", code: errno) }
        folder = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        socketPath = folder + "/s"
        url = "unix://" + socketPath
        self.options = options
        try start()
    }

    deinit { stop() }

    /// Starts it again, empty.
    public func start() throws {
        unlink(socketPath)
        let arguments =
            ["redis-server", "--port", "0", "--unixsocket", socketPath, "--dir", folder, "--save", ""]
            + ["--appendonly", "no", "--logfile", folder + "/log"] + options
        let started = try spawn(arguments)
        process.withLock { $0 = started }
        for _ in 0..<5000 {
            if answers() { return }
            usleep(1000)
        }
        throw SocketFailure(call: "redis-server", code: ETIMEDOUT)
    }

    /// As a crash: no farewell, nothing saved.
    public func kill() {
        let ended = process.withLock { process in
            defer { process = nil }
            return process
        }
        guard let ended else { return }
        Glibc.kill(ended, SIGKILL)
        waitpid(ended, nil, 0)
    }

    /// It keeps its connections and takes new ones, and does nothing.
    public func freeze() { signal(SIGSTOP) }
    public func thaw() { signal(SIGCONT) }

    public func stop() {
        kill()
        for name in ["/s", "/log"] { unlink(folder + name) }
        rmdir(folder)
    }

    private func signal(_ number: Int32) {
        process.withLock { process in
            if let process { _ = Glibc.kill(process, number) }
        }
    }

    private func spawn(_ arguments: [String]) throws -> pid_t {
        var strings = arguments.map { strdup($0) }
        strings.append(nil)
        defer { for string in strings { free(string) } }
        var process = pid_t()
        let failure = posix_spawnp(&process, "redis-server", nil, nil, strings, environ)
        guard failure == 0 else { throw SocketFailure(call: "redis-server", code: failure) }
        return process
    }

    private func answers() -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.utf8) }
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected, Glibc.send(descriptor, "PING\r\n", 6, Int32(MSG_NOSIGNAL)) == 6 else { return false }
        // Asking for a password is an answer too; "-LOADING" is not.
        var answer = [UInt8](repeating: 0, count: 7)
        guard recv(descriptor, &answer, 7, 0) == 7 else { return false }
        return answer.starts(with: "+PONG".utf8) || answer.starts(with: "-NOAUTH".utf8)
    }
}
