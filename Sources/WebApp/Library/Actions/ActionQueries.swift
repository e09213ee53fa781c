import Jobs
import Postgres

/// What one statement of an action has met.
struct ActionStep: Sendable {
    let found: Int
    let done: Int
    let protected: Int
    let passed: Int
    let last: UUID?
}

extension Database {
    /// Changes the next pictures of the selection, at most `LibraryAction.batch`.
    ///
    /// Rows are locked in the order of ids, so that two actions never wait for each other in a circle, and every change
    /// is made of the row as it is then: of two people who tag the same picture both are heard.
    func change(
        _ selection: Selection,
        by action: LibraryAction,
        at now: Timestamp,
        after last: UUID
    ) async throws(PostgresError) -> ActionStep {
        let change = Change(action, at: now)
        let step = try await execute(
            """
            WITH chosen AS MATERIALIZED (
                SELECT id, favourite, trashed_at, tags, \(change.isAllowed) AS is_allowed, \(change.isDone) AS is_done
                FROM library
                WHERE id > \(last) AND \(selection.condition)
                ORDER BY id
                LIMIT 1000
                FOR UPDATE
            ), changed AS (
                UPDATE library l
                SET \(change.assignment)
                FROM chosen c
                WHERE l.id = c.id AND c.is_allowed AND NOT c.is_done
            )
            SELECT count(*), count(*) FILTER (WHERE is_allowed), count(*) FILTER (WHERE NOT is_allowed AND \(change.isProtected)),
                (SELECT id FROM chosen ORDER BY id DESC LIMIT 1)
            FROM chosen
            """
        ).one { (found: Int, done: Int, protected: Int, last: UUID?) in
            ActionStep(
                found: found,
                done: done,
                protected: protected,
                passed: found - done - protected,
                last: last
            )
        }
        return step ?? ActionStep(found: 0, done: 0, protected: 0, passed: 0, last: nil)
    }

    func rememberTags(_ tags: [Tag]) async throws(PostgresError) {
        _ = try await execute(
            "INSERT INTO tags (name) SELECT unnest(\(tags.map(\.name))::text[]) ORDER BY 1 ON CONFLICT DO NOTHING"
        )
    }
}

/// An action in the words of an UPDATE.
private struct Change {
    /// What the row is set to; `l` is the row.
    let assignment: SQL
    /// Whether it may be done to the row.
    var isAllowed: SQL = "trashed_at IS NULL"
    /// Whether the row is so already.
    let isDone: SQL
    /// Why it may not, if it is not that it lies in the wrong place; of the columns of `chosen`.
    var isProtected: SQL = "false"

    init(_ action: LibraryAction, at now: Timestamp) {
        switch action {
        case .favourite, .unfavourite:
            let isFavourite = action == .favourite
            assignment = "favourite = \(isFavourite)"
            isDone = "favourite = \(isFavourite)"
        case .rate(let rating):
            assignment = "rating = \(rating)"
            isDone = "rating = \(rating)"
        case .tag(let tags):
            let names = tags.map(\.name)
            assignment = "tags = ARRAY(SELECT DISTINCT unnest(l.tags || \(names)::text[]) ORDER BY 1)"
            isAllowed = "trashed_at IS NULL AND cardinality(tags) <= \(Tag.mostOfPicture - tags.count)"
            isDone = "tags @> \(names)::text[]"
        case .untag(let tags):
            let names = tags.map(\.name)
            assignment = "tags = ARRAY(SELECT t FROM unnest(l.tags) AS t WHERE t <> ALL (\(names)::text[]) ORDER BY 1)"
            isDone = "NOT tags && \(names)::text[]"
        case .board(let board):
            assignment = "boards = l.boards || \(board)::bigint"
            isDone = "boards @> ARRAY[\(board)]::bigint[]"
        case .unboard(let board):
            assignment = "boards = array_remove(l.boards, \(board)::bigint)"
            isDone = "NOT boards @> ARRAY[\(board)]::bigint[]"
        case .trash:
            assignment = "trashed_at = \(now)"
            isAllowed = "trashed_at IS NULL AND NOT favourite"
            isDone = "false"
            isProtected = "trashed_at IS NULL AND favourite"
        case .restore:
            assignment = "trashed_at = NULL"
            isAllowed = "trashed_at IS NOT NULL"
            isDone = "false"
        case .delete:
            preconditionFailure("deleting is no change of a row")
        }
    }
}
