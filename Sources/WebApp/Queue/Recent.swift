import EventLoop
import Synchronization

/// An answer that many ask for and that may be a moment old: when it is older, whoever asks first fetches it anew, and
/// the others go on with the one before.
final class Recent<Value: Sendable>: Sendable {
    private struct Known {
        let value: Value
        let fetched: MonotonicTime
        var isBeingFetched = false
    }

    private let fresh: Duration
    private let known = Mutex<Known?>(nil)

    init(freshFor fresh: Duration) {
        self.fresh = fresh
    }

    /// - Parameter suffices: whether a fresh answer will do; asked again at most ten times within its time.
    func value<Failure: Error>(
        _ suffices: (Value) -> Bool = { _ in true },
        fetch: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        if let value = current(suffices) { return value }
        do {
            let value = try await fetch()
            known.withLock { $0 = Known(value: value, fetched: .current) }
            return value
        } catch {
            known.withLock { $0?.isBeingFetched = false }
            throw error
        }
    }

    /// What may be answered at once; `nil`: the caller is to fetch.
    private func current(_ suffices: (Value) -> Bool) -> Value? {
        known.withLock { known in
            guard let found = known else { return nil }
            let age = MonotonicTime.current - found.fetched
            if age < fresh, age < fresh / 10 || suffices(found.value) { return found.value }
            // A fetch that hangs does not keep the others from asking for ever.
            if found.isBeingFetched, age < fresh * 10 { return found.value }
            known?.isBeingFetched = true
            return nil
        }
    }
}
