import JSON
import Postgres

/// What an attempt leaves for the next one, in the job's checkpoint.
enum PredictionMemory: Sendable, Equatable {
    case nothing
    /// A creation was about to be sent at that moment, by our clock; whether it arrived is not known.
    case creating(Timestamp)
    /// The id of a prediction that exists.
    case prediction(String)

    /// What it cannot read it takes for nothing.
    init(_ checkpoint: JSON?) {
        if let id = checkpoint?["prediction"]?.string, Prediction.isID(id) {
            self = .prediction(id)
        } else if let moment = checkpoint?["creating"]?.string.flatMap({ Timestamp($0) }) {
            self = .creating(moment)
        } else {
            self = .nothing
        }
    }

    var checkpoint: JSON {
        switch self {
        case .nothing: [:]
        case .creating(let moment): ["creating": .string(moment.description)]
        case .prediction(let id): ["prediction": .string(id)]
        }
    }
}
