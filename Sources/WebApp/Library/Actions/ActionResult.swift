import Postgres

/// What an action has led to.
struct ActionResult: Sendable, Equatable {
    let action: LibraryAction
    /// As it should be now, whether or not it was before.
    var done = 0
    /// Favourites that were not thrown away.
    var protected = 0
    /// In the trash for what is done outside it, or the other way round; or with as many tags as a picture can have.
    var passed = 0
    var gone = 0
    /// When they were thrown away: what they are found by to bring them back.
    var time: Timestamp?
    /// It took too long for one request; the rest is as it was.
    var isCut = false

    init(_ action: LibraryAction) { self.action = action }

    /// Reads what `text` has written; `nil` for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: "!", maxSplits: 6, omittingEmptySubsequences: false)
        let numbers = parts.dropLast().compactMap { Int($0) }
        guard parts.count == 7, numbers.count == 6, numbers.allSatisfy({ $0 >= 0 }),
            let action = LibraryAction(String(parts[6]))
        else { return nil }
        self.action = action
        (done, protected, passed, gone) = (numbers[0], numbers[1], numbers[2], numbers[3])
        time = numbers[4] == 0 ? nil : Timestamp(microseconds: Int64(numbers[4]))
        isCut = numbers[5] == 1
    }

    /// For the address that the visitor is sent to.
    var text: String {
        "\(done)!\(protected)!\(passed)!\(gone)!\(time?.microseconds ?? 0)!\(isCut ? 1 : 0)!\(action.text)"
    }

    /// What the visitor is told: `12 pictures are in the trash. 2 favourites were left out: …`
    func sentences(in choices: LibraryChoices) -> [String] {
        var sentences = [outcome(in: choices)]
        if protected > 0 {
            sentences.append(
                protected == 1
                    ? "1 favourite was left out: take the mark away first."
                    : "\(grouped(protected)) favourites were left out: take the marks away first."
            )
        }
        if passed > 0 { sentences.append(passedSentence) }
        if gone > 0 { sentences.append("\(pictures(gone)) did not exist any more.") }
        if isCut { sentences.append("That was as much as fits into one go: do it again for the rest.") }
        return sentences
    }

    private func outcome(in choices: LibraryChoices) -> String {
        let subject = "\(pictures(done)) \(done == 1 ? "is" : "are")"
        return switch action {
        case .favourite: done == 1 ? "1 picture is a favourite." : "\(subject) favourites."
        case .unfavourite: done == 1 ? "1 picture is no favourite." : "\(subject) no favourites."
        case .rate(0): "\(subject) without a rating."
        case .rate(let rating): "\(subject) rated \(rating) of 5."
        case .tag(let tags): "\(subject) tagged \(Self.words(tags))."
        case .untag(let tags): "\(subject) no longer tagged \(Self.words(tags))."
        case .board(let id): "\(subject) on \(choices.words(forBoard: id))."
        case .unboard(let id): "\(subject) not on \(choices.words(forBoard: id))."
        case .trash: "\(subject) in the trash."
        case .restore: "\(subject) back in the library."
        case .delete: done == 1 ? "1 picture was deleted for good." : "\(pictures(done)) were deleted for good."
        }
    }

    private var passedSentence: String {
        let subject = "\(pictures(passed)) \(passed == 1 ? "was" : "were")"
        return switch action {
        case .restore, .delete:
            "\(subject) not in the trash any more, and stayed as \(passed == 1 ? "it is" : "they are")."
        case .tag: "\(subject) in the trash, or had \(Tag.mostOfPicture) tags already, and stayed as before."
        default: "\(subject) in the trash, and stayed as before."
        }
    }

    private static func words(_ tags: [Tag]) -> String { tags.map { "“\($0.name)”" }.joined(separator: ", ") }
}
