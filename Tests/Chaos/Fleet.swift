import ChaosCheck
import EventLoop
import Glibc
import Support

/// The processes of the program under test: one that serves, several that work. Each is started again when it ends.
///
/// Confined to its loop.
final class Fleet: @unchecked Sendable {
    // @unchecked: used on its loop only.

    /// A process that was told to end may take so long: the drain limit, and what comes on top of it.
    private static let patience = Duration.seconds(25)

    private struct Berth {
        var process: ChildProcess
        /// What it calls itself at the provider.
        var client: String
        var frozenSince: Double?
    }

    private let options: Options
    private let environment: [String: String]
    private let logs: String
    private let loop: EventLoop
    private var berths: [Schedule.Target: Berth] = [:]
    private var starts: [Schedule.Target: Int] = [:]
    private(set) var lives: [Life] = []
    private(set) var freezes: [Freeze] = []
    private(set) var misconduct: [String] = []

    init(_ options: Options, environment: [String: String], logs: String, on loop: EventLoop) {
        self.options = options
        self.environment = environment
        self.logs = logs
        self.loop = loop
    }

    var targets: [Schedule.Target] { [.web] + (0..<options.workers).map { .worker($0) } }

    func startAll() throws {
        for target in targets { try start(target) }
    }

    func start(_ target: Schedule.Target) throws {
        guard berths[target] == nil else { return }
        starts[target, default: 0] += 1
        let client = "\(target)-\(starts[target, default: 0])"
        var environment = environment
        environment["REPLICATE_API_TOKEN"] = "\(FaultyProvider.token).\(client)"
        // It ends with this process, whatever happens to it.
        let process = try ChildProcess(
            "setpriv",
            ["--pdeathsig", "KILL", options.atelier, target == .web ? "serve" : "work"],
            environment: environment,
            folder: "/",
            log: "\(logs)/\(target).log"
        )
        berths[target] = Berth(process: process, client: client)
        lives.append(Life(client: client, process: Int(process.id)))
    }

    // MARK: Blows

    func kill(_ target: Schedule.Target) async {
        guard let berth = leave(target) else { return }
        berth.process.kill(SIGKILL)
        _ = try? await eventually(on: loop) { berth.process.exitStatus() }
    }

    /// It must end in order, and soon.
    func end(_ target: Schedule.Target) async {
        guard let berth = leave(target) else { return }
        // A process that has barely begun, and blocks no signals yet, is ended by the signal itself.
        let isYoung = !berth.process.blocks(SIGTERM)
        berth.process.kill(SIGTERM)
        do {
            let status = try await eventually(within: Self.patience, on: loop) { berth.process.exitStatus() }
            if status != 0, !(status == 128 + SIGTERM && isYoung) {
                misconduct.append("\(berth.client) ended with \(status) when it was told to end")
            }
        } catch {
            misconduct.append("\(berth.client) did not end within \(Self.patience) when it was told to")
            berth.process.kill(SIGKILL)
            _ = try? await eventually(on: loop) { berth.process.exitStatus() }
        }
    }

    func freeze(_ target: Schedule.Target) {
        guard berths[target]?.frozenSince == nil else { return }
        berths[target]?.process.kill(SIGSTOP)
        berths[target]?.frozenSince = wallClock()
    }

    func thaw(_ target: Schedule.Target) {
        guard let berth = berths[target], let start = berth.frozenSince else { return }
        berths[target]?.frozenSince = nil
        freezes.append(Freeze(client: berth.client, start: start, end: wallClock()))
        berth.process.kill(SIGCONT)
    }

    /// Nobody expects it to run any more.
    private func leave(_ target: Schedule.Target) -> Berth? {
        thaw(target)
        return berths.removeValue(forKey: target)
    }

    // MARK: Care

    /// Starts again what has ended by itself, and remembers that it did.
    func lookAfter() throws {
        for (target, berth) in berths {
            guard let status = berth.process.exitStatus() else { continue }
            misconduct.append("\(berth.client) ended by itself with \(status): see \(target).log")
            berths[target] = nil
            try start(target)
        }
    }

    func thawAll() {
        for target in targets { thaw(target) }
    }

    /// In order, all at once.
    func endAll() async throws {
        try await atOnce(Array(berths.keys), on: loop) { await self.end($0) }
    }

    /// At once.
    func killAll() async {
        for target in Array(berths.keys) { await kill(target) }
    }
}
