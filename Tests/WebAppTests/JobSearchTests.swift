import Jobs
import Postgres
import Testing

@testable import WebApp

@Suite("A search for jobs, as it is typed")
struct JobSearchTests {
    @Test func `qualifiers, words and words in quotation marks are told apart`() {
        let search = JobSearch(#"state:failed,cancelled model:atelier/canvas boats "two sails" error:"timed out" 16:9"#)
        #expect(search.problems.isEmpty)
        #expect(search.states == [.failed, .cancelled])
        #expect(search.models == ["atelier/canvas"])
        #expect(search.words == ["boats", "two sails", "16:9"])
        #expect(search.errors == ["timed out"])
    }

    @Test func `a qualifier given again adds a value, an age or a number of attempts narrows`() {
        let search = JobSearch("state:failed STATE:Cancelled age:>1h age:>1d30m attempts:>1 attempts:<=5 owner:a,b")
        #expect(search.problems.isEmpty)
        #expect(search.states == [.failed, .cancelled])
        #expect(search.olderThan == .seconds(86_400 + 1800))
        #expect(search.attempts == 2...5)
        #expect(search.owners == ["a", "b"])
    }

    @Test(arguments: [
        ("colour:red", "colour is not known; known are state, model,"),
        ("state:faild", "the states are pending, scheduled, processing, completed, failed, cancelled"),
        ("state:", "a value is missing after state:"),
        ("age:1h", "write age:>1h"), ("age:>1x", "write age:>1h"), ("age:>", "write age:>1h"),
        ("age:>99999999999999999999h", "write age:>1h"), ("age:>999999999w", "write age:>1h"),
        ("attempts:many", "write attempts:2"), ("attempts:=>2", "write attempts:2"),
        ("id:xyz1", "an id is hexadecimal"), ("id:01a", "an id is hexadecimal"),
        ("https://example.org", "https is not known"),
    ])
    func `what cannot be followed is named with what is known, and the input is kept`(typed: String, reason: String) {
        let search = JobSearch("boats \(typed)")
        #expect(search.problems.count == 1)
        #expect(search.problems.first?.contains("“\(typed)”") == true)
        #expect(search.problems.first?.contains(reason) == true, "\(search.problems)")
        #expect(search.text == "boats \(typed)")
    }

    @Test(arguments: [
        "01a1fdc0", "01A1FDC0-fa23", "01a1fdc0-fa23-7958-a4c9-77df1a218922", "01a1fdc0-",
    ])
    func `the beginning of an id is enough`(typed: String) throws {
        let search = JobSearch("id:\(typed)")
        let range = try #require(search.ids)
        let id = try #require(JobID("01a1fdc0-fa23-7958-a4c9-77df1a218922"))
        #expect(range.contains(id))
        #expect(!range.contains(try #require(JobID("01a1fdc1-fa23-7958-a4c9-77df1a218922"))))
    }

    @Test(arguments: [
        "", "\"", "\"\"", ":", "::::", "\" \"", "a:\"", "state:\"\"", ",", "é:é", "\u{0}", "attempts:>-1",
    ])
    func `any text is a search or a problem`(typed: String) {
        let search = JobSearch(typed)
        #expect(search.text == typed)
    }

    @Test func `too long a search is refused`() {
        #expect(JobSearch(String(repeating: "é", count: 251)).problems.count == 1)
        #expect(JobSearch(String(repeating: "e", count: 500)).problems.isEmpty)
    }

    @Test func `an id made at a time is not before the first one of that time`() {
        let now = Timestamp.now
        let id = JobID.next()
        #expect(JobID.first(at: now - .milliseconds(2)) <= id)
        #expect(JobID.first(at: now + .seconds(1)) > id)
    }
}
