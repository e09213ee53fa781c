import Glibc
import Postgres
import Synchronization

/// Stands between a client and PostgreSQL, and loses an answer when it is told to: what was asked for has happened, and
/// the client cannot know.
public final class LossyProxy: Sendable {
    /// Of the database behind it, by way of the proxy.
    public let url: String
    private let server: SocketServer
    private let trap: Trap
    private let relays: Relays

    /// In front of a database that listens on a Unix socket.
    public init(before database: Database) async throws {
        let found = try await database.query(
            """
            SELECT split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('data_directory'),
                current_setting('port'), current_user::text, current_database()::text
            """
        ).one { (folder: String, data: String, port: String, user: String, name: String) in
            // The server's own, where it is not absolute.
            (path: (folder.hasPrefix("/") ? "" : "\(data)/") + "\(folder)/.s.PGSQL.\(port)", user: user, name: name)
        }
        guard let found else { throw SocketFailure(call: "settings", code: ENOENT) }
        let trap = Trap()
        let relays = Relays()
        (self.trap, self.relays) = (trap, relays)
        server = try SocketServer { client in
            guard let upstream = SocketConnection(path: found.path) else { return }
            Self.relay(client, upstream, trap, relays)
        }
        url = "postgresql://\(found.user)@127.0.0.1:\(server.port)/\(found.name)?sslmode=disable&gssencmode=disable"
    }

    public func stop() {
        relays.stop()
        server.stop()
    }

    /// Loses the next answer that holds this text, with its connection.
    public func loseAnswer(with text: String) { trap.set(text) }

    /// Ends all connections for the clients, and leaves the server in the belief that they listen.
    public func loseClients() { relays.loseAll() }

    /// How many answers were lost so far.
    public var losses: Int { trap.losses }

    private static func relay(_ client: SocketConnection, _ upstream: SocketConnection, _ trap: Trap, _ relays: Relays)
    {
        let number = relays.add(client)
        let answers = Ending()
        startThread {
            while case let bytes = upstream.read(), !bytes.isEmpty {
                if trap.catches(bytes) {
                    // What the server says at the end of a transaction: by now it is committed.
                    var answer = bytes
                    while !answer.contains(sequence: Self.readyForQuery), case let more = upstream.read(), !more.isEmpty
                    {
                        answer += more
                    }
                    trap.hasLost()
                    break
                }
                guard client.send(bytes) else { break }
            }
            client.interrupt()
            answers.set()
        }
        while case let bytes = client.read(), !bytes.isEmpty, upstream.send(bytes) {}
        relays.remove(number)
        upstream.interrupt()
        answers.wait()
        upstream.close()
    }

    /// <https://www.postgresql.org/docs/15/protocol-message-formats.html>, for a session that is in no transaction.
    private static let readyForQuery = [UInt8(ascii: "Z"), 0, 0, 0, 5, UInt8(ascii: "I")]

    private final class Trap: Sendable {
        private let state = Mutex((text: [UInt8]?.none, losses: 0))

        func set(_ text: String) { state.withLock { $0.text = Array(text.utf8) } }

        /// Once.
        func catches(_ bytes: [UInt8]) -> Bool {
            state.withLock { state in
                guard let text = state.text, bytes.contains(sequence: text) else { return false }
                state.text = nil
                return true
            }
        }

        func hasLost() { state.withLock { $0.losses += 1 } }

        var losses: Int { state.withLock { $0.losses } }
    }

    /// The connections there are.
    private final class Relays: Sendable {
        private struct State {
            var clients: [Int: SocketConnection] = [:]
            var lost: Set<Int> = []
            var next = 0
            var isStopped = false
        }

        private let state = Mutex(State())

        func add(_ client: SocketConnection) -> Int {
            state.withLock { state in
                state.next += 1
                state.clients[state.next] = client
                return state.next
            }
        }

        /// Waits, for one that was lost, until all is over.
        func remove(_ number: Int) {
            state.withLock { $0.clients[number] = nil }
            while state.withLock({ !$0.isStopped && $0.lost.contains(number) }) { usleep(500) }
        }

        func loseAll() {
            state.withLock { state in
                state.lost.formUnion(state.clients.keys)
                for client in state.clients.values { client.interrupt() }
            }
        }

        func stop() { state.withLock { $0.isStopped = true } }
    }

    /// The end of a thread.
    private final class Ending: Sendable {
        private let isSet = Mutex(false)
        func set() { isSet.withLock { $0 = true } }
        func wait() { while !isSet.withLock({ $0 }) { usleep(200) } }
    }
}

extension SocketConnection {
    /// `nil` when nobody listens there.
    fileprivate convenience init?(path: String) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { place in
            guard bytes.count < place.count else { return false }
            place.copyBytes(from: bytes)
            return true
        }
        let connected =
            fits
            && withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
                }
            }
        guard connected else {
            Glibc.close(descriptor)
            return nil
        }
        self.init(descriptor)
    }
}

extension [UInt8] {
    fileprivate func contains(sequence: [UInt8]) -> Bool {
        guard count >= sequence.count else { return false }
        return indices.dropLast(sequence.count - 1).contains { self[$0...].starts(with: sequence) }
    }
}
