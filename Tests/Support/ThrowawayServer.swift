import EventLoop
import Glibc

/// A PostgreSQL of its own, to be ill-treated.
public final class ThrowawayServer: Sendable {
    private static let script = #filePath.replacing("Tests/Support/ThrowawayServer.swift", with: "script/services")

    private let folder: String

    public var url: String { "postgresql://atelier@/atelier?host=\(folder)/postgres" }

    public init() throws {
        var template = Array("/tmp/pg.XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { throw SystemError("mkdtemp") }
        folder = String(cString: path)
        // PostgreSQL runs as another user when the tests run as root.
        chmod(folder, 0o755)
        try start()
    }

    public func start() throws {
        guard system("THROWAWAY=1 '\(Self.script)' start '\(folder)' >/dev/null") == 0 else {
            throw SystemError("script/services", code: ECHILD)
        }
    }

    /// Without any farewell.
    public func kill() {
        signal(SIGKILL)
        // Where nobody reaps it, the dead process still looks alive to the next one, by these.
        unlink("\(folder)/postgres/data/postmaster.pid")
        unlink("\(folder)/postgres/.s.PGSQL.5432.lock")
    }

    /// It keeps its connections, takes new ones, and answers none.
    public func freeze() { signal(SIGSTOP) }
    public func thaw() { signal(SIGCONT) }

    public func remove() {
        thaw()
        _ = system("'\(Self.script)' stop '\(folder)' >/dev/null 2>&1; rm -rf '\(folder)'")
    }

    /// To the server's first process, then to all that it has started.
    private func signal(_ number: Int32) {
        guard let file = fopen("\(folder)/postgres/data/postmaster.pid", "re") else { return }
        defer { fclose(file) }
        var pid: pid_t = 0
        withUnsafeMutablePointer(to: &pid) { pid in
            withVaList([pid]) { _ = vfscanf(file, "%d", $0) }
        }
        guard pid > 1 else { return }
        let children = childProcesses(of: pid)
        for pid in [pid] + children { Glibc.kill(pid, number) }
    }

    private func childProcesses(of pid: pid_t) -> [pid_t] {
        guard let file = fopen("/proc/\(pid)/task/\(pid)/children", "re") else { return [] }
        defer { fclose(file) }
        var children: [pid_t] = []
        var child: pid_t = 0
        while withUnsafeMutablePointer(to: &child, { child in withVaList([child]) { vfscanf(file, "%d", $0) } }) == 1 {
            children.append(child)
        }
        return children
    }
}
