import ChaosCheck
import Testing

@Suite("The schedule of script/chaos")
struct ScheduleTests {
    private func schedule(_ seed: UInt64, kills: Int = 300) -> Schedule {
        Schedule(seed: seed, kills: kills, workers: 3, pace: 1, lease: 2)
    }

    @Test func `is the same for the same seed, and another for another`() {
        func words(_ seed: UInt64) -> [String] {
            schedule(seed).events.map { "\($0.time) \($0.target) \($0.blow) \($0.pause) \($0.choice)" }
        }
        #expect(words(7) == words(7))
        #expect(words(7) != words(8))
    }

    @Test(arguments: [0, 1, 24, 1000])
    func `strikes as often as it was told`(kills: Int) {
        let events = schedule(1, kills: kills).events
        #expect(events.count { $0.blow.isKill } == kills)
        #expect(events.count { !$0.blow.isKill } == kills / 3)
    }

    @Test func `strikes everything in every way`() {
        let events = schedule(2).events
        for target in [Schedule.Target.web, .worker(0), .worker(1), .worker(2), .postgres, .redis] {
            let blows = Set(events.filter { $0.target == target }.map(\.blow))
            #expect(blows.isSuperset(of: [.kill, .freeze]), "\(target)")
        }
        let all = Set(events.map(\.blow))
        #expect(all == [.kill, .term, .killChild, .stopAtOnce, .freeze])
    }

    @Test func `lets a target come back before it strikes it again, and some leases run out`() {
        let events = schedule(3).events
        for (_, blows) in Dictionary(grouping: events, by: \.target) {
            for (earlier, later) in zip(blows, blows.dropFirst()) {
                #expect(later.time > earlier.time + earlier.pause)
            }
        }
        #expect(events.contains { $0.pause > 2 })
        #expect(events.count { $0.pause < 2 } > events.count / 2)
    }
}

@Suite("Chance by a seed")
struct SeededGeneratorTests {
    /// The first numbers of the published reference implementation for the seed 1234567.
    @Test func `is SplitMix64`() {
        var chance = SeededGenerator(seed: 1_234_567)
        let numbers = (0..<3).map { _ in chance.next() }
        #expect(numbers == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
    }

    @Test func `is another for another subject`() {
        var first = SeededGenerator(seed: 1, "create a fox", 1)
        var second = SeededGenerator(seed: 1, "create a fox", 2)
        var third = SeededGenerator(seed: 1, "create a goose", 1)
        #expect(Set([first.next(), second.next(), third.next()]).count == 3)
    }

    @Test func `picks by weight`() {
        var chance = SeededGenerator(seed: 5)
        let picks = (0..<1000).map { _ in chance.pick([("often", 3), ("seldom", 1), ("never", 0)]) }
        #expect(picks.count { $0 == "often" } > 600)
        #expect(picks.count { $0 == "seldom" } > 150)
        #expect(!picks.contains("never"))
    }
}
