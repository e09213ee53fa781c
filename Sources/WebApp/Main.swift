import EventLoop
import Glibc

/// `atelier`: the web server, the worker, and what an operator needs.
@main
struct Main {
    static let version = "0.1.0"

    static func main() {
        EventLoop.blockSignals([SIGTERM, SIGINT])
        exit(run(Array(CommandLine.arguments.dropFirst())))
    }

    /// The exit status: 0 done, 1 failed, 2 not understood.
    private static func run(_ arguments: [String]) -> Int32 {
        do {
            switch try Command(arguments) {
            case .help(let text):
                print(text)
            case .version:
                print("atelier \(version)")
            case .serve(let withWorker):
                try ServeCommand(configuration: .load(), servesWeb: true, runsWorker: withWorker).run()
            case .work:
                try ServeCommand(configuration: .load(), servesWeb: false, runsWorker: true).run()
            case .migrate(let action):
                try MigrateCommand(configuration: .load()).run(action)
            case .sweep(let isDry):
                try SweepCommand(configuration: .load(), isDry: isDry).run()
            case .health:
                try HealthCommand(configuration: .load()).run()
            }
            return 0
        } catch let error as UsageError {
            complain(error.message + "\n\n" + Command.usage)
            return 2
        } catch {
            complain("\(error)")
            return 1
        }
    }

    private static func complain(_ message: String) {
        let text = "atelier: \(message)\n"
        _ = text.withCString { write(2, $0, strlen($0)) }
    }
}

struct UsageError: Error {
    let message: String
}

/// A failure whose message is all that an operator needs.
struct OperatorError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
