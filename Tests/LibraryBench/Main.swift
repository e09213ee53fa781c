import EventLoop
import Glibc

/// Measures the pages of a seeded library, served by a release build: `LibraryBench`, with its surroundings named by the
/// environment, see `Surroundings`. Prints tables; exit status 1 when a plan reads a whole table or a page is too large.
/// `script/bench library` runs it.
@main
struct LibraryBench {
    static func main() throws {
        let loop = try EventLoop(name: "bench")
        loop.start()
        let end = End()
        loop.spawn {
            do {
                end.isGood = try await Measurement(Surroundings(), on: loop).run()
            } catch {
                print("library-bench: \(error)")
            }
            loop.stop()
        }
        loop.join()
        if !end.isGood { exit(1) }
    }
}

/// Written before the loop ends, read after.
private final class End: @unchecked Sendable {
    // @unchecked: the end of the loop's thread lies between the write and the read.
    var isGood = false
}

/// What is measured, and where it says what it does.
struct Surroundings: Sendable {
    /// `http://127.0.0.1:18080`
    let site: String
    let databaseURL: String
    /// The process that serves, for its CPU time.
    let server: Int
    /// The log lines of the server, with its own times.
    let serverLog: String
    /// Where PostgreSQL writes the plans of `auto_explain`.
    let postgresLog: String
    /// Every plan is written there.
    let plans: String

    init() throws {
        func value(_ name: String) throws -> String {
            guard let value = getenv(name) else { throw Problem("\(name) must be set") }
            return String(cString: value)
        }
        site = try value("SITE")
        databaseURL = try value("DATABASE_URL")
        guard let server = Int(try value("SERVER_PID")) else { throw Problem("SERVER_PID is no number") }
        self.server = server
        serverLog = try value("SERVER_LOG")
        postgresLog = try value("POSTGRES_LOG")
        plans = try value("PLANS")
    }
}

struct Problem: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
