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

    /// `nil` when its price is not known.
    subscript(_ model: ReplicateModelID) -> Price? { model.fullName.flatMap { prices[$0] } }

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
    /// As people write it: `$0.003 a picture`.
    var words: String {
        switch self {
        case .perPicture(let dollars): "\(Self.words(dollars)) a picture"
        case .perSecond(let dollars): "\(Self.words(dollars)) a second"
        }
    }

    /// What so many pictures will cost; `nil` when nobody can tell before.
    func words(forPictures count: Int) -> String? {
        guard case .perPicture(let dollars) = self else { return nil }
        return Self.words(Double(count) * dollars)
    }

    /// To a millionth of a dollar, without noughts at the end.
    private static func words(_ dollars: Double) -> String {
        let millionths = Int((dollars * 1_000_000).rounded())
        var fraction = String(String(millionths % 1_000_000 + 1_000_000).dropFirst())
        while fraction.count > 2, fraction.hasSuffix("0") { fraction.removeLast() }
        return "$\(millionths / 1_000_000).\(fraction)"
    }

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
