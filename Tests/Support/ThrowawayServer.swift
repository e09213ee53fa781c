import EventLoop
import Glibc

/// A PostgreSQL of its own, to be ill-treated.
public final class ThrowawayServer: Sendable {
    private static let script = #filePath.replacing("Tests/Support/ThrowawayServer.swift", with: "script/services")

    private let folder: String
    private let isDurable: Bool

    public var url: String { "postgresql://atelier@/atelier?host=\(folder)/postgres" }

    public convenience init() throws {
        var template = Array("/tmp/pg.XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { throw SystemError("mkdtemp") }
        try self.init(folder: String(cString: path), isDurable: false)
    }

    /// - Parameter isDurable: whether what it has committed outlives `kill`.
    public init(folder: String, isDurable: Bool) throws {
        self.folder = folder
        self.isDurable = isDurable
        // PostgreSQL runs as another user when the tests run as root.
        chmod(folder, 0o755)
        try start()
    }

    public func start() throws {
        let mode = isDurable ? "" : "THROWAWAY=1 "
        guard system("\(mode)'\(Self.script)' start '\(folder)' >/dev/null") == 0 else {
            throw SystemError("script/services", code: ECHILD)
        }
    }

    /// It tells its clients, and leaves recovery to the next start (`pg_ctl stop -m immediate`).
    public func stopAtOnce() {
        guard let pid else { return }
        Glibc.kill(pid, SIGQUIT)
        for _ in 0..<1000 where self.pid != nil { usleep(10_000) }
    }

    /// Kills one of its processes, which makes it end all of them and recover. `choice` picks; the lowest is the oldest.
    public func killChild(_ choice: Int) {
        guard let pid, case let children = childProcesses(of: pid).sorted(), !children.isEmpty else { return }
        Glibc.kill(children[choice % children.count], SIGKILL)
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

    /// Ends it in order; its files stay.
    public func stop() {
        thaw()
        _ = system("'\(Self.script)' stop '\(folder)' >/dev/null 2>&1")
    }

    public func remove() {
        stop()
        _ = system("rm -rf '\(folder)'")
    }

    /// Of the server's first process; `nil` when it has ended in order.
    private var pid: pid_t? {
        guard let file = fopen("\(folder)/postgres/data/postmaster.pid", "re") else { return nil }
        defer { fclose(file) }
        var pid: pid_t = 0
        withUnsafeMutablePointer(to: &pid) { pid in
            withVaList([pid]) { _ = vfscanf(file, "%d", $0) }
        }
        return pid > 1 ? pid : nil
    }

    /// To the server's first process, then to all that it has started.
    private func signal(_ number: Int32) {
        guard let pid else { return }
        for pid in [pid] + childProcesses(of: pid) { Glibc.kill(pid, number) }
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
