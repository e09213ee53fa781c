import CPostgres
import EventLoop
import Glibc

/// One attempt to connect, driven by the loop without blocking it. Confined to its loop.
///
/// <https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PQCONNECTSTARTPARAMS>
final class Dial {
    typealias Completion = (Result<OpaquePointer, PostgresError>) -> Void

    private let loop: EventLoop
    private let limit: Duration
    private var handle: OpaquePointer?
    private var watch: Watch?
    private var timer: LoopTimer?
    private var completion: Completion?

    /// `completion` is called once, with a session that is the receiver's to finish or the reason for none.
    init(on loop: EventLoop, limit: Duration, completion: @escaping Completion) {
        self.loop = loop
        self.limit = limit
        self.completion = completion
    }

    func begin(_ target: DialTarget) {
        timer = loop.schedule(after: limit) { [weak self] in
            guard let self else { return }
            fail("no session within \(self.limit)")
        }
        target.resolve(on: loop) { [weak self] target in
            guard let self, completion != nil else { return }
            switch target {
            case .success(let target): start(target)
            case .failure(let error): fail(error.message)
            }
        }
    }

    func cancel(_ error: PostgresError) { deliver(.failure(error)) }

    private func start(_ target: DialTarget) {
        handle = target.withKeywords { PQconnectStartParams($0, $1, 0) }
        guard let handle, PQstatus(handle) != CONNECTION_BAD else { return failWithReason() }
        // As if the last poll had said "writing", says the manual.
        follow(PGRES_POLLING_WRITING)
    }

    private func poll() {
        // libpq may close this socket and open another one.
        watch?.cancel()
        watch = nil
        guard let handle else { return }
        follow(PQconnectPoll(handle))
    }

    private func follow(_ status: PostgresPollingStatusType) {
        guard let handle else { return }
        switch status {
        case PGRES_POLLING_OK:
            self.handle = nil
            deliver(.success(handle))
        case PGRES_POLLING_READING, PGRES_POLLING_WRITING:
            let interest: IOEvents = status == PGRES_POLLING_READING ? .read : .write
            do {
                watch = try loop.watch(PQsocket(handle), for: interest) { [weak self] _ in self?.poll() }
            } catch {
                fail(error.description)
            }
        default: failWithReason()
        }
    }

    private func failWithReason() { fail(handle.map { firstLine(PQerrorMessage($0)) } ?? "no memory") }

    private func fail(_ reason: String) {
        deliver(.failure(PostgresError(.unavailable, "cannot connect: \(reason)")))
    }

    private func deliver(_ result: Result<OpaquePointer, PostgresError>) {
        let completion = self.completion
        self.completion = nil
        end()
        completion?(result)
    }

    private func end() {
        timer?.cancel()
        watch?.cancel()
        watch = nil
        if let handle { PQfinish(handle) }
        handle = nil
    }
}
