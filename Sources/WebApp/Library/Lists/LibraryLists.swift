import EventLoop
import Postgres
import Synchronization

/// Finds the pages of lists, and remembers the outlines of those that were asked for last.
///
/// An outline holds until pictures leave the library or come back; if the list depends on marks, until one is made. New
/// pictures do not end it. Before each use the database is asked whether it still holds.
final class LibraryLists: Sendable {
    private static let mostOutlines = 64
    /// Pictures kept so shortly ago are never part of an outline: one may still be on its way, with an earlier id.
    private static let settling = Duration.seconds(30)
    /// Beyond it a new outline costs less.
    private static let mostRecent = 1000

    private struct Memory {
        var outlines: [LibraryQuery: (outline: ListOutline, used: Int)] = [:]
        var uses = 0
    }

    private let memory = Mutex(Memory())

    /// The list, known at least up to the position; `nil`: to its end.
    func list(
        _ query: LibraryQuery,
        upTo position: Int? = 0,
        _ database: Database
    ) async throws(PostgresError) -> LibraryList {
        let remembered = remembered(query)
        let state = try await database.libraryState(query, after: remembered?.edge ?? .last, limit: Self.mostRecent)
        if let remembered, Self.holds(remembered, state, upTo: position) {
            return LibraryList(outline: remembered, recent: state.recent)
        }
        let isNear = position.map { $0 <= ListOutline.horizon } ?? false
        let outline = try await database.outline(
            of: query,
            edge: query.sort == .rating ? .last : .earliest(at: state.now - Self.settling),
            recentAfter: .earliest(at: state.now - Self.settling),
            isWhole: !isNear || query.isUnfiltered
        )
        remember(outline)
        return LibraryList(outline: outline, recent: outline.recent)
    }

    private static func holds(_ outline: ListOutline, _ state: LibraryState, upTo position: Int?) -> Bool {
        guard outline.version.members == state.version.members,
            !outline.query.dependsOnMarks || outline.version.marks == state.version.marks,
            state.recent.count < mostRecent
        else { return false }
        // New pictures come into the middle of a list by rating.
        if outline.query.sort == .rating, outline.recent != state.recent { return false }
        return outline.isWhole || position.map { $0 <= outline.count } ?? false
    }

    private func remembered(_ query: LibraryQuery) -> ListOutline? {
        memory.withLock { memory in
            memory.uses += 1
            memory.outlines[query]?.used = memory.uses
            return memory.outlines[query]?.outline
        }
    }

    private func remember(_ outline: ListOutline) {
        memory.withLock { memory in
            memory.outlines[outline.query] = (outline, memory.uses)
            guard memory.outlines.count > Self.mostOutlines,
                let oldest = memory.outlines.min(by: { $0.value.used < $1.value.used })
            else { return }
            memory.outlines[oldest.key] = nil
        }
    }
}
