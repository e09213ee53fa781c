import Postgres

/// A list of the library as a process remembers it: how long it is, and every so-many-th of its pictures, so that any
/// page begins near one of them. What it remembers of a million pictures is as small as of a thousand.
struct ListOutline: Sendable {
    static let mostWaypoints = 1024
    /// A list that is not wanted whole is followed so far: in 100,000 pictures the slowest search takes a dozen
    /// milliseconds to find as many.
    static let horizon = 5000

    let query: LibraryQuery
    let version: LibraryVersion
    /// Newer pictures are not part of it: they come beside it, see `LibraryList`.
    let edge: UUID
    /// Those that were newer than the edge when the outline was made.
    let recent: [UUID]
    let count: Int
    /// Whether the list ends with them.
    let isWhole: Bool
    /// The first picture, and from there every `spacing`-th.
    let waypoints: [UUID]

    /// Of 1,024 pictures or fewer all are known.
    var spacing: Int { max(1, (count + Self.mostWaypoints - 1) / Self.mostWaypoints) }
}

/// What changes when pictures leave the library or come back, and when people mark them.
struct LibraryVersion: Sendable, Hashable {
    let members: Int
    let marks: Int
}

/// A list as it is now: its outline, and what was kept since.
struct LibraryList: Sendable {
    let outline: ListOutline
    /// Newer than the outline's edge, the oldest first.
    let recent: [UUID]

    var query: LibraryQuery { outline.query }
    var isWhole: Bool { outline.isWhole }
    /// As far as it is known.
    var count: Int { outline.count + (query.sort == .rating ? 0 : recent.count) }

    /// Where a piece of the list is found: pictures that are known, and a stretch of the list that must be read.
    struct Place: Sendable, Equatable {
        var known: [UUID] = []
        var stretch: Stretch?
    }

    struct Stretch: Sendable, Equatable {
        let from: UUID
        /// `nil` when nothing known lies behind it.
        let upTo: UUID?
        let skip: Int
        let count: Int
    }

    /// Where the pictures at these positions are; those beyond the end are left out.
    func place(of positions: Range<Int>) -> Place {
        let positions = positions.clamped(to: 0..<count)
        guard !positions.isEmpty else { return Place() }
        var place = Place()
        let body: Range<Int>
        switch query.sort {
        case .newest:
            let newest = Array(recent.reversed())
            place.known = Array(newest[positions.clamped(to: 0..<newest.count)])
            body = max(0, positions.lowerBound - recent.count)..<max(0, positions.upperBound - recent.count)
        case .oldest:
            body = positions.clamped(to: 0..<outline.count)
            let rest = max(0, positions.lowerBound - outline.count)..<max(0, positions.upperBound - outline.count)
            place.known = Array(recent[rest])
        case .rating:
            body = positions
        }
        guard !body.isEmpty else { return place }
        if outline.spacing == 1 {
            place.known += outline.waypoints[body]
        } else {
            place.stretch = stretch(over: body)
        }
        return place
    }

    private func stretch(over body: Range<Int>) -> Stretch {
        let first = body.lowerBound / outline.spacing
        let end = (body.upperBound - 1) / outline.spacing + 1
        return Stretch(
            from: outline.waypoints[first],
            upTo: end < outline.waypoints.count ? outline.waypoints[end] : nil,
            skip: body.lowerBound - first * outline.spacing,
            count: body.count
        )
    }
}
