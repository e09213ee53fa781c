import Jobs
import Postgres

/// What tells whether an outline still holds.
struct LibraryState: Sendable {
    let version: LibraryVersion
    /// By the clock that gives pictures their ids.
    let now: Timestamp
    /// The pictures of the list that are newer than was asked for, the oldest first.
    let recent: [UUID]
}

extension Database {
    func libraryState(_ query: LibraryQuery, after edge: UUID, limit: Int) async throws(PostgresError) -> LibraryState {
        let state = try await self.query(
            """
            SELECT members, marks, now(), ARRAY(
                SELECT id
                FROM library
                WHERE id > \(edge) AND \(query.conditionInOrder)
                ORDER BY id
                LIMIT \(limit)
            )
            FROM library_changes
            WHERE id
            """
        ).one { (members: Int, marks: Int, now: Timestamp, recent: [UUID]) in
            LibraryState(version: LibraryVersion(members: members, marks: marks), now: now, recent: recent)
        }
        guard let state else { throw PostgresError(.other, "library_changes has no row") }
        return state
    }

    /// Looks through the whole list, or as far as its horizon, in one statement that sees one moment.
    ///
    /// Not among the page's own reads: those would wait for it.
    func outline(
        of query: LibraryQuery,
        edge: UUID,
        recentAfter: UUID,
        isWhole: Bool
    ) async throws(PostgresError) -> ListOutline {
        // A limit stands in the text: for a bound one the planner expects a tenth of the table.
        let limit: SQL = isWhole ? "" : "LIMIT 5001"
        let size: SQL = isWhole ? "cardinality(ids)" : "least(cardinality(ids), 5000)"
        let outline = try await report(
            """
            WITH list AS MATERIALIZED (
                SELECT coalesce(array_agg(id), '{}') AS ids
                FROM (
                    SELECT id
                    FROM library
                    WHERE \(query.condition) AND id <= \(edge)
                    ORDER BY \(query.order)
                    \(limit)
                ) AS l
            )
            SELECT members, marks, ARRAY(
                    SELECT id
                    FROM library
                    WHERE id > \(recentAfter) AND \(query.conditionInOrder)
                    ORDER BY id
                    LIMIT 1000
                ), cardinality(ids), ARRAY(
                    SELECT ids[place]
                    FROM (SELECT \(size)) AS known (size),
                        generate_series(1, size, greatest(1, (size + 1023) / 1024)) AS place
                    ORDER BY place
                )
            FROM library_changes, list
            WHERE library_changes.id
            """,
            timeout: .seconds(10),
            alongIndexes: true
        ).one { (members: Int, marks: Int, recent: [UUID], found: Int, waypoints: [UUID]) in
            ListOutline(
                query: query,
                version: LibraryVersion(members: members, marks: marks),
                edge: recentAfter,
                recent: recent,
                count: isWhole ? found : min(found, ListOutline.horizon),
                isWhole: isWhole || found <= ListOutline.horizon,
                waypoints: waypoints
            )
        }
        guard let outline else { throw PostgresError(.other, "library_changes has no row") }
        return outline
    }

    /// The pictures of a piece of the list, in its order.
    func pictures(of list: LibraryList, at positions: Range<Int>) async throws(PostgresError) -> [LibraryPicture] {
        let query = list.query
        let place = list.place(of: positions)
        var ids: SQL = "\(place.known)::uuid[]"
        if let stretch = place.stretch {
            let end = stretch.upTo.map(query.conditionUntil) ?? query.conditionUntilEnd
            let read: SQL = """
                ARRAY(
                    SELECT id
                    FROM library
                    WHERE \(query.conditionFrom(stretch.from)) AND \(end) AND \(query.conditionInOrder)
                    ORDER BY \(query.order)
                    OFFSET \(stretch.skip)
                    LIMIT \(stretch.count)
                )
                """
            ids = place.known.isEmpty ? read : "\(ids) || \(read)"
        } else if place.known.isEmpty {
            return []
        }
        return try await pictures(ids, order: query.order)
    }

    /// - Parameter ids: an array.
    func pictures(_ ids: SQL, order: SQL) async throws(PostgresError) -> [LibraryPicture] {
        try await query(
            """
            SELECT l.id, l.generation_id, l.position, l.favourite, l.rating, l.trashed_at, g.prompt, l.model,
                p.file, p.thumbnail, p.small, p.width, p.height
            FROM library l
            JOIN pictures p ON (p.generation_id, p.position) = (l.generation_id, l.position)
            JOIN generations g ON g.id = l.generation_id
            WHERE l.id = ANY (\(ids))
            ORDER BY \(order)
            """
        ).read(13) { row throws(PostgresError) in try LibraryPicture(&row) }
    }
}
