import EventLoop
import Jobs
import Postgres

/// Which pictures an action is about.
enum Selection: Sendable {
    /// So many can be chosen one by one.
    static let mostChosen = 1000

    case chosen([PictureID])
    /// All that match, of those that were kept before `until`.
    case matching(LibraryQuery, until: Timestamp)
    /// What was thrown away together.
    case thrownAway(at: Timestamp)

    /// Of the rows of `library`.
    var condition: SQL {
        switch self {
        case .chosen(let ids): "id = ANY (\(ids.map(\.rawValue))::uuid[])"
        case .matching(let query, let until): "\(query.conditionInOrder) AND id < \(UUID.earliest(at: until))"
        case .thrownAway(let time): "trashed_at = \(time)"
        }
    }
}

extension LibraryAction {
    /// Pictures that one statement changes.
    static let batch = 1000
    /// After it no further batch begins.
    static let timeLimit = Duration.seconds(15)

    /// Does it to the pictures, a batch at a time; each is done whole or not at all.
    func perform(on selection: Selection, _ app: App) async throws -> ActionResult {
        var result = ActionResult(self)
        let now = Timestamp.now
        if self == .trash { result.time = now }
        if case .tag(let tags) = self {
            try await app.database.rememberTags(tags)
            app.libraryChoices.forget()
        }
        let deadline = MonotonicTime.current.advanced(by: Self.timeLimit)
        var last = UUID.zero
        var seen = 0
        while true {
            let step =
                if self == .delete {
                    try await app.database.deletePictures(selection, after: last)
                } else {
                    try await app.database.change(selection, by: self, at: now, after: last)
                }
            seen += step.found
            result.done += step.done
            result.protected += step.protected
            result.passed += step.passed
            guard step.found == Self.batch, let end = step.last else { break }
            last = end
            if MonotonicTime.current >= deadline {
                result.isCut = true
                break
            }
        }
        if case .chosen(let ids) = selection { result.gone = ids.count - seen }
        if result.done == 0 { result.time = nil }
        return result
    }
}
