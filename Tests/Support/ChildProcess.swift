import EventLoop
import Glibc

/// A program that a test started, and that ends with it.
public final class ChildProcess: @unchecked Sendable {
    // @unchecked: `isReaped` is guarded by the test that owns the process; descriptors never change.

    public let id: pid_t
    /// What it wrote to standard output and standard error, in a file.
    public let outputPath: String
    private let keepsOutput: Bool
    private var isReaped = false

    /// - Parameters:
    ///   - environment: beside this process's own; an empty value takes a variable away.
    ///   - log: a file that its output is added to and that stays; by default one of its own that ends with it.
    public init(
        _ path: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        folder: String? = nil,
        log: String? = nil
    ) throws(SystemError) {
        let output: Int32
        if let log {
            (outputPath, output) = try Self.open(log: log)
        } else {
            (outputPath, output) = try Self.temporaryFile()
        }
        keepsOutput = log != nil
        defer { close(output) }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)

        // Signals that this process blocks or ignores must reach the child.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var values = Self.environment()
        for (name, value) in environment { values[name] = value.isEmpty ? nil : value }
        // env replaces itself by the program, so that its process is the program's.
        let command = folder.map { ["env", "-C", $0, path] + arguments } ?? [path] + arguments
        let words = command.map { strdup($0) } + [nil]
        let variables = values.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var id: pid_t = 0
        let failure = posix_spawnp(&id, command[0], &actions, &attributes, words, variables)
        guard failure == 0 else { throw SystemError("spawn \(path)", code: failure) }
        self.id = id
    }

    deinit {
        kill(SIGKILL)
        _ = reap()
        if !keepsOutput { unlink(outputPath) }
    }

    private static func temporaryFile() throws(SystemError) -> (String, Int32) {
        var template = Array("/tmp/atelier-test-XXXXXX".utf8CString)
        let output = mkstemp(&template)
        guard output >= 0 else { throw SystemError("mkstemp") }
        return (String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self), output)
    }

    private static func open(log: String) throws(SystemError) -> (String, Int32) {
        let output = Glibc.open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard output >= 0 else { throw SystemError("open \(log)") }
        return (log, output)
    }

    public func kill(_ signal: Int32) {
        guard !isReaped else { return }
        Glibc.kill(id, signal)
    }

    /// Whether its main thread holds `signal` back, as a program does that takes signals from a descriptor.
    public func blocks(_ signal: Int32) -> Bool {
        guard let file = fopen("/proc/\(id)/status", "re") else { return false }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            guard strncmp(line, "SigBlk:", 7) == 0 else { continue }
            // A bit for each signal, the first one lowest: proc(5).
            return strtoull(Array(line.dropFirst(7)), nil, 16) & 1 << (signal - 1) != 0
        }
        return false
    }

    /// The exit status, 128 + n after signal n, or `nil` while it runs.
    public func exitStatus() -> Int32? {
        guard !isReaped else { return lastStatus }
        var status: Int32 = 0
        guard waitpid(id, &status, WNOHANG) == id else { return nil }
        isReaped = true
        lastStatus = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
        return lastStatus
    }

    private var lastStatus: Int32?

    private func reap() -> Int32 {
        guard !isReaped else { return lastStatus ?? 0 }
        var status: Int32 = 0
        waitpid(id, &status, 0)
        isReaped = true
        return status
    }

    /// What it has written so far, at most 1 MiB of it.
    public var output: String {
        guard let file = fopen(outputPath, "re") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func environment() -> [String: String] {
        var values: [String: String] = [:]
        var entry = environ
        while let pointer = entry.pointee {
            let parts = String(cString: pointer).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return values
    }
}

/// Asks again and again until there is an answer. Throws `TimeoutError` after `limit`.
public func eventually<Value: Sendable>(
    within limit: Duration = .seconds(30),
    on loop: EventLoop,
    _ ask: () async throws -> Value?
) async throws -> Value {
    let deadline = MonotonicTime.current.advanced(by: limit)
    while true {
        if let value = try await ask() { return value }
        guard MonotonicTime.current < deadline else { throw TimeoutError(limit: limit) }
        try await loop.sleep(for: .milliseconds(20))
    }
}
