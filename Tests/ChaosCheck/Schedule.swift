/// Who is struck when, and how: the same for the same seed.
public struct Schedule: Sendable {
    public enum Target: Hashable, Sendable, CustomStringConvertible {
        case web
        /// Counted from 0.
        case worker(Int)
        case postgres
        case redis

        public var description: String {
            switch self {
            case .web: "web"
            case .worker(let number): "worker-\(number + 1)"
            case .postgres: "postgres"
            case .redis: "redis"
            }
        }

        /// One word for all workers.
        public var kind: String {
            if case .worker = self { "worker" } else { description }
        }
    }

    public enum Blow: Hashable, Sendable, CustomStringConvertible {
        /// SIGKILL; of PostgreSQL's processes all.
        case kill
        /// SIGTERM, and a wait for an end in order.
        case term
        /// SIGKILL to one of PostgreSQL's children.
        case killChild
        /// PostgreSQL's immediate stop.
        case stopAtOnce
        /// SIGSTOP, and SIGCONT later.
        case freeze

        public var description: String {
            switch self {
            case .kill: "kill -9"
            case .term: "term"
            case .killChild: "kill -9 of a child"
            case .stopAtOnce: "immediate stop"
            case .freeze: "freeze"
            }
        }

        /// Whether something ends by it.
        public var isKill: Bool { self != .freeze }
    }

    public struct Event: Sendable {
        public let target: Target
        public let blow: Blow
        /// Seconds after the beginning.
        public let time: Double
        /// Seconds until it is started again, or thawed.
        public let pause: Double
        /// For what is left to choose.
        public let choice: Int
    }

    /// In the order of their times. Those of one target are so far apart that it can recover for a moment.
    public let events: [Event]

    /// The time of the last one.
    public var span: Double { events.last?.time ?? 0 }

    /// A freeze comes with every third kill.
    ///
    /// - Parameters:
    ///   - kills: how many in all.
    ///   - pace: seconds from one blow to the next, on average.
    ///   - lease: seconds; pauses are drawn so that some leases survive them and some do not.
    public init(seed: UInt64, kills: Int, workers: Int, pace: Double, lease: Double) {
        var chance = SeededGenerator(seed: seed, "schedule")
        let targets = [.web, .postgres, .redis] + (0..<workers).map { Target.worker($0) }
        var freeAt: [Target: Double] = [:]
        var events: [Event] = []
        var time = 0.5
        var killsLeft = kills
        var freezesLeft = kills / 3
        while killsLeft + freezesLeft > 0 {
            time += chance.within(0.2...1.8) * pace
            let isKill = chance.within(0...Double(killsLeft + freezesLeft)) < Double(killsLeft)
            let free = targets.filter { freeAt[$0, default: 0] <= time }
            // All are down: the next moment will do.
            guard !free.isEmpty else { continue }
            let target = chance.pick(free.map { ($0, Self.weight(of: $0, isKill: isKill, workers: workers)) })
            let blow = isKill ? chance.pick(Self.kills(of: target)) : .freeze
            let pause = Self.pause(after: blow, of: target, lease: lease, &chance)
            events.append(
                Event(
                    target: target,
                    blow: blow,
                    time: time,
                    pause: pause,
                    choice: Int.random(in: 0..<1000, using: &chance)
                )
            )
            freeAt[target] = time + pause + chance.within(0.3...1.5)
            if isKill { killsLeft -= 1 } else { freezesLeft -= 1 }
        }
        self.events = events
    }

    private static func weight(of target: Target, isKill: Bool, workers: Int) -> Double {
        switch target {
        case .worker: (isKill ? 65 : 50) / Double(max(1, workers))
        case .web: 15
        case .postgres: isKill ? 11 : 15
        case .redis: isKill ? 9 : 20
        }
    }

    private static func kills(of target: Target) -> [(choice: Blow, weight: Double)] {
        switch target {
        case .web, .worker: [(.kill, 8), (.term, 2)]
        case .postgres: [(.killChild, 5), (.stopAtOnce, 3), (.kill, 3)]
        case .redis: [(.kill, 1)]
        }
    }

    private static func pause(
        after blow: Blow,
        of target: Target,
        lease: Double,
        _ chance: inout SeededGenerator
    ) -> Double {
        // Most are short, some outlast a lease.
        let outlasts = chance.happens(0.25)
        return switch blow {
        case .freeze: outlasts ? chance.within(lease...2.5 * lease) : chance.within(0.1...lease)
        case .killChild: 0
        default: outlasts ? chance.within(lease...1.5 * lease) : chance.within(0...0.8)
        }
    }
}
