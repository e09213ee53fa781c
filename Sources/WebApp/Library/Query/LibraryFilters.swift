import Templates

extension LibraryQuery {
    /// One of the things that make the list shorter.
    struct Filter {
        let words: String
        /// Where the same is shown without it.
        let without: SafeURL
    }

    /// In the order of the form; without the board and the trash, which are places of their own.
    var filters: [Filter] {
        var filters: [Filter] = []
        func add(_ words: String, _ remove: (inout LibraryQuery) -> Void) {
            var other = self
            remove(&other)
            filters.append(Filter(words: words, without: other.address()))
        }
        if !text.isEmpty { add("“\(text)”") { $0.text = "" } }
        if rating > 0 { add(rating == 5 ? "5 stars" : "\(rating) stars or more") { $0.rating = 0 } }
        if favourite { add("favourites") { $0.favourite = false } }
        if let model { add(model) { $0.model = nil } }
        for tag in tags { add("tag “\(tag.name)”") { $0.tags.removeAll { $0 == tag } } }
        if let from { add("from \(from.text)") { $0.from = nil } }
        if let to { add("to \(to.text)") { $0.to = nil } }
        if let seed { add("seed \(seed)") { $0.seed = nil } }
        if status != .pictures { add(status.rawValue) { $0.status = .pictures } }
        return filters
    }
}
