import ChaosCheck
import EventLoop
import Support

/// Carries out a schedule: each target's blows one after the other, those of different targets whenever they come.
final class Striker: @unchecked Sendable {
    // @unchecked: used on its loop only.

    private let fleet: Fleet
    private let services: Services
    private let pool: BlockingPool
    private let loop: EventLoop
    private(set) var struck: [String: [Schedule.Blow: Int]] = [:]

    init(_ fleet: Fleet, _ services: Services, pool: BlockingPool, on loop: EventLoop) {
        self.fleet = fleet
        self.services = services
        self.pool = pool
        self.loop = loop
    }

    var kills: Int { struck.values.reduce(0) { $0 + $1.filter(\.key.isKill).values.reduce(0, +) } }
    var freezes: Int { struck.values.reduce(0) { $0 + ($1[.freeze] ?? 0) } }

    /// Returns when all is over and everything runs again.
    func carryOut(_ schedule: Schedule) async throws {
        let began = MonotonicTime.current
        try await atOnce(Dictionary(grouping: schedule.events, by: \.target).values, on: loop) { events in
            for event in events {
                let rest = began.advanced(by: .seconds(event.time)) - .current
                try await self.loop.sleep(for: max(rest, .zero))
                try await self.strike(event)
                self.struck[event.target.kind, default: [:]][event.blow, default: 0] += 1
            }
        }
    }

    private func strike(_ event: Schedule.Event) async throws {
        let pause = Duration.seconds(event.pause)
        let (postgres, redis) = (services.postgres, services.redis)
        switch (event.target, event.blow) {
        case (.web, .freeze), (.worker, .freeze):
            fleet.freeze(event.target)
            try await loop.sleep(for: pause)
            fleet.thaw(event.target)
        case (.web, let blow), (.worker, let blow):
            if blow == .term { await fleet.end(event.target) } else { await fleet.kill(event.target) }
            try await loop.sleep(for: pause)
            try fleet.start(event.target)
        case (.postgres, .freeze):
            postgres.freeze()
            defer { postgres.thaw() }
            try await loop.sleep(for: pause)
        case (.postgres, .killChild):
            postgres.killChild(event.choice)
        case (.postgres, let blow):
            try await pool.run { if blow == .stopAtOnce { postgres.stopAtOnce() } else { postgres.kill() } }
            try await loop.sleep(for: pause)
            try await pool.run { try postgres.start() }
        case (.redis, .freeze):
            redis.freeze()
            defer { redis.thaw() }
            try await loop.sleep(for: pause)
        case (.redis, _):
            try await pool.run { redis.kill() }
            try await loop.sleep(for: pause)
            try await pool.run { try redis.start() }
        }
    }
}
