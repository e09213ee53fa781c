import CPostgres
import EventLoop

/// The one connection on which all reads of a loop travel, those of one tick together. Confined to its loop.
///
/// The reads of a batch are one implicit transaction, so an error of one aborts those behind it; these are sent again,
/// each alone. Reads in flight when the connection dies are sent again once. Both are harmless, because the session is
/// read-only.
final class ReadPipeline {
    private static let maximumInFlight = 512
    /// Beyond this many, a read is turned away at once.
    private static let maximumWaiting = 8192

    private let loop: EventLoop
    private let dialer: Dialer
    private let configuration: DatabaseConfiguration
    private var connection: Connection?
    private var isDialing = false
    private var isClosed = false
    private var waiting = FIFO<Read>()
    private var inFlight = 0
    private var expiry: LoopTimer?

    private final class Read: Wait<Rows>, @unchecked Sendable {
        // @unchecked: confined to its loop, like all of `Wait`.
        let sql: SQL
        /// To be sent by then.
        var deadline: MonotonicTime
        var travelsAlone = false
        var losses = 0

        init(_ sql: SQL, deadline: MonotonicTime) {
            self.sql = sql
            self.deadline = deadline
        }
    }

    init(on loop: EventLoop, dialer: Dialer, configuration: DatabaseConfiguration) {
        self.loop = loop
        self.dialer = dialer
        self.configuration = configuration
    }

    func query(_ sql: SQL) async throws(PostgresError) -> Rows {
        try await enqueue(sql).value(on: loop)
    }

    /// Throws `.unavailable` when the answer takes longer than `limit`.
    func query(_ sql: SQL, within limit: Duration) async throws(PostgresError) -> Rows {
        let read = try enqueue(sql)
        let timer = loop.schedule(after: limit) { [dialer] in
            let reason = dialer.lastFailure.map { ": \($0.message)" } ?? ""
            read.resolve(.failure(PostgresError(.unavailable, "no answer within \(limit)\(reason)")))
        }
        defer { timer.cancel() }
        return try await read.value(on: loop)
    }

    private func enqueue(_ sql: SQL) throws(PostgresError) -> Read {
        try sql.check()
        if isClosed { throw .closed }
        guard waiting.count < Self.maximumWaiting else {
            throw PostgresError(.unavailable, "\(Self.maximumWaiting) reads are waiting already")
        }
        let read = Read(sql, deadline: loop.now.advanced(by: configuration.acquireTimeout))
        waiting.append(read)
        return read
    }

    // MARK: Sending

    /// Sends what the tick has gathered.
    func flush() {
        guard !waiting.isEmpty, !isClosed else { return }
        watchExpiry()
        guard let connection else { return dial() }
        var together: [Read] = []
        while inFlight < Self.maximumInFlight, let read = waiting.popFirst() {
            if read.isResolved { continue }
            inFlight += 1
            if read.travelsAlone {
                send([read], on: connection)
            } else {
                together.append(read)
            }
        }
        if !together.isEmpty { send(together, on: connection) }
    }

    private func send(_ reads: [Read], on connection: Connection) {
        let batch = Batch(reads.map(\.sql), silenceLimit: configuration.silenceLimit) { [weak self] batch in
            self?.deliver(batch, to: reads)
        }
        connection.send(batch)
    }

    private func dial() {
        guard !isDialing else { return }
        isDialing = true
        dialer.dial { [configuration] target in
            // A pooler between would refuse it.
            if configuration.usesPreparedStatements { target.setOptions([("default_transaction_read_only", "on")]) }
        } completion: { [weak self] result in
            self?.dialed(result)
        }
    }

    private func dialed(_ result: Result<OpaquePointer, PostgresError>) {
        isDialing = false
        guard case .success(let handle) = result else { return redial() }
        if isClosed { return PQfinish(handle) }
        connection = Connection(handle, on: loop, preparesStatements: configuration.usesPreparedStatements)
        guard let connection else { return redial() }
        connection.onClose = { [weak self] _ in
            self?.connection = nil
            self?.redial()
        }
        flush()
    }

    /// Also with nothing waiting: the next read should find a connection.
    private func redial() {
        if !isClosed { dial() }
    }

    // MARK: Receiving

    private func deliver(_ batch: Batch, to reads: [Read]) {
        inFlight -= reads.count
        for (read, outcome) in zip(reads, batch.outcomes).reversed() where !read.isResolved {
            switch outcome {
            case .rows(let rows): read.resolve(.success(rows))
            case .failed(let error) where error.isStaleStatement && !read.travelsAlone:
                connection?.forget(read.sql)
                sendAgain(read)
            case .failed(let error) where batch.loss == nil: read.resolve(.failure(error))
            case .aborted where batch.loss == nil && !read.travelsAlone: sendAgain(read)
            default:
                read.losses += 1
                if read.losses < 2, !isClosed {
                    sendAgain(read)
                } else {
                    let message = batch.loss?.message ?? "the server left a read unanswered"
                    read.resolve(.failure(PostgresError(.unavailable, message)))
                }
            }
        }
    }

    private func sendAgain(_ read: Read) {
        read.travelsAlone = true
        read.deadline = loop.now.advanced(by: configuration.acquireTimeout)
        waiting.prepend(read)
    }

    // MARK: Ending

    private func watchExpiry() {
        guard expiry == nil, let first = waiting.first else { return }
        expiry = loop.schedule(after: first.deadline - loop.now) { [weak self] in
            guard let self else { return }
            expiry = nil
            let now = loop.now
            for read in waiting.remove(where: { $0.deadline <= now || $0.isResolved }) {
                read.resolve(.failure(.noConnection(within: configuration.acquireTimeout, dialer)))
            }
            watchExpiry()
        }
    }

    func close() {
        isClosed = true
        expiry?.cancel()
        while let read = waiting.popFirst() { read.resolve(.failure(.closed)) }
        connection?.close(.closed)
    }
}

extension PostgresError {
    static func noConnection(within limit: Duration, _ dialer: Dialer) -> PostgresError {
        let reason = dialer.lastFailure.map { ": \($0.message)" } ?? ""
        return PostgresError(.unavailable, "no connection within \(limit)\(reason)")
    }
}

extension SQL {
    /// Throws `.invalidParameter` for what cannot be sent.
    func check() throws(PostgresError) {
        if let problem = parameters.problem { throw PostgresError(.invalidParameter, problem) }
    }
}
