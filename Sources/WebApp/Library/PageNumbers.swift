import Templates

/// Which numbered pages there are, and which of them the navigation shows.
struct PageNumbers {
    let current: Int
    /// The last that is known.
    let last: Int
    /// Whether more may follow.
    let isOpen: Bool

    /// Whatever was asked for ends at a page that exists.
    init(asked: Int, count: Int, size: Int, isOpen: Bool = false) {
        last = max(1, (count + size - 1) / size)
        current = min(max(asked, 1), last)
        self.isOpen = isOpen
    }

    var previous: Int? { current > 1 ? current - 1 : nil }
    var next: Int? { current < last || isOpen ? current + 1 : nil }

    /// The ends and the neighbourhood of the current page; `nil` stands for a gap.
    var shown: [Int?] {
        let wanted = Set([1, last] + Array(current - 2...current + 2)).filter { (1...last).contains($0) }.sorted()
        var shown: [Int?] = []
        for (index, page) in wanted.enumerated() {
            if index > 0, page > wanted[index - 1] + 1 { shown.append(nil) }
            shown.append(page)
        }
        return shown + (isOpen ? [nil] : [])
    }
}

/// What was asked for of a list.
struct PageAsked {
    /// More would not fit into a page of 60 KB.
    static let sizes = [20, 40, 60]
    static let usualSize = 60

    let number: Int
    let size: Int

    /// Anything that is no page is the first.
    init(_ page: String?, per size: String?) {
        number = min(max(page.flatMap { Int($0) } ?? 1, 1), 1 << 40)
        self.size = size.flatMap { Int($0) }.flatMap { Self.sizes.contains($0) ? $0 : nil } ?? Self.usualSize
    }

    private init(number: Int, size: Int) {
        self.number = number
        self.size = size
    }

    func page(_ number: Int) -> PageAsked { PageAsked(number: number, size: size) }

    /// Of this page, in the whole list.
    var positions: Range<Int> { (number - 1) * size..<number * size }

    /// For an address: what is not usual.
    var pairs: [(name: String, value: String)] {
        (number > 1 ? [("page", String(number))] : []) + sizePairs
    }

    var sizePairs: [(name: String, value: String)] {
        size == Self.usualSize ? [] : [("per", String(size))]
    }
}

/// The navigation below a list.
struct PageLinks {
    let query: LibraryQuery
    let numbers: PageNumbers
    let asked: PageAsked

    func address(of page: Int) -> SafeURL { query.address("/history", asked.page(page).pairs) }

    /// The pictures of a page alone, for a script that appends them.
    func fragment(of page: Int) -> SafeURL { query.address("/history/pictures", asked.page(page).pairs) }

    var isAscending: Bool { query.sort == .oldest }
}
