/// What models of Replicate cost, in US dollars, as the operator says: Replicate's API does not tell.
struct ReplicatePrices: Sendable, Equatable {
    enum Price: Sendable, Equatable {
        case perPicture(Double)
        case perSecond(Double)
    }

    static let example = "owner/name=0.003/picture, owner/other=0.000725/second"

    private var prices: [String: Price] = [:]

    init() {}

    /// Reads a list such as the example; throws what is wrong with it, to stand after the setting's name.
    init(_ text: String) throws(SettingProblem) {
        for entry in text.split(separator: ",").map(\.trimmingSpaces) where !entry.isEmpty {
            let parts = entry.split(separator: "=", omittingEmptySubsequences: false).map(\.trimmingSpaces)
            guard parts.count == 2, let model = ReplicateModelID(String(parts[0])), let name = model.fullName,
                model.version == nil, let price = Price(parts[1])
            else { throw SettingProblem("has the entry “\(entry)”, which is none like \(Self.example)") }
            guard prices.updateValue(price, forKey: name) == nil else {
                throw SettingProblem("has two prices for \(name)")
            }
        }
    }

    /// What a prediction has cost, in US dollars; `nil` when its model's price, or what it used of it, is not known.
    func cost(of prediction: Prediction, orderedAs model: ReplicateModelID) -> Double? {
        let name = prediction.model?.lowercased() ?? model.fullName
        return switch name.flatMap({ prices[$0] }) {
        case .perPicture(let price): prediction.pictureCount.map { Double($0) * price }
        case .perSecond(let price): prediction.predictTime.map { $0 * price }
        case nil: nil
        }
    }
}

extension ReplicatePrices.Price {
    /// `0.003/picture` or `0.000725/second`
    fileprivate init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(\.trimmingSpaces)
        guard parts.count == 2, parts[0].allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
            let dollars = Double(parts[0]), dollars <= 1000
        else { return nil }
        switch parts[1] {
        case "picture": self = .perPicture(dollars)
        case "second": self = .perSecond(dollars)
        default: return nil
        }
    }
}

extension ReplicateModelID {
    /// `owner/name` in small letters, without the version; `nil` for a bare version.
    fileprivate var fullName: String? {
        guard let owner, let name else { return nil }
        return "\(owner)/\(name)".lowercased()
    }
}
