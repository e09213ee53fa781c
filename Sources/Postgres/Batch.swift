/// What goes to the server up to one Sync: one round trip and one implicit transaction.
final class Batch {
    enum Outcome {
        case pending
        case rows(Rows)
        case failed(PostgresError)
        /// Not run, because one before it failed.
        case aborted
    }

    let statements: [SQL]
    private(set) var outcomes: [Outcome]
    /// The commit at the Sync failed: a deferred constraint, a serialization failure.
    private(set) var commitFailure: PostgresError?
    /// `.connectionLost` when the connection died before the Sync was answered, `.unavailable` when nothing was sent.
    private(set) var loss: PostgresError?
    /// How long the server may be silent about it.
    let silenceLimit: Duration

    private enum Step {
        case prepare(statement: Int, PreparedStatement)
        case run(statement: Int)
    }
    private var steps: [Step] = []
    private var nextStep = 0
    private let end: (Batch) -> Void

    /// `end` is called once, when the Sync is answered or the connection is lost.
    init(_ statements: [SQL], silenceLimit: Duration, end: @escaping (Batch) -> Void) {
        self.statements = statements
        self.silenceLimit = silenceLimit
        self.end = end
        outcomes = Array(repeating: .pending, count: statements.count)
        steps.reserveCapacity(statements.count)
    }

    func expectPrepared(_ statement: Int, _ prepared: PreparedStatement) {
        steps.append(.prepare(statement: statement, prepared))
    }

    func expectRows(_ statement: Int) { steps.append(.run(statement: statement)) }

    /// The answer to the step in turn; one that comes when all steps are answered is the commit's.
    func receive(_ outcome: Outcome) {
        guard nextStep < steps.count else {
            if case .failed(let error) = outcome { commitFailure = error }
            return
        }
        let step = steps[nextStep]
        nextStep += 1
        switch (step, outcome) {
        case (.prepare(_, let prepared), .rows): prepared.state = .ready
        case (.prepare(let statement, let prepared), .failed):
            prepared.state = .gone
            outcomes[statement] = outcome
        case (.prepare(_, let prepared), _): prepared.state = .gone
        case (.run(let statement), _):
            // A statement that could not be prepared has its error already and counts as aborted now.
            if case .pending = outcomes[statement] { outcomes[statement] = outcome }
        }
    }

    func finish(loss: PostgresError? = nil) {
        self.loss = loss
        end(self)
    }
}

extension Batch {
    /// All rows, if everything including the commit succeeded.
    func result() -> Result<[Rows], PostgresError> {
        if let failure = commitFailure { return .failure(failure) }
        var rows: [Rows] = []
        for outcome in outcomes {
            switch outcome {
            case .rows(let found): rows.append(found)
            // An error that ends the session says less than the loss that follows it.
            case .failed(let error) where loss == nil || !error.endsSession: return .failure(error)
            default: break
            }
        }
        if let loss { return .failure(loss) }
        guard rows.count == outcomes.count else {
            return .failure(PostgresError(.other, "the server left a statement unanswered"))
        }
        return .success(rows)
    }
}

/// A statement that a session was asked to keep.
final class PreparedStatement {
    enum State { case asked, ready, gone }
    let name: String
    var state = State.asked
    init(name: String) { self.name = name }
}
