import EventLoop
import Glibc
import Postgres
import Support

/// A PostgreSQL of its own, to be ill-treated.
final class ThrowawayServer: Sendable {
    private static let script = #filePath.replacing("Tests/JobsTests/ThrowawayServer.swift", with: "script/services")

    private let folder: String

    var url: String { "postgresql://atelier@/atelier?host=\(folder)/postgres" }

    init() throws {
        var template = Array("/tmp/jobs.XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { throw SystemError("mkdtemp") }
        folder = String(cString: path)
        // PostgreSQL runs as another user when the tests run as root.
        chmod(folder, 0o755)
        try start()
    }

    func start() throws {
        guard system("THROWAWAY=1 '\(Self.script)' start '\(folder)' >/dev/null") == 0 else {
            throw SystemError("script/services", code: ECHILD)
        }
    }

    /// Without any farewell.
    func kill() {
        signal(SIGKILL)
        // Where nobody reaps it, the dead process still looks alive to the next one, by these.
        unlink("\(folder)/postgres/data/postmaster.pid")
        unlink("\(folder)/postgres/.s.PGSQL.5432.lock")
    }

    /// It keeps its connections, takes new ones, and answers none.
    func freeze() { signal(SIGSTOP) }
    func thaw() { signal(SIGCONT) }

    func remove() {
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

/// Runs `body` on a server of its own, with the tables of the queue and one for what jobs make.
func withThrowawayDatabase(
    _ body: @escaping @Sendable (ThrowawayServer, Database, EventLoop) async throws -> Void
) async throws {
    let server = try ThrowawayServer()
    defer { server.remove() }
    try await withLoop { loop in
        var configuration = DatabaseConfiguration(url: server.url, acquireTimeout: .seconds(3))
        configuration.statementTimeout = .seconds(30)
        let first = Database(configuration, loops: [loop])
        try await first.waitUntilReachable(upTo: .seconds(20))
        let migrations = #filePath.replacing("Tests/JobsTests/ThrowawayServer.swift", with: "migrations")
        _ = try await Migrator(folder: migrations).up(on: first)
        _ = try await first.execute("CREATE TABLE made (job uuid PRIMARY KEY, what text NOT NULL)")
        // What is committed must outlive a kill. For sessions that begin from now on.
        _ = try await first.execute("ALTER DATABASE atelier SET synchronous_commit = on")
        first.close()
        let database = Database(configuration, loops: [loop])
        defer { database.close() }
        try await body(server, database, loop)
    }
}
