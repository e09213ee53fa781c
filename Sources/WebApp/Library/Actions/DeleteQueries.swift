import Jobs
import Postgres

extension Database {
    /// Deletes the next pictures of the selection that lie in the trash, and with the last picture of a generation
    /// everything that is known of it. Their files go with the next sweep.
    ///
    /// Generations are locked before their pictures are counted, so that of two who delete its last two pictures one
    /// sees that none is left.
    func deletePictures(_ selection: Selection, after last: UUID) async throws -> ActionStep {
        try await deletePictures(
            """
            SELECT id, generation_id, position, trashed_at
            FROM library
            WHERE id > \(last) AND \(selection.condition)
            ORDER BY id
            LIMIT 1000
            FOR UPDATE
            """
        )
    }

    /// Deletes what has lain in the trash for longer than `retention`, at most 200 pictures.
    func emptyTrash(olderThan retention: Duration) async throws -> ActionStep {
        try await deletePictures(
            """
            SELECT id, generation_id, position, trashed_at
            FROM library
            WHERE trashed_at < now() - \(retention)
            ORDER BY trashed_at, id
            LIMIT 200
            FOR UPDATE SKIP LOCKED
            """
        )
    }

    private func deletePictures(_ chosen: SQL) async throws -> ActionStep {
        try await transaction { transaction in
            let rows = try await transaction.execute(chosen).map {
                (id: UUID, generation: UUID, position: Int, trashedAt: Timestamp?) in
                (id: id, generation: generation, position: position, isInTrash: trashedAt != nil)
            }
            let doomed = rows.filter(\.isInTrash)
            if !doomed.isEmpty {
                try await transaction.delete(
                    doomed.map { ($0.generation, $0.position) },
                    of: Array(Set(doomed.map(\.generation)))
                )
            }
            return ActionStep(
                found: rows.count,
                done: doomed.count,
                protected: 0,
                passed: rows.count - doomed.count,
                last: rows.map(\.id).max()
            )
        }
    }
}

extension Transaction {
    fileprivate func delete(_ pictures: [(generation: UUID, position: Int)], of generations: [UUID]) async throws {
        _ = try await execute(
            "SELECT FROM jobs WHERE id = ANY (\(generations)) ORDER BY id FOR UPDATE"
        )
        _ = try await execute(
            """
            DELETE FROM pictures p
            USING unnest(\(pictures.map(\.generation))::uuid[], \(pictures.map(\.position))::bigint[])
                AS d (generation_id, position)
            WHERE (p.generation_id, p.position) = (d.generation_id, d.position)
            """
        )
        _ = try await execute(
            """
            DELETE FROM jobs j
            WHERE id = ANY (\(generations)) AND state = 'completed'
                AND NOT EXISTS (SELECT FROM pictures p WHERE p.generation_id = j.id)
            """
        )
    }
}
