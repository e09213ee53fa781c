/// What the command line asks for.
struct Options: Sendable {
    var jobs = 300
    var kills = 90
    var workers = 3
    var seed: UInt64?
    /// Seconds from one blow to the next, on average.
    var pace = 1.0
    /// Where the program under test is.
    var atelier = ""
    /// Where `migrations` and `Public` are.
    var project = ""
    var keepsFolder = false

    static let usage = """
        Usage: script/chaos [OPTION...]

        Proves that the queue loses nothing: submits jobs over HTTP while the web process, the workers, PostgreSQL and
        Redis are killed, frozen and stopped, and a faulty stand-in for Replicate fails in all its ways; then holds the
        database, the files and the stand-in's own record against what was promised. Exit status 0: nothing is wrong.

          --jobs N       jobs to submit (300)
          --kills N      blows that end something; a freeze comes with every third of them (90)
          --seconds N    instead of --kills: as many as fit into that time
          --workers N    worker processes (3)
          --seed N       the same schedule and the same faults again; drawn and printed without it
          --short        as script/test runs it: 60 jobs, 24 kills, about a minute
          --keep         keep the folder with the database, the files and the logs; a failure keeps it anyway
          --release      build and run the optimised program instead of the one for debugging
          --skip-build   use what was built before

        In full size: script/chaos --release --jobs 5000 --kills 1000, about 25 minutes.
        """

    /// Throws `Misunderstood`.
    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        func number(_ name: String, _ range: ClosedRange<Int>) throws -> Int {
            guard let text = rest.popFirst(), let number = Int(text), range.contains(number) else {
                throw Misunderstood(
                    description: "\(name) takes a number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
            return number
        }
        while let name = rest.popFirst() {
            switch name {
            case "--jobs": jobs = try number(name, 1...100_000)
            case "--kills": kills = try number(name, 0...100_000)
            case "--seconds": kills = Int(Double(try number(name, 1...100_000)) / pace * 0.75)
            case "--workers": workers = try number(name, 1...16)
            case "--seed": seed = UInt64(try number(name, 0...Int.max))
            case "--short": (jobs, kills) = (60, 24)
            case "--keep": keepsFolder = true
            case "--atelier": atelier = rest.popFirst() ?? ""
            case "--project": project = rest.popFirst() ?? ""
            default: throw Misunderstood(description: "“\(name)” is not understood")
            }
        }
        guard !atelier.isEmpty, !project.isEmpty else {
            throw Misunderstood(description: "start it by script/chaos")
        }
    }
}

struct Misunderstood: Error, CustomStringConvertible {
    let description: String
}
