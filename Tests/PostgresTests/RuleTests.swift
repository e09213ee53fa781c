import Testing

@testable import Postgres

@Suite("Backoff")
struct BackoffTests {
    @Test func `doubles up to a limit, and starts again after a success`() {
        var backoff = Backoff()
        let delays = (0..<10).map { _ in backoff.next(chance: 1) }
        #expect(delays[..<3] == [.milliseconds(50), .milliseconds(100), .milliseconds(200)])
        #expect(delays.last == .seconds(3))
        backoff.reset()
        #expect(backoff.next(chance: 0) == .milliseconds(25))
    }
}

@Suite("Queue")
struct FIFOTests {
    @Test func `gives back in order what went in, whatever is done between`() {
        var queue = FIFO<Int>()
        var model: [Int] = []
        for step in 0..<5000 {
            switch step % 7 {
            case 0, 1, 2, 4:
                queue.append(step)
                model.append(step)
            case 3 where step % 2 == 0:
                queue.prepend(-step)
                model.insert(-step, at: 0)
            case 5 where step % 35 == 5:
                let removed = queue.remove { $0 % 5 == 0 }
                #expect(removed == model.filter { $0 % 5 == 0 })
                model.removeAll { $0 % 5 == 0 }
            default:
                let taken = queue.popFirst()
                #expect(taken == (model.isEmpty ? nil : model.removeFirst()))
            }
            #expect(queue.count == model.count)
            #expect(queue.first == model.first)
        }
        while let taken = queue.popFirst() { #expect(taken == model.removeFirst()) }
        #expect(model.isEmpty)
        #expect(queue.isEmpty)
    }
}

@Suite("Splitting a script")
struct StatementSplitterTests {
    @Test(arguments: [
        ("", []), (" ; ;; -- a\n /* b */", []), ("a", ["a"]), ("a; b;", ["a", "b"]), ("'a;b'; c", ["'a;b'", "c"]),
        ("'it''s;'; b", ["'it''s;'", "b"]), ("E'\\';'; b", ["E'\\';'", "b"]), ("'\\'; b", ["'\\'", "b"]),
        ("\"a;\"\"b;\"; c", ["\"a;\"\"b;\"", "c"]), ("a -- b; c\n; d", ["a -- b; c\n", "d"]),
        ("a /* ; /* ; */ ; */ b; c", ["a /* ; /* ; */ ; */ b", "c"]), ("$$a;b$$; c", ["$$a;b$$", "c"]),
        ("$x$a;$$;$y$;$x$; c", ["$x$a;$$;$y$;$x$", "c"]), ("$1;a$b;c$d", ["$1", "a$b", "c$d"]),
        ("name'a;b'", ["name'a;b'"]), ("type'\\'; b", ["type'\\'", "b"]), ("'open; a", ["'open; a"]),
        ("$$open; a", ["$$open; a"]), ("/* open; a", []),
    ])
    func `ends statements where psql does`(script: String, statements: [String]) {
        let text = Array(script.utf8)
        var splitter = StatementSplitter(text)
        #expect(splitter.statements().map { String(decoding: text[$0], as: UTF8.self) } == statements)
    }
}
