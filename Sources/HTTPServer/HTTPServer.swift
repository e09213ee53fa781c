import EventLoop
import Glibc
import Synchronization

/// A strict HTTP/1.1 server on event loops, made to stand behind a proxy that ends TLS.
///
/// Every loop accepts, parses, runs handlers and answers by itself; the loops share only the count of connections.
public final class HTTPServer: Sendable {
    public typealias Handler = @Sendable (Request) async -> Response

    private let parts: [ServerLoop]
    private let admission: Admission
    private let boundPort = Mutex<UInt16>(0)

    /// The handler runs on the loop its request came to, at once, and is cancelled when its client goes away.
    public init(loops: [EventLoop], limits: ServerLimits = ServerLimits(), handler: @escaping Handler) {
        precondition(!loops.isEmpty, "a server needs a loop")
        precondition(limits.headBytes <= 65_535, "a head is limited to 65,535 bytes")
        admission = Admission(limits)
        parts = loops.map { [admission] in ServerLoop($0, limits, admission, handler) }
    }

    /// The port that is listened on, once started.
    public var port: Int { Int(boundPort.withLock { $0 }) }

    /// Listens, on an address in digits; port 0 takes a free one. Ignores SIGPIPE for the whole process.
    ///
    /// Throws `EADDRINUSE` when the port is taken, also by another process that would share it.
    public func start(host: String, port: Int) throws(SystemError) {
        signal(SIGPIPE, SIG_IGN)
        let listeners = try ListeningSocket.open(host: host, port: port, count: parts.count)
        boundPort.withLock { $0 = listeners.port }
        for (part, descriptor) in zip(parts, listeners.descriptors) {
            part.loop.execute { part.listen(on: descriptor) }
        }
    }

    /// Stops accepting, lets requests in flight finish with `Connection: close`, and returns when every connection has
    /// ended; those that have not after `limit` are cut off.
    public func drain(within limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            for part in parts {
                group.addTask {
                    await withUnsafeContinuation { continuation in
                        part.loop.execute { part.drain(within: limit) { continuation.resume() } }
                    }
                }
            }
        }
    }

    /// Cuts off every connection and cancels the requests in flight, soon and without waiting. Any thread.
    public func stop() {
        for part in parts { part.loop.execute { part.drain(within: .zero) {} } }
    }

    /// What the server has done, for metrics.
    public var counters: ServerCounters {
        var sum = ServerCounters()
        sum.openConnections = admission.open
        for part in parts { part.counters.add(to: &sum) }
        return sum
    }
}

/// Totals since the start, but for `openConnections`.
public struct ServerCounters: Sendable {
    public internal(set) var openConnections = 0
    public internal(set) var activeRequests = 0
    public internal(set) var acceptedConnections = 0
    /// Closed at once because there were too many.
    public internal(set) var refusedConnections = 0
    public internal(set) var requests = 0
    /// Answered by the server itself, because they were malformed, too large or too slow.
    public internal(set) var rejectedRequests = 0
}

/// One loop's part of the counters: written on its loop, read anywhere.
final class LoopCounters: Sendable {
    let active = Atomic(0)
    let accepted = Atomic(0)
    let refused = Atomic(0)
    let requests = Atomic(0)
    let rejected = Atomic(0)

    func add(to sum: inout ServerCounters) {
        sum.activeRequests += active.load(ordering: .relaxed)
        sum.acceptedConnections += accepted.load(ordering: .relaxed)
        sum.refusedConnections += refused.load(ordering: .relaxed)
        sum.requests += requests.load(ordering: .relaxed)
        sum.rejectedRequests += rejected.load(ordering: .relaxed)
    }
}

extension Atomic<Int> {
    /// For a counter that only one thread writes: no locked instruction.
    func add(_ difference: Int) { store(load(ordering: .relaxed) &+ difference, ordering: .relaxed) }
}

/// How many connections there are, in all and from each network, over all loops.
final class Admission: Sendable {
    private struct Count {
        var all = 0
        var byNetwork: [PeerAddress: Int] = [:]
    }
    private let count = Mutex(Count())
    private let limits: ServerLimits

    init(_ limits: ServerLimits) { self.limits = limits }

    var open: Int { count.withLock { $0.all } }

    func admit(_ address: PeerAddress) -> Bool {
        count.withLock { count in
            let network = address.network
            let neighbours = count.byNetwork[network] ?? 0
            guard count.all < limits.connections, neighbours < limits.connectionsPerAddress else { return false }
            count.all += 1
            count.byNetwork[network] = neighbours + 1
            return true
        }
    }

    func leave(_ address: PeerAddress) {
        count.withLock { count in
            let network = address.network
            count.all -= 1
            let neighbours = (count.byNetwork[network] ?? 1) - 1
            count.byNetwork[network] = neighbours > 0 ? neighbours : nil
        }
    }
}
