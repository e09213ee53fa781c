import ChaosCheck
import EventLoop
import Glibc
import Support

/// `script/chaos`: kills everything, and looks whether anything was lost.
@main
struct Main {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.contains("--help") || arguments.contains("-h") {
            print(Options.usage)
            exit(0)
        }
        // Before any thread exists.
        EventLoop.blockSignals([SIGTERM, SIGINT, SIGHUP])
        do {
            exit(try run(try Options(arguments)))
        } catch let error as Misunderstood {
            say("\(error); --help tells more")
            exit(2)
        } catch {
            say("\(error)")
            exit(1)
        }
    }

    /// The exit status: 0 when nothing is wrong, 1 when something is, 128 + n after signal n.
    private static func run(_ options: Options) throws -> Int32 {
        let seed = options.seed ?? UInt64.random(in: 0...999_999_999)
        let folder = try makeFolder()
        let loop = try EventLoop(name: "chaos")
        let pool = BlockingPool(threads: 4, capacity: 100)
        let run = Run(options: options, seed: seed, folder: folder, loop: loop, pool: pool)
        say("seed \(seed), \(options.jobs) jobs, \(options.kills) kills, \(options.workers) workers")

        let status = Status()
        loop.spawn {
            let task = loop.spawn {
                do {
                    let report = Report(try await run.execute(), seed: seed)
                    print(report.text)
                    try write(report.text, to: "\(folder)/report.txt")
                    if !report.isGood { status.code = 1 }
                } catch is CancellationError {
                    say("stopped")
                } catch {
                    say("\(error)")
                    status.code = 1
                }
                loop.stop()
            }
            let signals = try? loop.onSignals([SIGTERM, SIGINT, SIGHUP]) { signal in
                status.code = 128 + signal
                task.cancel()
            }
            await task.value
            signals?.cancel()
        }
        loop.run()
        pool.stop()
        if status.code == 1 || options.keepsFolder {
            say("the database, the files and the logs are in \(folder)")
        } else {
            _ = system("rm -rf '\(folder)'")
        }
        return status.code
    }

    private static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "we") else { throw SystemError("fopen") }
        defer { fclose(file) }
        fputs(text + "\n", file)
    }

    private static func makeFolder() throws -> String {
        var template = Array("/tmp/atelier-chaos.XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { throw SystemError("mkdtemp") }
        let folder = String(cString: path)
        // PostgreSQL runs as another user when this one is root.
        chmod(folder, 0o711)
        for name in ["services", "logs", "storage"] where mkdir("\(folder)/\(name)", 0o755) != 0 {
            throw SystemError("mkdir")
        }
        return folder
    }

    private final class Status: @unchecked Sendable {
        // @unchecked: written on the loop, which the main thread runs, and read after it.
        var code: Int32 = 0
    }
}
