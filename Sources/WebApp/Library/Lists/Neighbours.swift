import Jobs
import Postgres

/// The pictures beside one within a list; `nil` at its ends.
struct Neighbours: Sendable, Equatable {
    var previous: PictureID?
    var next: PictureID?
}

extension LibraryList {
    /// The whole list in its order; `nil` when it is too long to be known one by one.
    private var everything: [UUID]? {
        guard isWhole, outline.spacing == 1 else { return nil }
        return switch query.sort {
        case .newest: recent.reversed() + outline.waypoints
        case .oldest: outline.waypoints + recent
        case .rating: outline.waypoints
        }
    }

    /// `nil` when the database must be asked. A picture that is not in the list has neighbours all the same, unless
    /// the list is by rating.
    func neighbours(of id: UUID) -> Neighbours? {
        guard let everything else { return nil }
        let before: Int
        var after: Int
        if let place = everything.firstIndex(of: id) {
            (before, after) = (place - 1, place + 1)
        } else {
            guard query.sort != .rating else { return nil }
            after = everything.partitioningIndex { query.sort == .newest ? $0 < id : $0 > id }
            before = after - 1
        }
        return Neighbours(
            previous: before >= 0 ? PictureID(rawValue: everything[before]) : nil,
            next: after < everything.count ? PictureID(rawValue: everything[after]) : nil
        )
    }

    /// Whether a picture of the list with this id must be among those that are known.
    fileprivate func reaches(_ id: UUID) -> Bool {
        guard !isWhole else { return true }
        return switch query.sort {
        case .newest: outline.waypoints.last.map { $0 <= id } ?? false
        case .oldest: outline.waypoints.last.map { $0 >= id } ?? false
        case .rating: false
        }
    }

    /// The last known picture of the list that is not behind this one, and its position; `nil` in a list by rating, and
    /// before all that are known.
    fileprivate func waypoint(before id: UUID) -> (id: UUID, position: Int)? {
        let isDescending = query.sort == .newest
        let recent = isDescending ? Array(recent.reversed()) : []
        if let place = recent.firstIndex(of: id) { return (id, place) }
        guard query.sort != .rating else { return nil }
        let place = outline.waypoints.partitioningIndex { isDescending ? $0 < id : $0 > id } - 1
        guard place >= 0 else { return nil }
        return (outline.waypoints[place], recent.count + place * outline.spacing)
    }
}

extension App {
    func neighbours(of id: PictureID, in query: LibraryQuery) async throws(PostgresError) -> Neighbours {
        let list = try await library.list(query, database)
        if let known = list.neighbours(of: id.rawValue) { return known }
        return try await database.neighbours(of: id.rawValue, in: query)
    }

    /// How many come before the picture in the list; `nil` when it is not in it.
    func position(of id: PictureID, in query: LibraryQuery) async throws(PostgresError) -> Int? {
        guard query.contradiction == nil, query.status == .pictures else { return nil }
        var list = try await library.list(query, database)
        if !list.reaches(id.rawValue) { list = try await library.list(query, upTo: nil, database) }
        let waypoint = list.waypoint(before: id.rawValue)
        let from: SQL = if let waypoint { query.conditionFrom(waypoint.id) } else { "true" }
        let before = try await database.report(
            """
            SELECT count(*) - 1
            FROM library
            WHERE \(from) AND \(query.conditionUntil(id.rawValue)) AND \(query.conditionInOrder)
            HAVING bool_or(id = \(id))
            """,
            timeout: .seconds(5),
            alongIndexes: true
        ).one { (count: Int) in count }
        return before.map { $0 + (waypoint?.position ?? 0) }
    }
}

extension Database {
    /// One after the other along the order of the list, which finds the next of a long list soon.
    fileprivate func neighbours(of id: UUID, in query: LibraryQuery) async throws(PostgresError) -> Neighbours {
        let key: SQL = "(SELECT rating FROM library WHERE id = \(id))"
        let (before, after, reverse): (SQL, SQL, SQL) =
            switch query.sort {
            case .newest: ("id > \(id)", "id < \(id)", "id")
            case .oldest: ("id < \(id)", "id > \(id)", "id DESC")
            case .rating: ("(rating, id) > (\(key), \(id))", "(rating, id) < (\(key), \(id))", "rating, id")
            }
        let condition = query.conditionInOrder
        return try await self.query(
            """
            SELECT
                (SELECT id FROM library WHERE \(before) AND \(condition) ORDER BY \(reverse) LIMIT 1),
                (SELECT id FROM library WHERE \(after) AND \(condition) ORDER BY \(query.order) LIMIT 1)
            """
        ).one { (previous: UUID?, next: UUID?) in
            Neighbours(previous: previous.map(PictureID.init), next: next.map(PictureID.init))
        } ?? Neighbours()
    }
}

extension Array {
    /// The first place from which on all are; they must stand at the end.
    fileprivate func partitioningIndex(_ belongs: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if belongs(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
