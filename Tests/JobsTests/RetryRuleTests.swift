import Testing

@testable import Jobs

@Suite("Retry rule")
struct RetryRuleTests {
    let rule = RetryRule(base: 2, cap: .seconds(600))

    @Test(arguments: [(0, 2.0), (1, 4.0), (2, 8.0), (8, 512.0), (9, 600.0), (50, 600.0)])
    func `waits grow exponentially up to the cap`(retryCount: Int, longest: Double) {
        let verdict = rule.verdict(on: .transient("x"), retryCount: retryCount, maxRetries: 100, chance: 0.5)
        #expect(verdict == .retry(after: .seconds(longest / 2)))
    }

    @Test func `the jitter spans from no wait to the whole`() {
        #expect(rule.verdict(on: .transient("x"), retryCount: 2, maxRetries: 3, chance: 0) == .retry(after: .zero))
        let almost = rule.verdict(on: .transient("x"), retryCount: 2, maxRetries: 3, chance: 0.999)
        #expect(almost == .retry(after: .seconds(8 * 0.999)))
    }

    @Test func `permanent errors fail at once`() {
        #expect(rule.verdict(on: .permanent("x"), retryCount: 0, maxRetries: 3, chance: 0.5) == .fail)
    }

    @Test func `transient errors fail once the retries are used up`() {
        #expect(rule.verdict(on: .transient("x"), retryCount: 3, maxRetries: 3, chance: 0.5) == .fail)
        #expect(rule.verdict(on: .transient("x"), retryCount: 0, maxRetries: 0, chance: 0.5) == .fail)
    }

    @Test func `whoever refuses may ask for more time than the jitter, within a limit`() {
        let patient = JobError.transient("x", retryAfter: .seconds(30))
        #expect(rule.verdict(on: patient, retryCount: 0, maxRetries: 3, chance: 0.9) == .retry(after: .seconds(30)))
        let endless = JobError.transient("x", retryAfter: .seconds(100_000))
        #expect(rule.verdict(on: endless, retryCount: 0, maxRetries: 3, chance: 0) == .retry(after: .seconds(3600)))
    }
}
