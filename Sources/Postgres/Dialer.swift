import CPostgres
import EventLoop

/// Connects on behalf of one loop, and not faster than the backoff allows. Confined to its loop.
final class Dialer {
    private let loop: EventLoop
    private let target: Result<DialTarget, PostgresError>
    private let limit: Duration
    private var backoff = Backoff()
    private var notBefore: MonotonicTime
    private var dials: [ObjectIdentifier: Dial] = [:]
    private var isClosed = false
    /// Why the last attempt failed; `nil` since one succeeded.
    private(set) var lastFailure: PostgresError?

    init(on loop: EventLoop, target: Result<DialTarget, PostgresError>, limit: Duration) {
        self.loop = loop
        self.target = target
        self.limit = limit
        notBefore = MonotonicTime(nanoseconds: 0)
    }

    /// Calls `completion` once, with a session or the reason for none.
    ///
    /// `setUp` changes the settings of this one session.
    func dial(
        setUp: @escaping (inout DialTarget) -> Void = { _ in },
        completion: @escaping (Result<OpaquePointer, PostgresError>) -> Void
    ) {
        guard !isClosed else { return completion(.failure(.closed)) }
        let delay = notBefore - loop.now
        guard delay > .zero else { return begin(setUp, completion) }
        loop.schedule(after: delay) { [weak self] in
            if let self { begin(setUp, completion) } else { completion(.failure(.closed)) }
        }
    }

    private func begin(
        _ setUp: (inout DialTarget) -> Void,
        _ completion: @escaping (Result<OpaquePointer, PostgresError>) -> Void
    ) {
        guard !isClosed else { return completion(.failure(.closed)) }
        var target: DialTarget
        switch self.target {
        case .success(let parsed): target = parsed
        case .failure(let error):
            noteFailure(error)
            return completion(.failure(error))
        }
        setUp(&target)
        var identifier: ObjectIdentifier?
        let dial = Dial(on: loop, limit: limit) { [weak self] result in
            guard let self else {
                if case .success(let handle) = result { PQfinish(handle) }
                return completion(.failure(.closed))
            }
            if let identifier { dials[identifier] = nil }
            switch result {
            case .success:
                backoff.reset()
                lastFailure = nil
            case .failure(let error): noteFailure(error)
            }
            completion(result)
        }
        identifier = ObjectIdentifier(dial)
        dials[ObjectIdentifier(dial)] = dial
        dial.begin(target)
    }

    /// Attempts that ran side by side count as one.
    private func noteFailure(_ error: PostgresError) {
        lastFailure = error
        if loop.now >= notBefore { notBefore = loop.now.advanced(by: backoff.next()) }
    }

    func close() {
        isClosed = true
        let dials = self.dials.values
        self.dials = [:]
        for dial in dials { dial.cancel(.closed) }
    }
}
