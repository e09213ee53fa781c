import CPostgres
import EventLoop

/// One session with the server, kept in pipeline mode. Confined to its loop.
///
/// Pipeline mode: <https://www.postgresql.org/docs/15/libpq-pipeline-mode.html>.
final class Connection {
    private let loop: EventLoop
    private let handle: OpaquePointer
    private let preparesStatements: Bool
    private var watch: Watch?
    private var cache = StatementCache()
    private var batches = FIFO<Batch>()
    private var silence: LoopTimer?
    private var silenceDeadline: MonotonicTime
    private var lastSign: MonotonicTime
    private(set) var isOpen = true
    /// Called once, after the batches in flight have ended.
    var onClose: ((PostgresError) -> Void)?

    /// Takes over a session that is connected; `nil` when there is no way to watch it.
    init?(_ handle: OpaquePointer, on loop: EventLoop, preparesStatements: Bool) {
        self.loop = loop
        self.handle = handle
        self.preparesStatements = preparesStatements
        lastSign = loop.now
        silenceDeadline = loop.now
        guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else {
            PQfinish(handle)
            return nil
        }
        // The default prints notices to the standard error.
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        do {
            watch = try loop.watch(PQsocket(handle), for: .read) { [weak self] events in self?.socketIsReady(events) }
        } catch {
            PQfinish(handle)
            return nil
        }
    }

    var isInTransaction: Bool { isOpen && PQtransactionStatus(handle) != PQTRANS_IDLE }

    // MARK: Sending

    func send(_ batch: Batch) {
        guard isOpen else { return batch.finish(loss: PostgresError(.unavailable, "the connection is closed")) }
        if batches.isEmpty { lastSign = loop.now }
        batches.append(batch)
        for (position, statement) in batch.statements.enumerated() {
            guard queue(statement, position, batch) else { return close(.loss(handle)) }
        }
        guard PQpipelineSync(handle) == 1 else { return close(.loss(handle)) }
        flush()
        watchSilence(limit: batch.silenceLimit)
    }

    /// `false` when libpq refuses, which only a broken connection or no memory makes it do.
    private func queue(_ statement: SQL, _ position: Int, _ batch: Batch) -> Bool {
        let text = statement.text.withUnsafeBytes { $0.assumingMemoryBound(to: CChar.self) }
        return withExtendedLifetime(statement) {
            statement.parameters.withPointers { parameters in
                let prepared: PreparedStatement
                switch preparesStatements ? cache.find(statement) : .full {
                case .full:
                    batch.expectRows(position)
                    return PQsendQueryParams(
                        handle,
                        text.baseAddress,
                        parameters.count,
                        parameters.types,
                        parameters.values,
                        parameters.lengths,
                        parameters.formats,
                        PostgresFormat.binary.rawValue
                    ) == 1
                case .new(let statement):
                    batch.expectPrepared(position, statement)
                    guard
                        PQsendPrepare(handle, statement.name, text.baseAddress, parameters.count, parameters.types) == 1
                    else { return false }
                    prepared = statement
                case .prepared(let statement): prepared = statement
                }
                batch.expectRows(position)
                return PQsendQueryPrepared(
                    handle,
                    prepared.name,
                    parameters.count,
                    parameters.values,
                    parameters.lengths,
                    parameters.formats,
                    PostgresFormat.binary.rawValue
                ) == 1
            }
        }
    }

    func forget(_ statement: SQL) { cache.forget(statement) }

    private func flush() {
        switch PQflush(handle) {
        case 0: watch?.interest = .read
        case 1: watch?.interest = [.read, .write]
        default: close(.loss(handle))
        }
    }

    // MARK: Receiving

    private func socketIsReady(_ events: IOEvents) {
        if events.contains(.write) { flush() }
        guard isOpen else { return }
        let isAlive = PQconsumeInput(handle) == 1
        lastSign = loop.now
        receive()
        guard isOpen else { return }
        if !isAlive || PQstatus(handle) == CONNECTION_BAD { close(.loss(handle)) }
    }

    private func receive() {
        while isOpen, let batch = batches.first, PQisBusy(handle) == 0 {
            // `nil` ends the results of one statement; the next call begins with the next statement's.
            guard let result = PQgetResult(handle) ?? nextResult() else { return }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: batch.receive(.rows(Rows(result)))
            case PGRES_PIPELINE_ABORTED:
                PQclear(result)
                batch.receive(.aborted)
            case PGRES_PIPELINE_SYNC:
                PQclear(result)
                _ = batches.popFirst()
                batch.finish()
            case PGRES_FATAL_ERROR:
                let error = PostgresError(result: result)
                PQclear(result)
                batch.receive(.failed(error))
            default:
                PQclear(result)
                return close(PostgresError(.other, "COPY is not spoken here"))
            }
        }
    }

    private func nextResult() -> OpaquePointer? {
        PQisBusy(handle) == 0 ? PQgetResult(handle) : nil
    }

    // MARK: Ending

    /// One timer that looks at what is in flight when it fires, so that a statement costs no timer of its own.
    private func watchSilence(limit: Duration) {
        guard isOpen else { return }
        let deadline = loop.now.advanced(by: limit)
        if let silence {
            if deadline >= silenceDeadline { return }
            silence.cancel()
        }
        silenceDeadline = deadline
        silence = loop.schedule(after: limit) { [weak self] in self?.checkSilence() }
    }

    private func checkSilence() {
        silence = nil
        guard let batch = batches.first else { return }
        let waited = loop.now - lastSign
        if waited >= batch.silenceLimit {
            close(PostgresError(.unavailable, "the server was silent for \(batch.silenceLimit)"))
        } else {
            watchSilence(limit: batch.silenceLimit - waited)
        }
    }

    /// Ends the session; the server rolls back what was not committed.
    func close(_ error: PostgresError = PostgresError(.unavailable, "the connection was closed")) {
        guard isOpen else { return }
        isOpen = false
        silence?.cancel()
        watch?.cancel()
        PQfinish(handle)
        let loss = PostgresError(.connectionLost, error.message, sqlState: error.sqlState)
        while let batch = batches.popFirst() { batch.finish(loss: loss) }
        let onClose = self.onClose
        self.onClose = nil
        onClose?(error)
    }
}

extension PostgresError {
    static func loss(_ handle: OpaquePointer) -> PostgresError {
        PostgresError(.unavailable, "connection lost: " + firstLine(PQerrorMessage(handle)))
    }

    init(result: OpaquePointer) {
        func field(_ code: Character) -> String? {
            guard let code = code.asciiValue, let text = PQresultErrorField(result, Int32(code)) else { return nil }
            return String(cString: text)
        }
        // The codes of <https://www.postgresql.org/docs/15/protocol-error-fields.html>.
        let state = field("C")
        self.init(
            state.map(Code.init(sqlState:)) ?? .unavailable,
            field("M") ?? firstLine(PQresultErrorMessage(result)),
            sqlState: state,
            constraint: field("n"),
            position: field("P").flatMap { Int($0) }
        )
    }
}

func firstLine(_ text: UnsafePointer<CChar>?) -> String {
    guard let text else { return "no reason given" }
    let lines = String(cString: text).split(separator: "\n")
    return lines.first.map(String.init) ?? "no reason given"
}
