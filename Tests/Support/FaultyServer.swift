import Synchronization

/// A server that does to each connection what the test says, byte for byte.
public final class FaultyServer: Sendable {
    public enum Step: Sendable {
        /// Reads one HTTP request and remembers it.
        case request
        /// Reads whatever comes next, at least one byte.
        case read
        case send(String)
        case sendBytes([UInt8])
        /// Sends nothing for that long; the peer may go meanwhile.
        case pause(milliseconds: Int)
        /// Says nothing more until the peer goes away.
        case stall
        /// The same, and reads nothing either.
        case hold
        /// Ends the connection by a reset instead of an orderly close.
        case reset
        /// Does the other steps again and again until the peer goes away.
        case again([Step])
    }

    private let server: SocketServer
    private let seen: Log

    /// The n-th connection gets the n-th script, later ones the last; at its end the connection is closed.
    public init(_ scripts: [Step]...) throws {
        let seen = Log()
        let connections = Counter()
        self.seen = seen
        server = try SocketServer { connection in
            let number = connections.next()
            guard let script = number < scripts.count ? scripts[number] : scripts.last else { return }
            _ = Self.play(script, on: connection, seen)
        }
    }

    public var port: Int { server.port }
    public var url: String { "http://127.0.0.1:\(port)" }
    public var connectionCount: Int { server.acceptedCount }
    public var requests: [RawRequest] { seen.all }

    public func stop() { server.stop() }

    /// `false` once the connection is of no more use.
    private static func play(_ script: [Step], on connection: SocketConnection, _ seen: Log) -> Bool {
        for step in script {
            switch step {
            case .request:
                guard let request = connection.readRequest() else { return false }
                seen.append(request)
            case .read:
                if connection.read().isEmpty { return false }
            case .send(let text):
                if !connection.send(text) { return false }
            case .sendBytes(let bytes):
                if !connection.send(bytes) { return false }
            case .pause(let milliseconds):
                _ = connection.isSilent(for: milliseconds)
            case .stall:
                connection.waitUntilClosed()
                return false
            case .hold:
                connection.waitUntilClosedUnread()
                return false
            case .reset:
                connection.resetOnClose()
                return false
            case .again(let steps):
                while play(steps, on: connection, seen) {}
                return false
            }
        }
        return true
    }

    private final class Log: Sendable {
        private let requests = Mutex<[RawRequest]>([])
        var all: [RawRequest] { requests.withLock { $0 } }
        func append(_ request: RawRequest) { requests.withLock { $0.append(request) } }
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)
        func next() -> Int {
            value.withLock { value in
                defer { value += 1 }
                return value
            }
        }
    }
}
