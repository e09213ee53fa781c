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
    /// How often it was forgotten: what was asked before is not believed afterwards.
    private let forgotten = Atomic(0)

    init(freshFor fresh: Duration) {
        self.fresh = fresh
    }

    /// - Parameter suffices: whether a fresh answer will do; asked again at most ten times within its time.
    func value<Failure: Error>(
        _ suffices: (Value) -> Bool = { _ in true },
        fetch: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        if let value = current(suffices) { return value }
        let begun = forgotten.load(ordering: .acquiring)
        do {
            let value = try await fetch()
            known.withLock { known in
                guard forgotten.load(ordering: .acquiring) == begun else { return }
                known = Known(value: value, fetched: .current)
            }
            return value
        } catch {
            known.withLock { $0?.isBeingFetched = false }
            throw error
        }
    }

    /// Whoever asks next fetches it anew: this process has changed it.
    func forget() {
        known.withLock { known in
            forgotten.add(1, ordering: .releasing)
            known = nil
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
