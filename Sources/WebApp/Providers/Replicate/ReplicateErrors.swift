import EventLoop
import HTTPClient
import JSON
import Jobs

extension JobError {
    /// What an answer that is no success means for the job. `token` must not appear in it.
    init(replicate response: ClientResponse, hiding token: Secret) {
        let body = try? JSON(parsing: response.body)
        let detail = (body?["detail"]?.string ?? body?["title"]?.string)?.cleaned(atMost: 500, hiding: token)
        let reason = detail.map { ": \($0)" } ?? ""
        let retryAfter = Self.retryAfter(response, body: body, detail: detail)
        switch response.status {
        case 401, 403:
            self = .permanent("Replicate refused the token of this server\(reason)")
        case 402:
            self = .permanent("Replicate asks for payment: \(detail ?? "the account is out of credit")")
        case 404:
            self = .permanent("Replicate knows no such model\(reason)")
        case 429:
            self.init(
                "Replicate is asked too often\(reason)",
                isTransient: true,
                retryAfter: retryAfter,
                usesRetry: false
            )
        case 408, 500...599:
            self = .transient("Replicate failed with status \(response.status)\(reason)", retryAfter: retryAfter)
        default:
            self = .permanent("Replicate refused: \(detail ?? "status \(response.status)")")
        }
    }

    /// A request that brought no answer.
    init(replicate error: HTTPClientError) {
        switch error.code {
        case .badURL, .badRequest, .refusedByPolicy:
            self = .permanent("Replicate’s address cannot be used: \(error.message)")
        case .tooLarge: self = .permanent("Replicate’s answer is too large: \(error.message)")
        default: self = .transient("Replicate cannot be reached: \(error.message)")
        }
    }

    static let replicateAnsweredNonsense = JobError.transient("Replicate’s answer cannot be understood")

    /// A prediction that ended without success, in the provider's own words.
    init(failed prediction: Prediction) {
        switch prediction.status {
        case _ where prediction.ranOutOfTime:
            self = .transient("Replicate did not finish the prediction in time")
        case .canceled:
            self = .permanent("The prediction was cancelled at Replicate")
        default:
            let words = prediction.error.map { $0.cleaned(atMost: 1000) } ?? ""
            self.init(
                words.isEmpty ? "The model failed without saying why" : words,
                isTransient: words.split { !$0.isLetter && !$0.isNumber }.contains { Self.passingFailures.contains($0) }
            )
        }
    }

    /// An unknown error and a time-out at the start: both may pass (Replicate's reference of error codes). E1001, out
    /// of memory, does not.
    private static let passingFailures: Set<Substring> = ["E1000", "E6716"]

    /// The header, else the body's `retry_after`, else the sentence “… resets in ~30s”.
    private static func retryAfter(_ response: ClientResponse, body: JSON?, detail: String?) -> Duration? {
        let header = response.headers["retry-after"].flatMap { Double($0) }
        guard let seconds = header ?? body?["retry_after"]?.double ?? detail?.secondsAfterTilde, seconds >= 0 else {
            return nil
        }
        // A day is beyond what the queue obeys; more would be beyond what a duration holds.
        return .seconds(min(seconds, 86_400))
    }
}

extension String {
    fileprivate var secondsAfterTilde: Double? {
        guard let tilde = firstIndex(of: "~") else { return nil }
        return Double(self[index(after: tilde)...].prefix { $0.isASCII && $0.isNumber })
    }
}
