import EventLoop
import HTTPClient
import JSON
import Jobs

extension JobError {
    /// What an answer that is no success means for the job.
    init(replicate response: ClientResponse) {
        let body = try? JSON(parsing: response.body)
        let detail = (body?["detail"]?.string ?? body?["title"]?.string).map { String($0.prefix(500)) }
        switch response.status {
        case 401, 403:
            self = .permanent("Replicate refused the token of this server\(detail.map { ": \($0)" } ?? "")")
        case 402:
            self = .permanent("Replicate asks for payment: \(detail ?? "the account is out of credit")")
        case 404:
            self = .permanent("Replicate knows no such model\(detail.map { ": \($0)" } ?? "")")
        case 429:
            self = .transient(
                "Replicate is asked too often\(detail.map { ": \($0)" } ?? "")",
                retryAfter: Self.retryAfter(response, body: body, detail: detail)
            )
        case 408, 500...599:
            self = .transient(
                "Replicate failed with status \(response.status)",
                retryAfter: Self.retryAfter(response, body: body, detail: nil)
            )
        default:
            self = .permanent("Replicate refused: \(detail ?? "status \(response.status)")")
        }
    }

    init(replicate error: HTTPClientError) {
        switch error.code {
        case .badURL, .refusedByPolicy: self = .permanent("Replicate’s address cannot be used: \(error.message)")
        default: self = .transient("Replicate cannot be reached: \(error.message)")
        }
    }

    /// The header, else the body's `retry_after`, else the sentence “… resets in ~30s”.
    private static func retryAfter(_ response: ClientResponse, body: JSON?, detail: String?) -> Duration? {
        if let seconds = response.headers["retry-after"].flatMap({ Int($0) }), seconds >= 0 { return .seconds(seconds) }
        if let seconds = body?["retry_after"]?.double, seconds >= 0 { return .seconds(seconds) }
        guard let detail, let tilde = detail.firstIndex(of: "~") else { return nil }
        let digits = detail[detail.index(after: tilde)...].prefix { $0.isASCII && $0.isNumber }
        return Int(digits).map { .seconds($0) }
    }

    /// A prediction that ended without a picture, in the provider's own words.
    init(failed prediction: Prediction) {
        switch prediction.status {
        case .canceled: self = .permanent("The prediction was cancelled at Replicate")
        case .aborted: self = .transient("Replicate did not start the prediction in time")
        default:
            let words = prediction.error.map { String($0.prefix(1000)) } ?? "the model failed without saying why"
            // E1001: out of memory; E6716: the model did not start. Replicate's error code reference.
            let mayPass = words.contains("E6716") || words.contains("E1000")
            self.init(words, isTransient: mayPass)
        }
    }
}
