/// What the command line asks for.
enum Command: Equatable {
    case help(String)
    case version
    case serve(withWorker: Bool)
    case work
    case migrate(MigrateAction)
    case sweep(isDry: Bool)
    case health

    enum MigrateAction: Equatable {
        case up
        case down(Int)
        case status
        case history
        case new(String)
    }

    static let usage = """
        Usage: atelier COMMAND

          serve [--with-worker]    serve the pages and the API; with a worker in the same process
          work                     run queued jobs only
          migrate up               bring the database up to date
          migrate down [N]         take back the last N migrations (1)
          migrate status           list the migrations, applied or not
          migrate history          list what was applied, and when
          migrate new NAME         write an empty migration
          sweep [--dry-run]        remove stored files that no picture names, as the server does every hour; or list them
          health                   ask the server on HOST and PORT whether it can serve; exit status 0 or 1
          version                  print the version

        Settings come from the environment and from .env in the working folder; .env.example lists them all.
        """

    init(_ arguments: [String]) throws(UsageError) {
        var rest = arguments[...]
        if rest.contains("--help") || rest.contains("-h") || rest.isEmpty {
            self = .help(Self.usage)
            return
        }
        let name = rest.removeFirst()
        switch name {
        case "help": self = .help(Self.usage)
        case "version", "--version": self = .version
        case "serve":
            let withWorker = rest.first == "--with-worker"
            if withWorker { rest.removeFirst() }
            self = .serve(withWorker: withWorker)
        case "work": self = .work
        case "sweep":
            let isDry = rest.first == "--dry-run"
            if isDry { rest.removeFirst() }
            self = .sweep(isDry: isDry)
        case "health": self = .health
        case "migrate": self = .migrate(try Self.migrateAction(&rest))
        default: throw UsageError(message: "There is no command “\(name)”.")
        }
        if let extra = rest.first { throw UsageError(message: "“\(extra)” is not understood after \(name).") }
    }

    private static func migrateAction(_ rest: inout ArraySlice<String>) throws(UsageError) -> MigrateAction {
        guard let action = rest.popFirst() else { throw UsageError(message: "migrate needs one of its actions.") }
        switch action {
        case "up": return .up
        case "status": return .status
        case "history": return .history
        case "down":
            guard let text = rest.popFirst() else { return .down(1) }
            guard let count = Int(text), (1...1000).contains(count) else {
                throw UsageError(message: "migrate down takes a number from 1 to 1000, not “\(text)”.")
            }
            return .down(count)
        case "new":
            guard let name = rest.popFirst() else { throw UsageError(message: "migrate new needs a name.") }
            return .new(name)
        default: throw UsageError(message: "There is no action “migrate \(action)”.")
        }
    }
}
