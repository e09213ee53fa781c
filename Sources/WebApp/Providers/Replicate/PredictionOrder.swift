import JSON

/// What is asked of Replicate: a model, and its input.
struct PredictionOrder: Sendable {
    let model: ReplicateModelID
    let input: JSONObject

    /// The path of the request that creates it.
    var path: String {
        guard model.version == nil, let owner = model.owner, let name = model.name else { return "/predictions" }
        return "/models/\(owner)/\(name)/predictions"
    }

    var body: JSON {
        var body: JSONObject = [:]
        if let version = model.version { body["version"] = .string(version) }
        body["input"] = .object(input)
        return .object(body)
    }

    /// Whether a prediction was made for such an order. Official models hide the version they ran.
    func matches(_ prediction: Prediction) -> Bool {
        guard prediction.input.means(.object(input)) else { return false }
        if let version = model.version { return prediction.version == version }
        guard let owner = model.owner, let name = model.name else { return false }
        return prediction.model?.lowercased() == "\(owner)/\(name)".lowercased()
    }
}

extension JSON {
    /// Equality that does not mind how a number is written: what comes back may say `3` for `3.0`.
    fileprivate func means(_ other: JSON) -> Bool {
        switch (self, other) {
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.means($1) }
        case (.object(let left), .object(let right)):
            left.count == right.count && left.allSatisfy { right[$0.key]?.means($0.value) ?? false }
        default:
            if let left = double, let right = other.double { left == right } else { self == other }
        }
    }
}
