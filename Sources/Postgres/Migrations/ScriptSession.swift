import CPostgres
import EventLoop

/// A session outside pipeline mode, for scripts of many statements and for session locks. Confined to its loop.
final class ScriptSession {
    private let handle: OpaquePointer
    private let loop: EventLoop
    private var watch: Watch?
    private var isOpen = true
    private var answer: Wait<Rows>?
    private var outcome: Result<Rows, PostgresError>?

    /// Connects, again and again for as long as a statement would wait for a connection; throws `.unavailable` or
    /// `.cancelled`. The session ends with `close`.
    static func open(on database: LoopDatabase) async throws(PostgresError) -> ScriptSession {
        let deadline = MonotonicTime.current.advanced(by: database.configuration.acquireTimeout)
        while true {
            do throws(PostgresError) {
                return try await dial(on: database)
            } catch {
                let isFinal = error.code == .cancelled || database.isClosed
                if isFinal || MonotonicTime.current >= deadline { throw error }
            }
        }
    }

    private static func dial(on database: LoopDatabase) async throws(PostgresError) -> ScriptSession {
        if database.isClosed { throw .closed }
        let dialed = Wait<OpaquePointer>()
        database.dialer.dial { result in
            if dialed.isResolved, case .success(let handle) = result { PQfinish(handle) }
            dialed.resolve(result)
        }
        let handle = try await dialed.value(on: database.loop)
        do {
            return try ScriptSession(handle, on: database.loop)
        } catch {
            PQfinish(handle)
            throw PostgresError(.unavailable, error.description)
        }
    }

    private init(_ handle: OpaquePointer, on loop: EventLoop) throws(SystemError) {
        self.handle = handle
        self.loop = loop
        PQsetnonblocking(handle, 1)
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        watch = try loop.watch(PQsocket(handle), for: .read) { [weak self] _ in self?.socketIsReady() }
    }

    deinit { close() }

    var isInTransaction: Bool { isOpen && PQtransactionStatus(handle) == PQTRANS_INTRANS }

    /// Runs the statements of a script up to the first error.
    func run(script: [UInt8], within limit: Duration) async throws(PostgresError) {
        _ = try await send(within: limit) { handle in
            (script + [0]).withUnsafeBytes { PQsendQuery(handle, $0.assumingMemoryBound(to: CChar.self).baseAddress) }
        }
    }

    @discardableResult
    func run(_ sql: SQL, within limit: Duration = .seconds(30)) async throws(PostgresError) -> Rows {
        try sql.check()
        return try await send(within: limit) { handle in
            sql.parameters.withPointers { parameters in
                sql.text.withUnsafeBytes { text in
                    PQsendQueryParams(
                        handle,
                        text.assumingMemoryBound(to: CChar.self).baseAddress,
                        parameters.count,
                        parameters.types,
                        parameters.values,
                        parameters.lengths,
                        parameters.formats,
                        PostgresFormat.binary.rawValue
                    )
                }
            }
        }
    }

    private func send(
        within limit: Duration,
        _ body: (OpaquePointer) -> Int32
    ) async throws(PostgresError) -> Rows {
        guard isOpen else { throw PostgresError(.unavailable, "the session has ended") }
        let wait = Wait<Rows>()
        answer = wait
        outcome = nil
        guard body(handle) == 1 else { throw .loss(handle) }
        flush()
        let timer = loop.schedule(after: limit) { [weak self] in
            self?.end(PostgresError(.unavailable, "no answer within \(limit)"))
        }
        defer { timer.cancel() }
        do {
            return try await wait.value(on: loop)
        } catch {
            if error.code == .cancelled { close() }
            throw error
        }
    }

    private func flush() {
        switch PQflush(handle) {
        case 0: watch?.interest = .read
        case 1: watch?.interest = [.read, .write]
        default: end(.loss(handle))
        }
    }

    private func socketIsReady() {
        flush()
        guard isOpen else { return }
        guard PQconsumeInput(handle) == 1 else { return end(.loss(handle)) }
        while isOpen, answer != nil, PQisBusy(handle) == 0 {
            guard let result = PQgetResult(handle) else { return deliver() }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: outcome = .success(Rows(result))
            case PGRES_FATAL_ERROR:
                outcome = .failure(PostgresError(result: result))
                PQclear(result)
            default:
                PQclear(result)
                end(PostgresError(.other, "COPY is not spoken here"))
            }
        }
    }

    private func deliver() {
        let answer = self.answer
        self.answer = nil
        answer?.resolve(outcome ?? .failure(PostgresError(.other, "the server answered nothing")))
    }

    private func end(_ error: PostgresError) {
        close()
        outcome = .failure(error)
        deliver()
    }

    /// Ends the session, which frees its locks and rolls back what it had open.
    func close() {
        guard isOpen else { return }
        isOpen = false
        watch?.cancel()
        PQfinish(handle)
    }
}
