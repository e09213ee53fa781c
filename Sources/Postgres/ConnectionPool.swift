import CPostgres
import EventLoop

/// The connections of a loop for writes and transactions, each leased to one task at a time. Confined to its loop.
final class ConnectionPool {
    private static let maximumWaiting = 1024

    private let loop: EventLoop
    private let dialer: Dialer
    private let configuration: DatabaseConfiguration
    /// The one used last is used next, so that a quiet pool keeps few warm.
    private var idle: [Connection] = []
    private var count = 0
    private var dialing = 0
    private var waiting = FIFO<Wait<Connection>>()
    private var isClosed = false

    init(on loop: EventLoop, dialer: Dialer, configuration: DatabaseConfiguration) {
        self.loop = loop
        self.dialer = dialer
        self.configuration = configuration
    }

    /// Waits in turn for a connection; it must be given back by `release`. Throws `.unavailable` or `.cancelled`.
    func acquire() async throws(PostgresError) -> Connection {
        if isClosed { throw .closed }
        if let connection = idle.popLast() { return connection }
        guard waiting.count < Self.maximumWaiting else {
            throw PostgresError(.unavailable, "\(Self.maximumWaiting) writes are waiting already")
        }
        let lease = Wait<Connection>()
        waiting.append(lease)
        dial()
        let timer = loop.schedule(after: configuration.acquireTimeout) { [weak self] in
            guard let self else { return }
            lease.resolve(.failure(.noConnection(within: configuration.acquireTimeout, dialer)))
        }
        defer { timer.cancel() }
        let connection: Connection
        do {
            connection = try await lease.value(on: loop)
        } catch {
            _ = waiting.remove { $0.isResolved }
            throw error
        }
        // It may have died between its release and now.
        guard connection.isOpen else { throw PostgresError(.unavailable, "the connection was lost before its use") }
        return connection
    }

    /// A connection with a transaction still open, or in doubt, must be closed before.
    func release(_ connection: Connection) {
        guard connection.isOpen else { return }
        if isClosed || connection.isInTransaction { return connection.close() }
        while let next = waiting.popFirst() {
            if next.isResolved { continue }
            return next.resolve(.success(connection))
        }
        idle.append(connection)
    }

    private func dial() {
        while !isClosed, dialing < waiting.count, count + dialing < configuration.connectionsPerLoop {
            dialing += 1
            dialer.dial { [weak self] result in
                if let self { dialed(result) } else if case .success(let handle) = result { PQfinish(handle) }
            }
        }
    }

    private func dialed(_ result: Result<OpaquePointer, PostgresError>) {
        dialing -= 1
        guard case .success(let handle) = result else { return dial() }
        let preparesStatements = configuration.usesPreparedStatements
        if isClosed { return PQfinish(handle) }
        guard let connection = Connection(handle, on: loop, preparesStatements: preparesStatements) else {
            return dial()
        }
        count += 1
        connection.onClose = { [weak self, unowned connection] _ in self?.forget(connection) }
        release(connection)
    }

    private func forget(_ connection: Connection) {
        count -= 1
        idle.removeAll { $0 === connection }
        dial()
    }

    func close() {
        isClosed = true
        while let lease = waiting.popFirst() { lease.resolve(.failure(.closed)) }
        for connection in idle { connection.close(.closed) }
    }
}

extension Connection {
    /// Sends the statements as one batch and waits for its end.
    ///
    /// When the task is cancelled meanwhile, the connection is closed: what the server makes of the batch is unknown.
    func run(_ statements: [SQL], on loop: EventLoop, silenceLimit: Duration) async throws(PostgresError) -> [Rows] {
        let wait = Wait<[Rows]>()
        send(Batch(statements, silenceLimit: silenceLimit) { wait.resolve($0.result()) })
        do {
            return try await wait.value(on: loop)
        } catch {
            if error.code == .cancelled { close(.cancelled) }
            throw error
        }
    }

    /// Like `run`, but to its end even when the task is cancelled.
    func finish(_ statement: SQL, silenceLimit: Duration) async throws(PostgresError) -> Rows? {
        let wait = Wait<[Rows]>()
        send(Batch([statement], silenceLimit: silenceLimit) { wait.resolve($0.result()) })
        return try await wait.valueIgnoringCancellation().first
    }
}
