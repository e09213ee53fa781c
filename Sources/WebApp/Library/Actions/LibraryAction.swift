import HTTPServer

/// What people do to pictures.
enum LibraryAction: Hashable, Sendable {
    case favourite, unfavourite
    /// 0 takes the rating away.
    case rate(Int)
    case tag([Tag]), untag([Tag])
    case board(Int), unboard(Int)
    case trash, restore
    /// For good, from the trash only.
    case delete

    /// Whether it is asked about first, even for a few.
    var needsConfirmation: Bool { self == .delete }

    /// Whether it is done to what lies in the trash.
    var isAboutTrash: Bool { self == .restore || self == .delete }

    /// Reads what `text` has written.
    init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let value = parts.count == 2 ? parts[1] : ""
        switch parts[0] {
        case "favourite": self = .favourite
        case "unfavourite": self = .unfavourite
        case "rate":
            guard let rating = Int(value), (0...5).contains(rating) else { return nil }
            self = .rate(rating)
        case "tag", "untag":
            guard let tags = Tag.list([value]), !tags.isEmpty else { return nil }
            self = parts[0] == "tag" ? .tag(tags) : .untag(tags)
        case "board", "unboard":
            guard let board = Int(value), board > 0 else { return nil }
            self = parts[0] == "board" ? .board(board) : .unboard(board)
        case "trash": self = .trash
        case "restore": self = .restore
        case "delete": self = .delete
        default: return nil
        }
    }

    /// One word for addresses and forms: `rate.3`, `tag.sea,two boats`.
    var text: String {
        switch self {
        case .favourite: "favourite"
        case .unfavourite: "unfavourite"
        case .rate(let rating): "rate.\(rating)"
        case .tag(let tags): "tag.\(Self.list(tags))"
        case .untag(let tags): "untag.\(Self.list(tags))"
        case .board(let board): "board.\(board)"
        case .unboard(let board): "unboard.\(board)"
        case .trash: "trash"
        case .restore: "restore"
        case .delete: "delete"
        }
    }

    private static func list(_ tags: [Tag]) -> String { tags.map(\.name).joined(separator: ",") }
}

/// A picture, or so many.
func pictures(_ count: Int) -> String { "\(grouped(count)) \(count == 1 ? "picture" : "pictures")" }
