import Jobs
import Postgres

/// What a card shows of a generation.
struct CardView {
    let id: JobID
    let prompt: String
    let model: String
    let state: Generation.State
    let picture: Picture?
    /// Changes whenever the card would look otherwise.
    let version: String
    /// Whole percent while it runs and something is known.
    let percent: Int?
    /// One sentence about where it stands.
    let message: String
    let error: String?
    let createdAt: Timestamp
    let isGone: Bool

    /// The card must be asked about again.
    var isLive: Bool { !state.isFinished && !isGone }

    init(_ generation: Generation, _ app: App) {
        id = generation.id
        prompt = generation.prompt
        model = generation.model
        state = generation.state
        picture = generation.picture
        error = generation.error
        createdAt = generation.createdAt
        isGone = false
        if generation.state == .processing {
            let known = max(generation.progress, app.live.progress(of: generation.id) ?? 0)
            percent = known > 0 ? Int(known * 100) : nil
        } else {
            percent = nil
        }
        message = Self.message(generation, percent: percent)
        version = "\(generation.updatedAt.microseconds)-\(percent ?? 0)\(generation.cancelRequested ? "c" : "")"
    }

    private init(gone id: JobID) {
        self.id = id
        prompt = ""
        model = ""
        state = .cancelled
        picture = nil
        error = nil
        createdAt = .now
        isGone = true
        percent = nil
        message = "This picture was deleted."
        version = "gone"
    }

    static func gone(_ id: JobID) -> CardView { CardView(gone: id) }

    private static func message(_ generation: Generation, percent: Int?) -> String {
        switch generation.state {
        case .pending:
            return generation.cancelRequested ? "Being cancelled" : "Waiting for a worker"
        case .scheduled:
            let seconds = generation.nextAttemptAt.map { Int(($0 - Timestamp.now).components.seconds) + 1 } ?? 0
            let when = seconds > 0 ? "in \(seconds) s" : "now"
            return generation.retryCount > 0 ? "Trying again \(when)" : "Starts \(when)"
        case .processing:
            if generation.cancelRequested { return "Being cancelled" }
            return percent.map { "Working, \($0) %" } ?? "Working"
        case .completed:
            return generation.picture == nil ? "Completed without a picture" : "Completed"
        case .failed:
            return "Failed"
        case .cancelled:
            return "Cancelled"
        }
    }
}
