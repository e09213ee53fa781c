/// A word or a few that somebody has given to pictures: without commas, in lower case, with single spaces.
struct Tag: Hashable, Comparable, Sendable {
    static let longest = 60
    /// That may be given or looked for at once.
    static let most = 20
    /// Beyond as many a picture is given no more.
    static let mostOfPicture = 80

    let name: String

    /// `nil` for nothing, for more than `longest` characters, and for control characters.
    init?(_ text: some StringProtocol) {
        let name = text.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
        guard !name.isEmpty, name.count <= Self.longest, name.utf8.count <= 4 * Self.longest,
            name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0 != "," && !(0x7F...0x9F).contains($0.value) })
        else { return nil }
        self.name = name
    }

    static func < (left: Tag, right: Tag) -> Bool { left.name < right.name }

    /// What stands between commas, each once; `nil` when something there is no tag, or when there are too many.
    static func list(_ texts: some Sequence<String>) -> [Tag]? {
        var tags: Set<Tag> = []
        for text in texts {
            for part in text.split(separator: ",") where !part.allSatisfy(\.isWhitespace) {
                guard let tag = Tag(part) else { return nil }
                tags.insert(tag)
            }
        }
        return tags.count <= most ? tags.sorted() : nil
    }
}
