import Jobs
import Postgres

extension LibraryQuery {
    /// What a row of `library` must be.
    var condition: SQL { condition(inOrder: false) }

    /// The same, written so that only the order of the list can lead to the rows: for a short piece of it.
    var conditionInOrder: SQL { condition(inOrder: true) }

    private func condition(inOrder: Bool) -> SQL {
        /// What only an index of sets answers; with `IS TRUE` it is none of its questions.
        func set(_ condition: SQL) -> SQL { inOrder ? "(\(condition)) IS TRUE" : condition }
        var parts: [SQL] = [trash ? "trashed_at IS NOT NULL" : "trashed_at IS NULL"]
        if !text.isEmpty { parts.append(set("words @@ \(textQuery)")) }
        if !tags.isEmpty { parts.append(set("tags @> \(tags.map(\.name))::text[]")) }
        if let board { parts.append(set("boards @> ARRAY[\(board)]::bigint[]")) }
        if let model { parts.append("model = \(model)") }
        if let seed { parts.append("seed = \(seed)") }
        if let from { parts.append("id >= \(UUID.earliest(at: from.start))") }
        if let to { parts.append("id < \(UUID.earliest(at: to.end))") }
        if rating > 0 { parts.append("rating >= \(rating)") }
        if favourite { parts.append("favourite") }
        return SQL.joined(parts, separator: " AND ")
    }

    /// The order of the list, a key that no two pictures share.
    var order: SQL {
        switch sort {
        case .newest: "id DESC"
        case .oldest: "id"
        case .rating: "rating DESC, id DESC"
        }
    }

    /// From this picture on, itself included, in the order of the list.
    func conditionFrom(_ id: UUID) -> SQL {
        switch sort {
        case .newest: "id <= \(id)"
        case .oldest: "id >= \(id)"
        case .rating: "(rating, id) <= ((SELECT rating FROM library WHERE id = \(id)), \(id))"
        }
    }

    /// Up to this picture, itself included.
    func conditionUntil(_ id: UUID) -> SQL {
        switch sort {
        case .newest: "id >= \(id)"
        case .oldest: "id <= \(id)"
        case .rating: "(rating, id) >= ((SELECT rating FROM library WHERE id = \(id)), \(id))"
        }
    }

    /// Up to the end of the list. Says no more than nothing, but without a bound at both sides PostgreSQL plans a piece of
    /// the list anew each time.
    var conditionUntilEnd: SQL {
        switch sort {
        case .newest: "id >= \(UUID.zero)"
        case .oldest: "id <= \(UUID.last)"
        case .rating: "(rating, id) >= (0, \(UUID.zero))"
        }
    }

    private var textQuery: SQL { "to_tsquery('simple', \(SearchText(text).query))" }
}
