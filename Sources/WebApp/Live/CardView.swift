import Jobs
import Postgres

/// What a card shows of a generation. A class, as `Generation` is.
final class CardView {
    let id: JobID
    /// The id as the card's links and names have it.
    let idText: String
    let prompt: String
    /// The prompt in one line, short enough for a card, a title or a description.
    let caption: String
    let model: String
    let state: Generation.State
    let picture: Picture?
    /// Changes whenever the card would look otherwise.
    let version: String
    /// Whole percent while it runs and something is known.
    let percent: Int?
    /// A few words about where it stands.
    let message: String
    /// Seconds until a scheduled job starts; what the message ends with.
    let startsIn: Int?
    /// Seconds since a running one has; as well.
    let elapsed: Int?
    let error: String?
    let createdAt: Timestamp
    let isGone: Bool
    private let hasBegun: Bool

    /// The card must be asked about again.
    var isLive: Bool { !state.isFinished && !isGone }

    /// The symbol of `icons.svg` that stands where the picture will be.
    var icon: String {
        switch state {
        case .pending: "clock"
        case .scheduled: hasBegun ? "again" : "clock"
        case .processing: "brush"
        case .completed: "picture"
        case .failed: "alert"
        case .cancelled: "stopped"
        }
    }

    /// - Parameter place: where it stands if it waits and that is known.
    init(_ generation: Generation, _ app: App, place: PlaceInLine? = nil) {
        id = generation.id
        idText = generation.id.description
        prompt = generation.prompt
        caption = Self.caption(generation.prompt)
        model = generation.model
        state = generation.state
        picture = generation.picture
        // That it was cancelled, its state says already.
        error = generation.state == .cancelled && generation.error == "cancelled" ? nil : generation.error
        createdAt = generation.createdAt
        isGone = false
        hasBegun = generation.startedAt != nil
        if generation.state == .processing {
            let known = max(generation.progress, app.live.progress(of: generation.id) ?? 0)
            percent = known > 0 ? Int((known * 100).rounded()) : nil
        } else {
            percent = nil
        }
        message = Self.message(generation, percent: percent, place: place)
        elapsed =
            generation.state == .processing
            ? max(0, Int((Timestamp.now - (generation.startedAt ?? .now)).components.seconds)) : nil
        startsIn = generation.state == .scheduled ? Self.secondsLeft(generation) : nil
        let standing = place.map { "-\($0.version)" } ?? ""
        version =
            "\(generation.updatedAt.microseconds)-\(percent ?? 0)\(generation.cancelRequested ? "c" : "")\(standing)"
    }

    private init(gone id: JobID) {
        self.id = id
        idText = id.description
        prompt = ""
        caption = ""
        model = ""
        state = .cancelled
        picture = nil
        error = nil
        createdAt = .now
        (isGone, hasBegun) = (true, true)
        percent = nil
        message = "This picture was deleted."
        startsIn = nil
        elapsed = nil
        version = "gone"
    }

    static func gone(_ id: JobID) -> CardView { CardView(gone: id) }

    private static func message(_ generation: Generation, percent: Int?, place: PlaceInLine?) -> String {
        switch generation.state {
        case .pending:
            return place?.words ?? "Waiting for a worker"
        case .scheduled:
            return generation.retryCount > 0 ? "Trying again" : "Starts"
        case .processing:
            if generation.cancelRequested { return "Being cancelled, running for" }
            return percent.map { "Working, \($0)\u{A0}%, for" } ?? "Working for"
        case .completed:
            return generation.picture == nil ? "Completed without a picture" : "Completed"
        case .failed:
            return "Failed"
        case .cancelled:
            return "Cancelled"
        }
    }

    private static func secondsLeft(_ generation: Generation) -> Int {
        generation.nextAttemptAt.map { max(0, Int(($0 - Timestamp.now).components.seconds) + 1) } ?? 0
    }

    /// How a wait is told; the script counts down in the same words.
    static func countdown(_ seconds: Int) -> String {
        seconds > 0 ? "in \(LiveFigures.words(.seconds(seconds)))" : "now"
    }

    /// A prompt in one line, cut off where it is longer.
    static func caption(_ prompt: String, longest: Int = 160) -> String {
        // Most prompts are a short line already; looking at characters would cost more than the rest of the card.
        if isShortLine(prompt.utf8, longest: longest) { return prompt }
        let start = prompt.prefix(longest + 1)
        let line = start.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard start.count > longest else { return line }
        return line.prefix(longest).description + "…"
    }

    private static func isShortLine(_ text: String.UTF8View, longest: Int) -> Bool {
        guard text.count <= longest else { return false }
        // As if a space stood before: a leading one is one too many.
        var previous = UInt8(ascii: " ")
        for byte in text {
            if byte < 0x20 || byte == 0x20 && previous == 0x20 { return false }
            previous = byte
        }
        return previous != 0x20
    }
}
