import Postgres

/// What somebody wants to see of the library, and in which order.
///
/// The grid and its pages, the steps from picture to picture, what is done to all that match and the zip are all made of
/// the same value. It is read from an address and written back into one, so that a bookmark is a saved search.
struct LibraryQuery: Hashable, Sendable {
    enum Status: String, CaseIterable, Sendable {
        case pictures, waiting, failed, cancelled
    }

    enum Sort: String, CaseIterable, Sendable {
        case newest, oldest, rating
    }

    /// As it was typed, see `SearchText`.
    var text = ""
    var status = Status.pictures
    var model: String?
    var seed: Int?
    var from: Day?
    /// This day belongs to it.
    var to: Day?
    /// At least; 0 for any.
    var rating = 0
    var tags: [Tag] = []
    var board: Int?
    var favourite = false
    /// What was thrown away instead of what is kept.
    var trash = false
    var sort = Sort.newest

    /// Whether it asks for everything that is kept, in whichever order.
    var isUnfiltered: Bool {
        var other = LibraryQuery()
        other.sort = sort
        return self == other
    }

    /// Whether what people say of pictures can change what it finds.
    var dependsOnMarks: Bool { rating > 0 || favourite || !tags.isEmpty || board != nil || sort == .rating }

    /// Why nothing can ever match, although each filter could.
    var contradiction: String? {
        if let from, let to, from > to {
            return "Nothing can be from \(from.text) or later and from \(to.text) or earlier. Swap the two dates."
        }
        if status != .pictures, dependsOnMarks || trash || seed != nil {
            return
                "Only finished pictures have a rating, tags, a board, a seed, or a place in the trash: nothing that is"
                + " \(status.rawValue) can match."
        }
        return nil
    }
}
